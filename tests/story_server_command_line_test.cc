// The server program as its operators meet it: how it starts, how it ends, and
// how it refuses to start.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>
#include <string>
#include <vector>

#include "common/options.h"
#include "common/temporary_directory.h"
#include "tests/client_program.h"
#include "tests/program.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

const int kStage = stage_number(RAFT_STAGE);

using Words = std::vector<std::string>;

void expect_part(const std::string& part, const std::string& text) {
  CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text,
                         text.find(part) != std::string::npos);
}

class StoryServerCommandLine : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryServerCommandLine);
  CPPUNIT_TEST(a_server_says_where_it_serves_and_ends_well_on_a_signal);
  CPPUNIT_TEST(a_port_in_use_is_named_and_the_other_server_goes_on);
  CPPUNIT_TEST(what_can_not_be_used_is_refused_in_one_line);
  CPPUNIT_TEST(what_is_not_here_yet_is_refused_by_the_stage_that_brings_it);
  CPPUNIT_TEST(help_and_version_start_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The first lines are an invitation; Ctrl-C is no failure.
  void a_server_says_where_it_serves_and_ends_well_on_a_signal() {
    for (const int signal : {SIGINT, SIGTERM}) {
      const ReservedPort client;
      const ReservedPort peer;
      Program server(alone(client, peer));
      server.wait_for_output("serves clients at " + client.address());
      server.wait_for_output("bazel run //" RAFT_STAGE ":client -- --server " +
                             client.address());
      CPPUNIT_ASSERT_EQUAL(
          printed(""),
          run_client(RAFT_STAGE, client.address(), {"put", "k", "v"}));

      server.send_signal(signal);

      const ExitStatus status = server.wait();
      CPPUNIT_ASSERT_MESSAGE(describe(status) + server.error(),
                             status == ExitStatus{});
    }
  }

  // Whoever starts a server twice learns which port it is about.
  void a_port_in_use_is_named_and_the_other_server_goes_on() {
    const ReservedPort client;
    const ReservedPort peer;
    Program first(alone(client, peer));
    first.wait_for_output("serves clients");
    const ReservedPort other_peer;

    const std::string error = expect_refusal(alone(client, other_peer));

    expect_part(client.address(), error);
    expect_part("in use", error);
    CPPUNIT_ASSERT_EQUAL(
        printed(""),
        run_client(RAFT_STAGE, client.address(), {"put", "k", "v"}));
  }

  // Each mistake ends the program before it has done anything, and the last
  // line on stderr says what to do.
  void what_can_not_be_used_is_refused_in_one_line() {
    std::vector<Words> mistakes = {{"--frobnicate"},
                                   {"word"},
                                   {"--base-port"},
                                   {"--base-port", "x"},
                                   {"--base-port", "65535"},
                                   {"--base-port", "-1"},
                                   {"--log-level", "loud"},
                                   {"--config", "/nowhere/at/all"}};
    if (kStage >= 2) {
      const std::string empty = directory_.write("empty", "");
      const std::string no_nodes =
          directory_.write("no_nodes", R"({"cluster_id":"test","nodes":[]})");
      mistakes.insert(mistakes.end(),
                      {{"--id", "0"},
                       {"--id", "6"},
                       {"--id", "x"},
                       {"--nodes", "0"},
                       {"--nodes", "100"},
                       {"--cluster", "/nowhere/at/all"},
                       {"--cluster", empty},
                       {"--cluster", no_nodes},
                       {"--cluster", empty, "--nodes", "3"},
                       {"--request-timeout-ms", "0"}});
    }
    if (kStage >= 3) {
      const std::string file = directory_.write("file", "");
      mistakes.insert(mistakes.end(),
                      {{"--data-dir"},
                       {"--id", "1", "--data-dir", file},
                       {"--heartbeat-ms", "x"},
                       {"--heartbeat-ms", "0"}});
    }
    for (const Words& mistake : mistakes) {
      Words command = {RAFT_STAGE "/server"};
      command.insert(command.end(), mistake.begin(), mistake.end());
      expect_refusal(command);
    }
  }

  // A learner who is ahead of the chapter is told where to go on.
  void what_is_not_here_yet_is_refused_by_the_stage_that_brings_it() {
    struct Refusal {
      int since = 0;
      std::string stage = {};
      Words words = {};
    };
    for (const Refusal& refusal : std::vector<Refusal>{
             {2, "stage2_naive_repl", {"--id", "1"}},
             {2, "stage2_naive_repl", {"--nodes", "3"}},
             {2, "stage2_naive_repl", {"--trace", "file"}},
             {3, "stage3_log_repl", {"--data-dir", "directory"}},
             {3, "stage3_log_repl", {"--heartbeat-ms", "50"}},
             {4, "stage4_cluster_client", {"--enable-faults"}},
             {6, "stage6_election", {"--election-timeout-ms", "150:300"}},
             {7, "stage7_compaction", {"--snapshot-log-bytes", "1"}},
             {8, "stage8_membership", {"--join"}}}) {
      if (kStage >= refusal.since) continue;
      Words command = {RAFT_STAGE "/server"};
      command.insert(command.end(), refusal.words.begin(), refusal.words.end());
      expect_part(refusal.stage, expect_refusal(command));
    }
  }

  // Whoever asks for help gets it on stdout, and no server.
  void help_and_version_start_nothing() {
    Program version({RAFT_STAGE "/server", "--version"});
    CPPUNIT_ASSERT(version.wait() == ExitStatus{});
    CPPUNIT_ASSERT_EQUAL(std::string(RAFT_STAGE "\n"), version.output());
    Program help({RAFT_STAGE "/server", "--help"});
    CPPUNIT_ASSERT(help.wait() == ExitStatus{});
    expect_part("--base-port", help.output());
    CPPUNIT_ASSERT_EQUAL(kStage >= 2,
                         help.output().find("--nodes") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(kStage >= 3,
                         help.output().find("--data-dir") != std::string::npos);
  }

 private:
  // The command of a server that is a cluster by itself.
  Words alone(const ReservedPort& client, const ReservedPort& peer) const {
    if (kStage < 2) {
      return {RAFT_STAGE "/server",
              "--base-port",
              std::to_string(client.number() - 1)};
    }
    const std::string name = "alone-" + std::to_string(peer.number());
    const std::string file = directory_.write(
        name + ".json",
        R"({"cluster_id":"test","nodes":[{"id":1,"client":")" +
            client.address() + R"(","peer":")" + peer.address() + "\"}]}");
    Words command = {RAFT_STAGE "/server", "--id", "1", "--cluster", file};
    if (kStage >= 3) {
      command.insert(command.end(), {"--data-dir", directory_.file(name)});
    }
    return command;
  }

  // Returns the one line.
  static std::string expect_refusal(const Words& command) {
    Program server(command);
    const ExitStatus status = server.wait();
    const std::string error = server.error();
    CPPUNIT_ASSERT_MESSAGE(command.back() + " " + describe(status) + error,
                           status == ExitStatus{.code = 1});
    CPPUNIT_ASSERT_MESSAGE(error, error.starts_with("error: "));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(error, error.size() - 1, error.find('\n'));
    CPPUNIT_ASSERT_EQUAL(std::string(), server.output());
    return error;
  }

  const TemporaryDirectory directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryServerCommandLine);

}  // namespace
}  // namespace raft
