// The prompt, with lines from a pipe and with keys from a terminal.
#include "common/prompt.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/temporary_directory.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

// What the prompt makes of `lines`; test_program prints each command in
// brackets, and the timeout of the options that the prompt was given.
Finished prompt(const std::string& lines) {
  return run_to_end({.command = {kProgram, "prompt", "stage1_client"}}, lines);
}

// The prompt on a terminal of its own.
class Terminal {
 public:
  explicit Terminal(const TemporaryDirectory& home)
      : keys_(open_terminal()),
        process_({.command = {"/bin/sh",
                              "-c",
                              "exec \"$0\" prompt stage1_client <\"$1\" "
                              ">\"$1\" 2>&1",
                              kProgram,
                              ptsname(keys_)},
                  .environment = {{"HOME", home.path()}, {"TERM", "vt100"}}}) {}

  ~Terminal() { close(keys_); }

  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  void type(const std::string& keys) {
    CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(keys.size()),
                         write(keys_, keys.data(), keys.size()));
  }

  // Returns when `part` has come since the last such call.
  void await(const std::string& part) {
    std::size_t at = 0;
    while ((at = shown_.find(part)) == std::string::npos) {
      pollfd wanted{.fd = keys_, .events = POLLIN, .revents = 0};
      char chunk[4096];
      const bool is_ready = poll(&wanted, 1, 50'000) == 1;
      const ssize_t size = is_ready ? read(keys_, chunk, sizeof chunk) : 0;
      CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in " + shown_, size > 0);
      shown_.append(chunk, static_cast<std::size_t>(size));
    }
    shown_.erase(0, at + part.size());
  }

  // How the process ended. Types `keys` until then: a Ctrl-D that comes between
  // the prompt and the change of the terminal's mode is a NUL in the line,
  // which Ctrl-U empties.
  std::string end(const std::string& keys) {
    const Deadline deadline = patience();
    while (true) {
      type(keys);
      if (const auto status = process_.wait(deadline_in_ms(50))) {
        return describe(*status);
      }
      CPPUNIT_ASSERT(Clock::now() < deadline);
    }
  }

 private:
  static int open_terminal() {
    const int keys = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    CPPUNIT_ASSERT(keys >= 0);
    CPPUNIT_ASSERT_EQUAL(0, grantpt(keys));
    CPPUNIT_ASSERT_EQUAL(0, unlockpt(keys));
    return keys;
  }

  const int keys_;
  std::string shown_;
  ChildProcess process_;
};

class PromptTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PromptTest);
  CPPUNIT_TEST(each_line_is_a_command_with_the_options_of_the_prompt);
  CPPUNIT_TEST(words_may_be_quoted_as_in_a_shell);
  CPPUNIT_TEST(blank_lines_are_skipped);
  CPPUNIT_TEST(exit_ends_it_and_so_does_the_end_of_the_input);
  CPPUNIT_TEST(help_lists_the_commands);
  CPPUNIT_TEST(expect_absent_may_stand_anywhere_in_a_line);
  CPPUNIT_TEST(what_cannot_be_used_is_said_and_not_sent);
  CPPUNIT_TEST(a_terminal_has_a_prompt_and_completion);
  CPPUNIT_TEST(a_terminal_has_a_history_that_only_its_owner_can_read);
  CPPUNIT_TEST_SUITE_END();

 public:
  // In their order.
  void each_line_is_a_command_with_the_options_of_the_prompt() {
    const Finished finished =
        prompt("get k\nput k v\ndelete k\ncas k v w\nstatus\n");

    CPPUNIT_ASSERT_EQUAL(
        "[get][k] 77\n[put][k][v] 77\n[delete][k] 77\n[cas][k][v][w] 77\n"
        "[status] 77\n"s,
        finished.output);
    CPPUNIT_ASSERT_EQUAL(""s, finished.error);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
  }

  // Both quotes, backslashes, and empty words.
  void words_may_be_quoted_as_in_a_shell() {
    const Finished finished = prompt(
        "put \"a b\" 'c \"d'\n"
        "put a\\ b \"c\\\"d\"\n"
        "put k \"\"\n"
        "put k ''\n"
        "\tput\t k   {\"x\":1} \n"
        "put \xC3\xA9 '\xE2\x82\xAC'\n");

    CPPUNIT_ASSERT_EQUAL(
        "[put][a b][c \"d] 77\n[put][a b][c\"d] 77\n[put][k][] 77\n"
        "[put][k][] 77\n[put][k][{x:1}] 77\n"
        "[put][\xC3\xA9][\xE2\x82\xAC] 77\n"s,
        finished.output);
  }

  // As people leave them.
  void blank_lines_are_skipped() {
    const Finished finished = prompt("\n   \n\t\nget k\n\n");

    CPPUNIT_ASSERT_EQUAL("[get][k] 77\n"s, finished.output);
    CPPUNIT_ASSERT_EQUAL(""s, finished.error);
  }

  // The last line needs no newline.
  void exit_ends_it_and_so_does_the_end_of_the_input() {
    CPPUNIT_ASSERT_EQUAL("[get][k] 77\n"s,
                         prompt("get k\nexit\nget l\n").output);
    CPPUNIT_ASSERT_EQUAL("[get][k] 77\n"s, prompt("get k").output);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(prompt("").status));
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s,
                         describe(prompt("nope\nexit\n").status));
  }

  // Those of this stage that a prompt has, and its own two.
  void help_lists_the_commands() {
    const Finished finished = prompt("help\nget k\n");

    for (const char* command :
         {"get", "put", "delete", "cas", "status", "help", "exit"}) {
      CPPUNIT_ASSERT_MESSAGE(
          command,
          ("\n" + finished.output).find("\n  "s + command + " ") !=
              std::string::npos);
    }
    CPPUNIT_ASSERT(finished.output.find("snapshot") == std::string::npos);
    CPPUNIT_ASSERT(finished.output.ends_with("\n[get][k] 77\n"));
  }

  // And counts for that line only.
  void expect_absent_may_stand_anywhere_in_a_line() {
    const Finished finished = prompt(
        "cas --expect-absent k v\ncas k v --expect-absent\n"
        "--expect-absent cas k v\nget k\n");

    CPPUNIT_ASSERT_EQUAL(
        "[cas][k][v] expect_absent 77\n[cas][k][v] expect_absent 77\n"
        "[cas][k][v] expect_absent 77\n[get][k] 77\n"s,
        finished.output);
  }

  // Then the next line is read.
  void what_cannot_be_used_is_said_and_not_sent() {
    const Finished finished = prompt(
        "fetch k\nget\nput k 'v\nget k \"\nlist\n--expect-absent\n"
        "get --expect-absent k\n\"\" k\nget k\n");

    CPPUNIT_ASSERT_EQUAL(
        "error: there is no command \"fetch\"; --help lists them; nothing was "
        "sent\n"
        "error: usage: get K; nothing was sent\n"
        "error: a quote is not closed; nothing was sent\n"
        "error: a quote is not closed; nothing was sent\n"
        "error: stage1_client has no command list yet; stage4_cluster_client "
        "brings it; nothing was sent\n"
        "error: a command is missing; nothing was sent\n"
        "error: --expect-absent goes with cas only; nothing was sent\n"
        "error: there is no command \"\"; --help lists them; nothing was "
        "sent\n"s,
        finished.error);
    CPPUNIT_ASSERT_EQUAL("[get][k] 77\n"s, finished.output);
  }

  // Tab finishes a command's name; Ctrl-D ends it.
  void a_terminal_has_a_prompt_and_completion() {
    const TemporaryDirectory home;
    Terminal terminal(home);
    terminal.await(
        "stage1_client at 127.0.0.1:7001; \"help\" lists the "
        "commands\r\n");
    terminal.await("raft> ");
    terminal.type("de\tk\n");
    terminal.await("[delete][k] 77\r\n");
    terminal.await("raft> ");

    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, terminal.end("\x15\x04"));
  }

  // Values may be secrets. Arrow-up brings back lines of the last session.
  void a_terminal_has_a_history_that_only_its_owner_can_read() {
    const TemporaryDirectory home;
    {
      Terminal terminal(home);
      terminal.await("raft> ");
      terminal.type("put k secret\n");
      terminal.await("[put][k][secret] 77\r\n");
      terminal.await("raft> ");
      CPPUNIT_ASSERT_EQUAL("exited with status 0"s, terminal.end("exit\n"));
    }
    struct stat file {};
    const std::string name = home.file(".raft_client_history");
    CPPUNIT_ASSERT_EQUAL(0, stat(name.c_str(), &file));
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, file.st_mode & mode_t{0777});

    Terminal terminal(home);
    terminal.await("raft> ");
    terminal.type("\x10\x10\n");  // Ctrl-P, as arrow-up: before "exit"
    terminal.await("[put][k][secret] 77\r\n");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(PromptTest);

}  // namespace
}  // namespace raft
