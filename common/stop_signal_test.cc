// An orderly end by either signal, and with the launcher.
#include "common/stop_signal.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>

#include "common/local_cluster.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

ChildProcess::Spec stops_in_order() {
  return {.command = {kProgram, "stop_in_order"},
          .captures_stdout = true,
          .captures_stderr = true};
}

class StopSignalTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StopSignalTest);
  CPPUNIT_TEST(either_signal_ends_the_wait_in_order);
  CPPUNIT_TEST(a_broken_pipe_is_no_end);
  CPPUNIT_TEST(a_node_ends_with_its_launcher);
  CPPUNIT_TEST(a_node_whose_launcher_is_gone_already_ends_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Ctrl-C is SIGINT.
  void either_signal_ends_the_wait_in_order() {
    for (const int signal : {SIGTERM, SIGINT}) {
      ChildProcess process(stops_in_order());
      std::string text;
      await_output(process, text, "ready\n");

      process.send_signal(signal);

      const Finished finished = finish(process);
      CPPUNIT_ASSERT_EQUAL("stopped\n"s, finished.output);
      CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
    }
  }

  // SIGPIPE is ignored.
  void a_broken_pipe_is_no_end() {
    ChildProcess process(stops_in_order());
    std::string text;
    await_output(process, text, "ready\n");

    process.send_signal(SIGPIPE);
    process.send_signal(SIGTERM);

    CPPUNIT_ASSERT_EQUAL("exited with status 0"s,
                         describe(finish(process).status));
  }

  // Even when that is killed: no node is left behind.
  void a_node_ends_with_its_launcher() {
    ChildProcess launcher({.command = {kProgram, "launch_and_wait"},
                           .captures_stdout = true,
                           .captures_stderr = true});
    std::string text;
    await_output(launcher, text, "ready\n");

    launcher.send_signal(SIGKILL);

    // Its child has the same stdout, so this waits for its end, too.
    CPPUNIT_ASSERT_EQUAL("stopped\n"s, finish(launcher).output);
  }

  // The kernel tells only of a death to come.
  void a_node_whose_launcher_is_gone_already_ends_at_once() {
    ChildProcess::Spec spec = stops_in_order();
    spec.environment[kLauncherVariable] = "999999999";
    ChildProcess process(spec);

    const Finished finished = finish(process);

    CPPUNIT_ASSERT_EQUAL("ready\nstopped\n"s, finished.output);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StopSignalTest);

}  // namespace
}  // namespace raft
