// What a client makes of its command line, in each stage. The options end the
// process when they can't be used, so each runs in one of its own.
#include "common/client_options.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sstream>

#include "common/temporary_directory.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";
constexpr char kClusterStage[] = "stage4_cluster_client";

Finished run(const std::string& stage,
             const std::vector<std::string>& arguments) {
  ChildProcess::Spec spec{.command = {kProgram, "client_options", stage}};
  spec.command.insert(spec.command.end(), arguments.begin(), arguments.end());
  return run_to_end(spec);
}

// What parse_client_options() returns, a field a line.
std::string parsed(const std::string& stage,
                   const std::vector<std::string>& arguments) {
  const Finished finished = run(stage, arguments);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(
      finished.error, "exited with status 0"s, describe(finished.status));
  return finished.output;
}

void assert_part(const std::string& part, const std::string& text) {
  CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text,
                         text.find(part) != std::string::npos);
}

std::string names_of(const std::vector<CommandSpec>& commands) {
  std::string names;
  for (const CommandSpec& command : commands) names += command.name + " ";
  return names;
}

class ClientOptionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientOptionsTest);
  CPPUNIT_TEST(without_options_everything_has_its_default);
  CPPUNIT_TEST(every_option_arrives);
  CPPUNIT_TEST(the_base_port_gives_the_server);
  CPPUNIT_TEST(from_stage_4_on_there_are_several_servers);
  CPPUNIT_TEST(a_cluster_file_gives_the_servers);
  CPPUNIT_TEST(after_two_dashes_everything_belongs_to_the_command);
  CPPUNIT_TEST(without_a_command_stage_1_has_its_prompt);
  CPPUNIT_TEST(what_cannot_be_used_is_said_in_one_line);
  CPPUNIT_TEST(the_version_is_the_stage);
  CPPUNIT_TEST(help_lists_the_commands_in_80_columns);
  CPPUNIT_TEST(each_stage_keeps_the_commands_of_the_one_before);
  CPPUNIT_TEST(a_command_that_fits_brings_no_complaint);
  CPPUNIT_TEST(a_command_that_does_not_fit_is_told_its_usage);
  CPPUNIT_TEST(a_command_of_another_stage_is_refused_by_its_name);
  CPPUNIT_TEST(cas_takes_an_expected_value_or_its_absence);
  CPPUNIT_TEST_SUITE_END();

 public:
  // As --help says.
  void without_options_everything_has_its_default() {
    CPPUNIT_ASSERT_EQUAL(
        "servers [127.0.0.1:7001]\njson 0\nexpect_absent 0\ntimeout_ms 10000\n"
        "bench put 10 64 10000 32\ncommand [get][k]\n"s,
        parsed("stage1_client", {"get", "k"}));
  }

  // Before, between and after the command's words.
  void every_option_arrives() {
    CPPUNIT_ASSERT_EQUAL(
        "servers [h:1]\njson 1\nexpect_absent 1\ntimeout_ms 5\n"
        "bench mixed 1 2 3 0\ncommand [cas][k][v]\n"s,
        parsed("stage1_client",
               {"--server=h:1",
                "--json",
                "cas",
                "--expect-absent",
                "k",
                "v",
                "--timeout-ms",
                "5",
                "--op=mixed",
                "--seconds=1",
                "--connections=2",
                "--keys=3",
                "--value-bytes=0"}));
  }

  // Client port P+1.
  void the_base_port_gives_the_server() {
    assert_part("servers [127.0.0.1:8001]\n",
                parsed("stage0_kv", {"--base-port", "8000", "status"}));
    assert_part("servers [127.0.0.1:65535]\n",
                parsed("stage0_kv", {"--base-port", "65534", "status"}));
  }

  // The built-in ones, or those of the list.
  void from_stage_4_on_there_are_several_servers() {
    const std::string host = "[127.0.0.1:";
    assert_part("servers " + host + "7001]" + host + "7002]" + host + "7003]" +
                    host + "7004]" + host + "7005]\n",
                parsed(kClusterStage, {"status"}));
    assert_part(
        "servers " + host + "8001]" + host + "8002]\n",
        parsed(kClusterStage, {"--nodes=2", "--base-port=8000", "status"}));
    assert_part(
        "servers [127.0.0.1:65535]\n",
        parsed(kClusterStage, {"--nodes=1", "--base-port=65534", "status"}));
    assert_part("servers [h:1]\n",
                parsed(kClusterStage, {"--server=h:1", "status"}));
    assert_part(
        "servers [h:1][::1:2][x:65535]\n",
        parsed(kClusterStage, {"--server=h:1,::1:2,x:65535", "status"}));
  }

  // By ascending id.
  void a_cluster_file_gives_the_servers() {
    const TemporaryDirectory directory;
    const std::string file = directory.write(
        "cluster.json",
        R"({"cluster_id":"c","nodes":[{"id":2,"client":"b:2","peer":"b:3"},)"
        R"({"id":1,"client":"a:1","peer":"a:2"}]})");

    assert_part("servers [a:1][b:2]\n",
                parsed(kClusterStage, {"--cluster", file, "status"}));

    const Finished nowhere =
        run(kClusterStage, {"--cluster=/no/file", "status"});
    CPPUNIT_ASSERT_EQUAL("exited with status 2"s, describe(nowhere.status));
    CPPUNIT_ASSERT_EQUAL("error: cannot read the cluster file /no/file\n"s,
                         nowhere.error);
  }

  // So any value can be put.
  void after_two_dashes_everything_belongs_to_the_command() {
    assert_part("command [put][--json][-v]\n",
                parsed("stage0_kv", {"--", "put", "--json", "-v"}));
    assert_part("command [put][k][--]\n",
                parsed("stage0_kv", {"put", "--", "k", "--"}));
    assert_part("command [put][][]\n", parsed("stage0_kv", {"put", "", ""}));
  }

  // Stage 0 has none.
  void without_a_command_stage_1_has_its_prompt() {
    assert_part("command \n", parsed("stage1_client", {}));
    assert_part("command \n", parsed("stage1_client", {"--"}));
  }

  // Status 2, nothing on stdout, and what it is.
  void what_cannot_be_used_is_said_in_one_line() {
    struct Case {
      std::string stage = {};
      std::vector<std::string> arguments = {};
      std::string complaint = {};
    };
    const std::vector<Case> cases = {
        {"stage0_kv",
         {},
         "a command is missing; --help lists them (stage1_client brings the "
         "interactive prompt)"},
        {"stage0_kv",
         {"fetch", "k"},
         "there is no command \"fetch\"; --help lists them"},
        {"stage0_kv", {""}, "there is no command \"\"; --help lists them"},
        {"stage0_kv", {"get"}, "usage: get K"},
        {"stage0_kv",
         {"get", "k", "--expect-absent"},
         "--expect-absent goes with cas only"},
        {"stage0_kv",
         {"get", "--nope"},
         "there is no option --nope; --help lists them"},
        {"stage0_kv",
         {"get", "k", "--timeout-ms=5"},
         "stage0_kv has no use for --timeout-ms yet; stage1_client brings it"},
        {"stage3_log_repl",
         {"list"},
         "stage3_log_repl has no command list yet; stage4_cluster_client "
         "brings it"},
        {"stage0_kv",
         {"--server=h:1", "--base-port=1", "status"},
         "--server and --base-port exclude each other"},
        {"stage3_log_repl",
         {"--server=h:1,h:2", "status"},
         "--server takes one address in stage3_log_repl; "
         "stage4_cluster_client brings lists"},
        {kClusterStage,
         {"--server=h:1", "--nodes=3", "status"},
         "--server and --nodes exclude each other"},
        {kClusterStage,
         {"--server=h:1", "--cluster=f", "status"},
         "--server and --cluster exclude each other"},
        {kClusterStage,
         {"--cluster=f", "--base-port=1", "status"},
         "--cluster and --base-port exclude each other"},
        {kClusterStage,
         {"--cluster=f", "--nodes=3", "status"},
         "--cluster and --nodes exclude each other"},
        {kClusterStage,
         {"--server=h:1,", "status"},
         "--server must be HOST:PORT, or several with commas, not \"h:1,\""},
        {kClusterStage,
         {"--server=", "status"},
         "--server must be HOST:PORT, or several with commas, not \"\""},
        {kClusterStage,
         {"--server=h", "status"},
         "--server must be HOST:PORT, or several with commas, not \"h\""},
        {kClusterStage,
         {"--nodes=0", "status"},
         "--nodes must be a number from 1 to 99, not \"0\""},
        {kClusterStage,
         {"--base-port=65531", "status"},
         "--base-port must be a number from 0 to 65530, not \"65531\""},
        {"stage3_log_repl",
         {"--nodes=3", "status"},
         "stage3_log_repl has no use for --nodes yet; stage4_cluster_client "
         "brings it"},
        {"stage3_log_repl",
         {"--cluster=f", "status"},
         "stage3_log_repl has no use for --cluster yet; stage4_cluster_client "
         "brings it"},
        {"stage0_kv",
         {"--base-port=65535", "status"},
         "--base-port must be a number from 0 to 65534, not \"65535\""},
        {"stage1_client",
         {"--timeout-ms=0", "status"},
         "--timeout-ms must be a number from 1 to 86400000, not \"0\""},
        {"stage0_kv",
         {"bench", "--op", "delete"},
         "--op must be put, get or mixed, not \"delete\""},
        {"stage0_kv",
         {"bench", "--seconds", "0"},
         "--seconds must be a number from 1 to 86400, not \"0\""},
        {"stage0_kv",
         {"bench", "--connections", "1001"},
         "--connections must be a number from 1 to 1000, not \"1001\""},
        {"stage0_kv",
         {"bench", "--keys", "0"},
         "--keys must be a number from 1 to 100000000, not \"0\""},
        {"stage0_kv",
         {"bench", "--value-bytes", "1048577"},
         "--value-bytes must be a number from 0 to 1048576, not \"1048577\""},
    };
    for (const Case& one : cases) {
      const Finished finished = run(one.stage, one.arguments);
      CPPUNIT_ASSERT_EQUAL("error: " + one.complaint + "\n", finished.error);
      CPPUNIT_ASSERT_EQUAL("exited with status 2"s, describe(finished.status));
      CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    }
  }

  // Whatever else is asked.
  void the_version_is_the_stage() {
    CPPUNIT_ASSERT_EQUAL("stage0_kv\n"s, parsed("stage0_kv", {"--version"}));
    CPPUNIT_ASSERT_EQUAL("stage8_membership\n"s,
                         parsed("stage8_membership", {"get", "--version"}));
  }

  // With the exit statuses, for scripts.
  void help_lists_the_commands_in_80_columns() {
    for (const std::string stage : {"stage0_kv",
                                    "stage1_client",
                                    "stage4_cluster_client",
                                    "stage8_membership"}) {
      const std::string help = parsed(stage, {"--help"});
      CPPUNIT_ASSERT(help.starts_with(
          "usage: client [options] COMMAND [arguments]\n\nCommands:\n  get K"));
      assert_part("\nExit status: 0 done, 1 not found or cas mismatch, ", help);
      CPPUNIT_ASSERT_EQUAL(
          stage != "stage0_kv",
          help.find("Without a command: an interactive prompt.\n") !=
              std::string::npos);
      for (const CommandSpec& command : client_commands(stage)) {
        assert_part("\n  " + command.name + " ", help);
      }
      std::istringstream lines(help);
      for (std::string line; std::getline(lines, line);) {
        CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 80);
      }
    }
  }

  // And adds its own.
  void each_stage_keeps_the_commands_of_the_one_before() {
    CPPUNIT_ASSERT_EQUAL("get put delete cas status bench "s,
                         names_of(client_commands("stage0_kv")));
    CPPUNIT_ASSERT_EQUAL("get put delete cas list status bench "s,
                         names_of(client_commands("stage4_cluster_client")));
    CPPUNIT_ASSERT_EQUAL("get put delete cas list status bench snapshot "s,
                         names_of(client_commands("stage7_compaction")));
    CPPUNIT_ASSERT_EQUAL(
        "get put delete cas list status bench snapshot members add-member "
        "remove-member set-members transfer-leader "s,
        names_of(client_commands("stage8_membership")));
  }

  // Any words will do as keys and values.
  void a_command_that_fits_brings_no_complaint() {
    const std::vector<std::vector<std::string>> commands = {
        {"get", "k"},
        {"get", "get"},
        {"put", "k", ""},
        {"delete", "--"},
        {"cas", "k", "old", "new"},
        {"list"},
        {"list", "prefix"},
        {"status"},
        {"bench"},
        {"snapshot"},
        {"members"},
        {"add-member", "m"},
        {"remove-member", "1"},
        {"set-members", "1", "2", "3"},
        {"transfer-leader", "2"},
    };
    for (const auto& command : commands) {
      CPPUNIT_ASSERT_EQUAL(
          ""s, command_complaint("stage8_membership", command, false));
    }
  }

  // Too few words, and too many.
  void a_command_that_does_not_fit_is_told_its_usage() {
    const auto complaint = [](const std::vector<std::string>& command) {
      return command_complaint("stage8_membership", command, false);
    };
    CPPUNIT_ASSERT_EQUAL("usage: get K"s, complaint({"get"}));
    CPPUNIT_ASSERT_EQUAL("usage: get K"s, complaint({"get", "a", "b"}));
    CPPUNIT_ASSERT_EQUAL("usage: put K V"s, complaint({"put", "k"}));
    CPPUNIT_ASSERT_EQUAL("usage: put K V"s, complaint({"put", "k", "v", "w"}));
    CPPUNIT_ASSERT_EQUAL("usage: delete K"s, complaint({"delete"}));
    CPPUNIT_ASSERT_EQUAL("usage: list [PREFIX]"s,
                         complaint({"list", "a", "b"}));
    CPPUNIT_ASSERT_EQUAL("usage: set-members MEMBER..."s,
                         complaint({"set-members"}));
  }

  // In the command's words.
  void a_command_of_another_stage_is_refused_by_its_name() {
    CPPUNIT_ASSERT_EQUAL(
        "stage6_election has no command snapshot yet; stage7_compaction brings "
        "it"s,
        command_complaint("stage6_election", {"snapshot"}, false));
    CPPUNIT_ASSERT_EQUAL(
        "stage7_compaction has no command members yet; stage8_membership "
        "brings it"s,
        command_complaint("stage7_compaction", {"members", "x"}, false));
  }

  // Not both, and nothing else takes the latter.
  void cas_takes_an_expected_value_or_its_absence() {
    const auto complaint = [](const std::vector<std::string>& command,
                              bool expect_absent) {
      return command_complaint("stage0_kv", command, expect_absent);
    };
    CPPUNIT_ASSERT_EQUAL(""s, complaint({"cas", "k", "new"}, true));
    CPPUNIT_ASSERT_EQUAL("usage: cas K EXPECTED NEW"s,
                         complaint({"cas", "k", "new"}, false));
    CPPUNIT_ASSERT_EQUAL("usage: cas --expect-absent K NEW"s,
                         complaint({"cas", "k", "old", "new"}, true));
    CPPUNIT_ASSERT_EQUAL("--expect-absent goes with cas only"s,
                         complaint({"put", "k", "v"}, true));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientOptionsTest);

}  // namespace
}  // namespace raft
