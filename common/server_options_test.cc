// What a server makes of its command line, in each stage. The options end the
// process when they can't be used, so each runs in one of its own.
#include "common/server_options.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <filesystem>
#include <set>
#include <sstream>

#include "common/temporary_directory.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

const std::vector<std::string> kStages = {"stage0_kv",
                                          "stage1_client",
                                          "stage2_naive_repl",
                                          "stage3_log_repl",
                                          "stage4_cluster_client",
                                          "stage5_rpc",
                                          "stage6_election",
                                          "stage7_compaction",
                                          "stage8_membership"};

// Runs test_program's `part` for a server of `stage`.
Finished run(const std::string& part,
             const std::string& stage,
             const std::vector<std::string>& options,
             const std::map<std::string, std::string>& environment = {}) {
  ChildProcess::Spec spec{.command = {kProgram, part, stage},
                          .environment = environment};
  spec.command.insert(spec.command.end(), options.begin(), options.end());
  return run_to_end(spec);
}

// What parse_server_options() returns, a field a line.
std::string parsed(const std::string& stage,
                   const std::vector<std::string>& options,
                   const std::map<std::string, std::string>& environment = {}) {
  const Finished finished = run("server_options", stage, options, environment);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(
      finished.error, "exited with status 0"s, describe(finished.status));
  return finished.output;
}

void assert_part(const std::string& part, const std::string& text) {
  CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text,
                         text.find(part) != std::string::npos);
}

// The options that a help text lists.
std::set<std::string> options_in(const std::string& help) {
  std::set<std::string> names;
  std::istringstream lines(help);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("--"))
      names.insert(line.substr(2, line.find_first_of("= ") - 2));
  }
  return names;
}

class ServerOptionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerOptionsTest);
  CPPUNIT_TEST(without_options_a_single_server_is_node_1);
  CPPUNIT_TEST(without_options_a_cluster_has_five_nodes);
  CPPUNIT_TEST(a_node_runs_alone_by_its_id);
  CPPUNIT_TEST(a_cluster_file_gives_the_addresses);
  CPPUNIT_TEST(file_names_are_relative_to_where_the_user_is);
  CPPUNIT_TEST(a_config_file_gives_options);
  CPPUNIT_TEST(the_log_is_set_up);
  CPPUNIT_TEST(what_cannot_be_used_is_said_in_one_line);
  CPPUNIT_TEST(a_bad_election_timeout_is_refused);
  CPPUNIT_TEST(the_version_is_the_stage);
  CPPUNIT_TEST(help_lists_the_options_of_each_stage_in_80_columns);
  CPPUNIT_TEST(a_server_says_where_it_serves);
  CPPUNIT_TEST(a_client_that_knows_all_servers_is_told_which_there_are);
  CPPUNIT_TEST(a_node_of_a_local_cluster_leaves_that_to_its_launcher);
  CPPUNIT_TEST(a_local_cluster_starts_the_same_program);
  CPPUNIT_TEST(an_election_timeout_is_a_range_9_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // At client port P+1.
  void without_options_a_single_server_is_node_1() {
    for (const std::string stage : {"stage0_kv", "stage1_client"}) {
      const std::string text = parsed(stage, {});
      assert_part("stage " + stage + "\nid 1\n", text);
      assert_part("\nclient_address 127.0.0.1:7001\n", text);
      assert_part("\nrequest_timeout_ms 5000\n", text);
      assert_part("\ntrace_file \n", text);
    }
    assert_part("\nclient_address 127.0.0.1:65535\n",
                parsed("stage0_kv", {"--base-port", "65534"}));
  }

  // And the first one leads, where the leader is fixed.
  void without_options_a_cluster_has_five_nodes() {
    CPPUNIT_ASSERT_EQUAL(
        "stage stage2_naive_repl\nid none\n"
        "node 1 127.0.0.1:7001 127.0.0.1:7101\n"
        "node 2 127.0.0.1:7002 127.0.0.1:7102\n"
        "node 3 127.0.0.1:7003 127.0.0.1:7103\n"
        "node 4 127.0.0.1:7004 127.0.0.1:7104\n"
        "node 5 127.0.0.1:7005 127.0.0.1:7105\n"
        "leader 1\nclient_address \nrequest_timeout_ms 5000\ntrace_file \n"
        "enable_faults 0\n"s,
        parsed("stage2_naive_repl", {}));
  }

  // At its address.
  void a_node_runs_alone_by_its_id() {
    const std::string text = parsed("stage2_naive_repl",
                                    {"--id=2",
                                     "--nodes=2",
                                     "--base-port=9000",
                                     "--request-timeout-ms=70",
                                     "--trace=/tmp/t"});
    CPPUNIT_ASSERT_EQUAL(
        "stage stage2_naive_repl\nid 2\n"
        "node 1 127.0.0.1:9001 127.0.0.1:9101\n"
        "node 2 127.0.0.1:9002 127.0.0.1:9102\n"
        "leader 1\nclient_address 127.0.0.1:9002\nrequest_timeout_ms 70\n"
        "trace_file /tmp/t\nenable_faults 0\n"s,
        text);
    assert_part("\nenable_faults 1\n",
                parsed("stage4_cluster_client", {"--id=1", "--enable-faults"}));
  }

  // With the leader that it names.
  void a_cluster_file_gives_the_addresses() {
    const TemporaryDirectory directory;
    const std::string file =
        directory.write("cluster.json",
                        R"({"cluster_id":"x","leader":7,"nodes":[)"
                        R"({"id":7,"client":"h:1","peer":"h:2"},)"
                        R"({"id":4,"client":"h:3","peer":"h:4"}]})");

    const std::string text =
        parsed("stage2_naive_repl", {"--id", "4", "--cluster", file});

    assert_part(
        "id 4\nnode 4 h:3 h:4\nnode 7 h:1 h:2\nleader 7\nclient_address h:3\n",
        text);
  }

  // bazel run starts the server somewhere else.
  void file_names_are_relative_to_where_the_user_is() {
    const TemporaryDirectory directory;
    directory.write("c",
                    R"({"cluster_id":"x","nodes":[)"
                    R"({"id":7,"client":"h:1","peer":"h:2"}]})");
    directory.write("options", "cluster = c\ntrace = t\n");

    const std::string text =
        parsed("stage2_naive_repl",
               {"--config", "options"},
               {{"BUILD_WORKING_DIRECTORY", directory.path()}});

    assert_part("\nnode 7 h:1 h:2\n", text);
    assert_part("\ntrace_file " + directory.file("t") + "\n", text);
  }

  // The command line overrules it.
  void a_config_file_gives_options() {
    const TemporaryDirectory directory;
    const std::string file = directory.write(
        "options", "# A node.\nid = 3\nbase-port = 8000\nnodes = 3\n");

    const std::string text =
        parsed("stage2_naive_repl", {"--config", file, "--base-port=9000"});

    assert_part("\nid 3\n", text);
    assert_part("\nclient_address 127.0.0.1:9003\n", text);
  }

  // To what --log-level says, and otherwise to what concerns everybody.
  void the_log_is_set_up() {
    const std::string usual = run("server_options", "stage0_kv", {}).error;
    assert_part(" Information a line for everybody\n", usual);
    CPPUNIT_ASSERT(usual.find("debug") == std::string::npos);
    assert_part(
        " Debug a line for whoever debugs\n",
        run("server_options", "stage0_kv", {"--log-level=debug"}).error);
    CPPUNIT_ASSERT_EQUAL(
        ""s, run("server_options", "stage0_kv", {"--log-level=none"}).error);
  }

  // Status 1, nothing on stdout, and what it is.
  void what_cannot_be_used_is_said_in_one_line() {
    const TemporaryDirectory directory;
    const std::string bad = directory.write("bad", "{}");
    const std::string gone = directory.file("gone");
    struct Case {
      std::string stage = {};
      std::vector<std::string> options = {};
      std::string complaint = {};
    };
    const std::vector<Case> cases = {
        {"stage0_kv",
         {"--nope"},
         "there is no option --nope; --help lists them; nothing was changed"},
        {"stage0_kv",
         {"--id", "1"},
         "stage0_kv has no use for --id yet; stage2_naive_repl brings it; "
         "nothing was changed"},
        {"stage5_rpc",
         {"--join"},
         "stage5_rpc has no use for --join yet; stage8_membership brings it; "
         "nothing was changed"},
        {"stage0_kv",
         {"start"},
         "a server takes options only, not \"start\"; --help lists them. "
         "Nothing was changed"},
        {"stage0_kv",
         {"--log-level", "loud"},
         "--log-level: \"loud\" is no log level; use none, fatal, critical, "
         "error, warning, notice, information, debug or trace"},
        {"stage0_kv",
         {"--base-port", "65535"},
         "--base-port must be a number from 0 to 65534, not \"65535\"; nothing "
         "was changed"},
        {"stage2_naive_repl",
         {"--base-port", "65431"},
         "--base-port must be a number from 0 to 65430, not \"65431\"; nothing "
         "was changed"},
        {"stage2_naive_repl",
         {"--nodes", "0"},
         "--nodes must be a number from 1 to 99, not \"0\"; nothing was "
         "changed"},
        {"stage2_naive_repl",
         {"--nodes", "100"},
         "--nodes must be a number from 1 to 99, not \"100\"; nothing was "
         "changed"},
        {"stage2_naive_repl",
         {"--id", "0"},
         "--id must be a number from 1 to 18446744073709551615, not \"0\"; "
         "nothing was changed"},
        {"stage2_naive_repl",
         {"--id", "18446744073709551617"},
         "--id must be a number from 1 to 18446744073709551615, not "
         "\"18446744073709551617\"; nothing was changed"},
        {"stage2_naive_repl",
         {"--id", "6"},
         "there is no node 6 in the cluster; nothing was changed. Give --id "
         "one of its ids"},
        {"stage2_naive_repl",
         {"--request-timeout-ms", "0"},
         "--request-timeout-ms must be a number from 1 to 3600000, not \"0\"; "
         "nothing was changed"},
        {"stage2_naive_repl",
         {"--cluster", bad, "--nodes", "3"},
         "--cluster and --nodes exclude each other: the file has the "
         "addresses; nothing was changed"},
        {"stage2_naive_repl",
         {"--cluster", bad, "--base-port", "3"},
         "--cluster and --base-port exclude each other: the file has the "
         "addresses; nothing was changed"},
        {"stage2_naive_repl",
         {"--cluster", bad},
         "cluster file " + bad +
             ": field \"cluster_id\" is missing; nothing was changed"},
        {"stage2_naive_repl",
         {"--cluster", gone},
         "cannot read the cluster file " + gone + "; nothing was changed"},
        {"stage2_naive_repl",
         {"--config", gone},
         "cannot read the file of --config: File not found: " + gone +
             "; nothing was changed"},
        {"stage6_election",
         {"--election-timeout-ms", "50:60"},
         "--heartbeat-ms must be below --election-timeout-ms, or followers "
         "would give up a leader that lives; nothing was changed"},
    };
    for (const Case& one : cases) {
      const Finished finished = run("server_options", one.stage, one.options);
      CPPUNIT_ASSERT_EQUAL("error: " + one.complaint + "\n", finished.error);
      CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
      CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    }
  }

  // A number without its range above all (§9.3).
  void a_bad_election_timeout_is_refused() {
    for (const std::string text : {"",
                                   "150",
                                   "150:",
                                   ":300",
                                   "300:150",
                                   "0:10",
                                   "1:60001",
                                   "a:b",
                                   "150:300x",
                                   "150-300"}) {
      const Finished finished = run("server_options",
                                    "stage6_election",
                                    {"--election-timeout-ms=" + text});
      CPPUNIT_ASSERT_EQUAL(
          "error: --election-timeout-ms must be MIN:MAX, with 1 <= MIN <= MAX "
          "<= 60000, not \"" +
              text + "\"; nothing was changed\n",
          finished.error);
    }
  }

  // Whatever else is asked.
  void the_version_is_the_stage() {
    CPPUNIT_ASSERT_EQUAL("stage5_rpc\n"s,
                         parsed("stage5_rpc", {"--version", "word"}));
  }

  // What a stage has, the next one has, too. A terminal has 80 columns.
  void help_lists_the_options_of_each_stage_in_80_columns() {
    const std::vector<std::set<std::string>> brought = {
        {"base-port", "config", "log-level", "version", "help"},
        {},
        {"id", "nodes", "cluster", "request-timeout-ms", "trace"},
        {"data-dir", "heartbeat-ms"},
        {"enable-faults"},
        {},
        {"election-timeout-ms"},
        {"snapshot-log-bytes"},
        {"join", "client-address", "peer-address"},
    };
    std::set<std::string> expected;
    for (std::size_t i = 0; i < kStages.size(); ++i) {
      expected.insert(brought[i].begin(), brought[i].end());
      const Finished finished = run("server_options", kStages[i], {"--help"});
      CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
      CPPUNIT_ASSERT(finished.output.starts_with("usage: server [options]\n"));
      CPPUNIT_ASSERT_MESSAGE(kStages[i],
                             expected == options_in(finished.output));
      std::istringstream lines(finished.output);
      for (std::string line; std::getline(lines, line);) {
        CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 80);
      }
    }
  }

  // With a command to try, which names the server unless it is the usual one.
  void a_server_says_where_it_serves() {
    const Finished usual = run("announce_server", "stage0_kv", {});
    CPPUNIT_ASSERT(usual.output.starts_with(
        "node 1 serves clients at 127.0.0.1:7001 (pid "));
    CPPUNIT_ASSERT(usual.output.ends_with(
        "); Ctrl-C stops it. Try, in another terminal:\n"
        "  bazel run //stage0_kv:client -- put greeting hello\n"));
    const Finished other = run(
        "announce_server", "stage2_naive_repl", {"--id=3", "--base-port=8000"});
    CPPUNIT_ASSERT(other.output.starts_with(
        "node 3 serves clients at 127.0.0.1:8003 (pid "));
    CPPUNIT_ASSERT(other.output.ends_with(
        "\n  bazel run //stage2_naive_repl:client -- --server 127.0.0.1:8003 "
        "put greeting hello\n"));
  }

  // In the shortest way: by a command line that works wherever it is typed.
  void a_client_that_knows_all_servers_is_told_which_there_are() {
    const std::string stage = "stage4_cluster_client";
    const TemporaryDirectory directory;
    const std::string file = directory.write(
        "cluster.json",
        R"({"cluster_id":"c","nodes":[{"id":1,"client":"a:1","peer":"a:2"},)"
        R"({"id":2,"client":"b:1","peer":"b:2"}]})");
    struct Case {
      std::vector<std::string> options = {};
      std::string servers = {};
    };
    for (const Case& one : std::vector<Case>{
             {{}, ""},
             {{"--nodes=3"}, "--nodes 3 "},
             {{"--base-port=8000"}, "--base-port 8000 "},
             {{"--base-port=0", "--nodes=1"}, "--nodes 1 --base-port 0 "},
             {{"--cluster", file}, "--server a:1,b:1 "}}) {
      const std::string command = "bazel run //" + stage + ":client -- " +
                                  one.servers + "put greeting hello\n";
      std::vector<std::string> options = one.options;
      const Finished launched = run("launch_options", stage, options);
      CPPUNIT_ASSERT_MESSAGE(
          launched.output,
          launched.output.ends_with("\n" + command + "fixed leader\n"));
      options.push_back("--id=1");
      const Finished announced = run("announce_server", stage, options);
      CPPUNIT_ASSERT_MESSAGE(announced.output,
                             announced.output.ends_with("\n  " + command));
    }
  }

  // That prints one table for all of them.
  void a_node_of_a_local_cluster_leaves_that_to_its_launcher() {
    const Finished finished = run("announce_server",
                                  "stage2_naive_repl",
                                  {"--id=3"},
                                  {{kLauncherVariable, "1"}});

    CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
  }

  // By its absolute name and with its options, to which the launcher adds --id.
  void a_local_cluster_starts_the_same_program() {
    const Finished finished = run("launch_options",
                                  "stage2_naive_repl",
                                  {"--nodes=3", "--base-port", "8000"});

    const std::string program = std::filesystem::canonical(kProgram);
    CPPUNIT_ASSERT_EQUAL(
        "[" + program +
            "][--nodes=3][--base-port][8000]\n"
            "bazel run //stage2_naive_repl:client -- --server 127.0.0.1:8001 "
            "put greeting hello\nfixed leader\n",
        finished.output);
    assert_part("\nelections\n",
                run("launch_options", "stage6_election", {}).output);
  }

  // By default as in the paper.
  void an_election_timeout_is_a_range_9_3() {
    assert_part("\nelection_timeout_ms 150 to 300\n",
                parsed("stage6_election", {}));
    assert_part("\nelection_timeout_ms 51 to 51\n",
                parsed("stage6_election", {"--election-timeout-ms=51:51"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerOptionsTest);

}  // namespace
}  // namespace raft
