// How a process starts, what it writes, and how it ended.
#include "common/child_process.h"

#include <cerrno>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

ChildProcess::Spec shell(const std::string& script) {
  return {.command = {"/bin/sh", "-c", script}};
}

class ChildProcessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChildProcessTest);
  CPPUNIT_TEST(an_exit_is_told_from_a_kill);
  CPPUNIT_TEST(a_status_is_described);
  CPPUNIT_TEST(arguments_arrive_as_they_are);
  CPPUNIT_TEST(stdout_and_stderr_are_captured_apart);
  CPPUNIT_TEST(much_output_is_captured_whole);
  CPPUNIT_TEST(what_is_written_to_its_stdin_arrives);
  CPPUNIT_TEST(without_input_its_stdin_is_empty);
  CPPUNIT_TEST(input_for_a_child_that_has_ended_is_dropped);
  CPPUNIT_TEST(the_environment_is_ours_with_additions);
  CPPUNIT_TEST(reading_ends_at_the_deadline);
  CPPUNIT_TEST(waiting_ends_at_the_deadline);
  CPPUNIT_TEST(a_status_is_told_again_and_a_signal_then_does_nothing);
  CPPUNIT_TEST(the_destructor_kills);
  CPPUNIT_TEST(a_moved_process_has_one_owner);
  CPPUNIT_TEST(a_child_blocks_and_ignores_no_signal);
  CPPUNIT_TEST(a_child_does_not_hold_the_pipes_of_another_one);
  CPPUNIT_TEST(a_program_that_cannot_be_started_ends_ours);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A signal has no exit status, and the other way round.
  void an_exit_is_told_from_a_kill() {
    CPPUNIT_ASSERT((ExitStatus{.code = 0}) ==
                   ChildProcess(shell("exit 0")).wait(patience()));
    CPPUNIT_ASSERT((ExitStatus{.code = 137}) ==
                   ChildProcess(shell("exit 137")).wait(patience()));
    CPPUNIT_ASSERT((ExitStatus{.signal = SIGTERM}) ==
                   ChildProcess(shell("kill -TERM $$")).wait(patience()));
    CPPUNIT_ASSERT((ExitStatus{.signal = SIGKILL}) ==
                   ChildProcess(shell("kill -KILL $$")).wait(patience()));
  }

  // For a log.
  void a_status_is_described() {
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe({}));
    CPPUNIT_ASSERT_EQUAL("exited with status 7"s, describe({.code = 7}));
    CPPUNIT_ASSERT_EQUAL("was killed by signal 9 (Killed)"s,
                         describe({.signal = SIGKILL}));
  }

  // No shell is in between.
  void arguments_arrive_as_they_are() {
    const Finished finished = run_to_end(
        {.command = {
             "/bin/sh", "-c", R"(printf '<%s>' "$@")", "sh", "a b", "", "$x"}});

    CPPUNIT_ASSERT_EQUAL("<a b><><$x>"s, finished.output);
  }

  // In any order.
  void stdout_and_stderr_are_captured_apart() {
    const Finished finished =
        run_to_end(shell("echo 1; echo 2 >&2; echo 3; echo 4 >&2; exit 5"));

    CPPUNIT_ASSERT_EQUAL("1\n3\n"s, finished.output);
    CPPUNIT_ASSERT_EQUAL("2\n4\n"s, finished.error);
    CPPUNIT_ASSERT_EQUAL("exited with status 5"s, describe(finished.status));
  }

  // More than a pipe holds, on both.
  void much_output_is_captured_whole() {
    const Finished finished = run_to_end(
        shell("head -c 300000 /dev/zero; head -c 200000 /dev/zero >&2"));

    CPPUNIT_ASSERT_EQUAL(std::size_t{300'000}, finished.output.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{200'000}, finished.error.size());
  }

  // Piece by piece, and its end.
  void what_is_written_to_its_stdin_arrives() {
    ChildProcess cat(
        {.command = {"/bin/cat"}, .captures_stdout = true, .has_input = true});
    std::string output;
    cat.write_input("one\n");
    await_output(cat, output, "one\n");
    cat.write_input("two\n");
    cat.close_input();

    CPPUNIT_ASSERT((ExitStatus{}) == cat.wait(patience()));
    await_output(cat, output, "two\n");
    CPPUNIT_ASSERT_EQUAL("one\ntwo\n"s, output);
  }

  // It must not eat ours.
  void without_input_its_stdin_is_empty() {
    CPPUNIT_ASSERT((ExitStatus{}) ==
                   ChildProcess({.command = {"/bin/cat"}}).wait(patience()));
  }

  // No signal ends us.
  void input_for_a_child_that_has_ended_is_dropped() {
    ChildProcess child({.command = {"/bin/true"}, .has_input = true});
    CPPUNIT_ASSERT((ExitStatus{}) == child.wait(patience()));

    child.write_input("nobody reads this");
    child.close_input();
    child.close_input();
  }

  // One that is there already gets the new value.
  void the_environment_is_ours_with_additions() {
    setenv("RAFT_TEST_KEPT", "kept", 1);
    setenv("RAFT_TEST_CHANGED", "old", 1);
    ChildProcess::Spec spec =
        shell("echo $RAFT_TEST_KEPT $RAFT_TEST_CHANGED $RAFT_TEST_ADDED");
    spec.environment = {{"RAFT_TEST_CHANGED", "new"},
                        {"RAFT_TEST_ADDED", "added = x"}};

    CPPUNIT_ASSERT_EQUAL("kept new added = x\n"s, run_to_end(spec).output);
  }

  // And goes on afterwards.
  void reading_ends_at_the_deadline() {
    ChildProcess cat(
        {.command = {"/bin/cat"}, .captures_stdout = true, .has_input = true});
    std::string text = "before ";

    CPPUNIT_ASSERT(!cat.read_output(text, deadline_in_ms(10)));
    CPPUNIT_ASSERT(!cat.read_output(text, Clock::now()));
    cat.write_input("after");
    CPPUNIT_ASSERT(cat.read_output(text, patience()));
    CPPUNIT_ASSERT_EQUAL("before after"s, text);
    cat.close_input();
    CPPUNIT_ASSERT(!cat.read_output(text, patience()));
  }

  // The child runs on.
  void waiting_ends_at_the_deadline() {
    ChildProcess cat({.command = {"/bin/cat"}, .has_input = true});

    CPPUNIT_ASSERT(!cat.wait(deadline_in_ms(10)));
    CPPUNIT_ASSERT(!cat.wait(Clock::now()));
    cat.close_input();
    CPPUNIT_ASSERT((ExitStatus{}) == cat.wait(patience()));
  }

  // Its process id may be another process's by then.
  void a_status_is_told_again_and_a_signal_then_does_nothing() {
    ChildProcess child(shell("exit 3"));

    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT((ExitStatus{.code = 3}) == child.wait(patience()));
      child.send_signal(SIGKILL);
    }
  }

  // Also a child that would rather not end.
  void the_destructor_kills() {
    pid_t pid = 0;
    {
      ChildProcess child(
          {.command = {"/bin/sh", "-c", "trap '' TERM INT; echo ready; cat"},
           .captures_stdout = true,
           .has_input = true});
      pid = child.pid();
      std::string text;
      await_output(child, text, "ready");
      CPPUNIT_ASSERT_EQUAL(0, kill(pid, 0));
    }
    CPPUNIT_ASSERT_EQUAL(-1, kill(pid, 0));
    CPPUNIT_ASSERT_EQUAL(ESRCH, errno);
  }

  // The other one neither kills nor waits.
  void a_moved_process_has_one_owner() {
    ChildProcess child(
        {.command = {"/bin/cat"}, .captures_stdout = true, .has_input = true});
    {
      ChildProcess owner(std::move(child));
      CPPUNIT_ASSERT_EQUAL(0, child.pid());
      std::string text;
      owner.write_input("hello");
      await_output(owner, text, "hello");
      owner.send_signal(SIGTERM);
      CPPUNIT_ASSERT((ExitStatus{.signal = SIGTERM}) == owner.wait(patience()));
    }
  }

  // Whatever the thread that starts it does; our servers wait for signals that
  // they block.
  void a_child_blocks_and_ignores_no_signal() {
    sigset_t blocked;
    sigset_t before;
    sigemptyset(&blocked);
    for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&blocked, signal);
    CPPUNIT_ASSERT_EQUAL(0, pthread_sigmask(SIG_BLOCK, &blocked, &before));
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGHUP, SIG_IGN);

    const Finished finished = run_to_end(
        {.command = {"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}});

    std::signal(SIGHUP, SIG_DFL);
    CPPUNIT_ASSERT_EQUAL(0, pthread_sigmask(SIG_SETMASK, &before, nullptr));
    std::istringstream words(finished.output);
    std::uint64_t blocked_bits = 1;
    std::uint64_t ignored_bits = 1;
    std::string name;
    words >> name >> std::hex >> blocked_bits >> name >> ignored_bits;
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, blocked_bits);
    // Of signals from 32 on, libc keeps some for itself.
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, ignored_bits & 0x7FFF'FFFF);
  }

  // Or the end of the first one's input would come with the second one's end.
  void a_child_does_not_hold_the_pipes_of_another_one() {
    ChildProcess first({.command = {"/bin/cat"}, .has_input = true});
    ChildProcess second({.command = {"/bin/cat"}, .has_input = true});

    first.close_input();

    CPPUNIT_ASSERT((ExitStatus{}) == first.wait(patience()));
    CPPUNIT_ASSERT(!second.wait(Clock::now()));
  }

  // There is nothing to go on with.
  void a_program_that_cannot_be_started_ends_ours() {
    const Finished finished =
        run_to_end({.command = {kProgram, "start", "/no/such/program"}});

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(
        "error: cannot start /no/such/program: No such file or directory\n"s,
        finished.error);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChildProcessTest);

}  // namespace
}  // namespace raft
