// The client program as its users meet it: what it prints, where, and with
// which exit status.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

const int kStage = stage_number(RAFT_STAGE);

using Words = std::vector<std::string>;

void expect_part(const std::string& part, const std::string& text) {
  CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text,
                         text.find(part) != std::string::npos);
}

class StoryClientCommandLine : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryClientCommandLine);
  CPPUNIT_TEST(a_command_that_is_done_prints_its_result_and_ends_with_0);
  CPPUNIT_TEST(an_absent_key_and_a_mismatch_end_with_1);
  CPPUNIT_TEST(wrong_usage_and_a_bad_request_end_with_2);
  CPPUNIT_TEST(nobody_there_ends_with_3);
  CPPUNIT_TEST(a_write_without_an_answer_ends_with_4);
  CPPUNIT_TEST(what_is_not_here_yet_is_refused_by_the_stage_that_brings_it);
  CPPUNIT_TEST(list_prints_keys_and_values_in_the_order_of_keys);
  CPPUNIT_TEST(json_prints_the_answer_as_it_is);
  CPPUNIT_TEST(the_prompt_reads_commands_from_a_pipe);
  CPPUNIT_TEST(bench_shows_progress_and_percentiles);
  CPPUNIT_TEST(help_and_version_need_no_server);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Values go to stdout; a write that is done needs no words.
  void a_command_that_is_done_prints_its_result_and_ends_with_0() {
    cluster_.start();
    expect(printed(""), {"put", "k", "v"});
    expect(printed("v\n"), {"get", "k"});
    expect(printed(""), {"cas", "k", "v", "w"});
    expect(printed("w\n"), {"get", "k"});
    expect(printed(""), {"delete", "k"});
    expect(printed(""), {"cas", "--expect-absent", "k", "new"});
    expect(printed("new\n"), {"get", "k"});
    expect(printed(""), {"--", "put", "--json", "--expect-absent"});
    expect(printed("--expect-absent\n"), {"get", "--", "--json"});
    expect(printed(""), {"put", "empty", ""});
    expect(printed("\n"), {"get", "empty"});
    const ClientResult status = run({"status"});
    CPPUNIT_ASSERT_EQUAL(kExitDone, status.status);
    expect_part("\"stage\":\"" RAFT_STAGE "\"", status.output);
    expect_part("\"id\":1", status.output);
    cluster_.stop();
  }

  // The server has answered, and changed nothing.
  void an_absent_key_and_a_mismatch_end_with_1() {
    cluster_.start();
    expect_failure(kExitNotFoundOrMismatch, {"get", "k"});
    expect_failure(kExitNotFoundOrMismatch, {"delete", "k"});
    expect_failure(kExitNotFoundOrMismatch, {"cas", "k", "v", "w"});
    expect(printed(""), {"put", "k", "v"});
    expect_failure(kExitNotFoundOrMismatch, {"cas", "k", "x", "w"});
    expect_failure(kExitNotFoundOrMismatch,
                   {"cas", "--expect-absent", "k", "w"});
    expect(printed("v\n"), {"get", "k"});
  }

  // What can't be right is refused without a server where that is possible.
  void wrong_usage_and_a_bad_request_end_with_2() {
    for (const Words& words :
         std::vector<Words>{{"frobnicate"},
                            {"get"},
                            {"get", "a", "b"},
                            {"put", "k"},
                            {"cas", "k", "v"},
                            {"--expect-absent", "get", "k"},
                            {"--frobnicate", "get", "k"},
                            {"--json=1", "get", "k"},
                            {"bench", "--op", "delete"},
                            {"bench", "--seconds", "0"}}) {
      expect_failure(kExitUsage, words);
    }
    cluster_.start();
    expect_failure(kExitUsage, {"get", ""});
    expect_failure(kExitUsage, {"put", std::string(1025, 'k'), "v"});
  }

  // Nothing was executed, and the message says where nobody was found.
  void nobody_there_ends_with_3() {
    Words options;
    if (kStage >= 1) options = {"--timeout-ms", "100"};
    for (const Words& command :
         std::vector<Words>{{"get", "k"}, {"put", "k", "v"}, {"status"}}) {
      Words words = options;
      words.insert(words.end(), command.begin(), command.end());
      const ClientResult result = expect_failure(kExitNotExecuted, words);
      expect_part(cluster_.client_address(1), result.error);
    }
  }

  // The request is gone and no answer has come: the truth is that nobody knows,
  // however often it was sent.
  void a_write_without_an_answer_ends_with_4() {
    cluster_.start();
    Proxy proxy(cluster_.client_address(1));
    proxy.to_client().drop();

    Words words = {"put", "k", "v"};
    if (kStage >= 1) words.insert(words.end(), {"--timeout-ms", "2000"});
    const ClientResult put = run_client(RAFT_STAGE, proxy.address(), words);

    CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown), put);
    expect(printed("v\n"), {"get", "k"});
  }

  // A learner who is ahead of the chapter is told where to go on.
  void what_is_not_here_yet_is_refused_by_the_stage_that_brings_it() {
    struct Refusal {
      int since = 0;
      std::string stage = {};
      Words words = {};
    };
    for (const Refusal& refusal : std::vector<Refusal>{
             {1, "stage1_client", {"--timeout-ms", "100", "get", "k"}},
             {1, "stage1_client", {}},
             {4, "stage4_cluster_client", {"list"}},
             {4, "stage4_cluster_client", {"--nodes", "3", "get", "k"}},
             {7, "stage7_compaction", {"snapshot"}},
             {8, "stage8_membership", {"members"}},
             {8, "stage8_membership", {"transfer-leader", "2"}}}) {
      if (kStage >= refusal.since) continue;
      const ClientResult result = expect_failure(kExitUsage, refusal.words);
      expect_part(refusal.stage, result.error);
    }
    if (kStage >= 4) return;
    const ClientResult list = run_client(RAFT_STAGE, "a:1,b:1", {"get", "k"});
    CPPUNIT_ASSERT_EQUAL(failed(kExitUsage), list);
    expect_part("stage4_cluster_client", list.error);
  }

  // A line for each key, with a tab before the value; of all keys or of those
  // with a prefix.
  void list_prints_keys_and_values_in_the_order_of_keys() {
    if (kStage < 4) return;
    cluster_.start();
    expect(printed(""), {"list"});
    for (const std::string key : {"b/2", "a", "b/1", "c"}) {
      expect(printed(""), {"put", key, "value of " + key});
    }
    expect(printed("a\tvalue of a\nb/1\tvalue of b/1\nb/2\tvalue of b/2\n"
                   "c\tvalue of c\n"),
           {"list"});
    expect(printed("b/1\tvalue of b/1\nb/2\tvalue of b/2\n"), {"list", "b/"});
    expect(printed("{\"entries\":[{\"key\":\"c\",\"value\":\"value of c\"}],"
                   "\"more\":false}\n"),
           {"--json", "list", "c"});
    expect(printed(""), {"list", "d"});
  }

  // For programs: the whole answer on stdout, errors too, and the same status.
  void json_prints_the_answer_as_it_is() {
    cluster_.start();
    expect(printed(""), {"put", "k", "v"});
    const ClientResult got = run({"--json", "get", "k"});
    CPPUNIT_ASSERT_EQUAL(kExitDone, got.status);
    expect_part("\"value\":\"v\"", got.output);
    const ClientResult conflict = run({"cas", "k", "x", "w", "--json"});
    CPPUNIT_ASSERT_EQUAL(kExitNotFoundOrMismatch, conflict.status);
    expect_part("\"error\":\"conflict\"", conflict.output);
    expect_part("\"value\":\"v\"", conflict.output);
    CPPUNIT_ASSERT_EQUAL(std::string(), conflict.error);
  }

  // Without a terminal the prompt is a plain reader of lines; a mistake in one
  // of them harms no other one.
  void the_prompt_reads_commands_from_a_pipe() {
    if (kStage < 1) return;
    cluster_.start();
    for (const std::string end : {"exit\nget never\n", ""}) {
      ClientProgram client(RAFT_STAGE, cluster_.client_address(1), {});
      client.program().write_input(
          "put \"two words\" v\n\nfrobnicate\nget absent\nput 'open\n"
          "cas --expect-absent new w\nget \"two words\"\nget new\n"
          "list tw\ndelete new\n" +
          end);
      const ClientResult result = client.wait();
      const std::string list = kStage >= 4 ? "two words\tv\n" : "";
      CPPUNIT_ASSERT_EQUAL(printed("v\nw\n" + list), result);
      expect_part("frobnicate", result.error);
      expect_part("no such key", result.error);
    }
  }

  // One progress line a second, then what an engineer wants to know.
  void bench_shows_progress_and_percentiles() {
    cluster_.start();
    // By now a leader is there.
    CPPUNIT_ASSERT_EQUAL(printed(""), run({"put", "k", "v"}));
    const ClientResult result = run({"bench",
                                     "--op",
                                     "mixed",
                                     "--seconds",
                                     "1",
                                     "--connections",
                                     "4",
                                     "--keys",
                                     "10"});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(result.error, kExitDone, result.status);
    expect_part("1 of 1 s: ", result.error);
    for (const char* part :
         {"requests/s", ", 0 failed", "p50", "p99", "p99.9"}) {
      expect_part(part, result.output);
    }
  }

  // Whoever asks for help gets it on stdout.
  void help_and_version_need_no_server() {
    CPPUNIT_ASSERT_EQUAL(printed(RAFT_STAGE "\n"), run({"--version"}));
    const ClientResult help = run({"--help"});
    CPPUNIT_ASSERT_EQUAL(kExitDone, help.status);
    for (const char* part :
         {"get K", "cas K EXPECTED NEW", "--json", "bench"}) {
      expect_part(part, help.output);
    }
    CPPUNIT_ASSERT_EQUAL(kStage >= 1,
                         help.output.find("--timeout-ms") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(
        kStage >= 4, help.output.find("list [PREFIX]") != std::string::npos);
  }

 private:
  ClientResult run(const Words& words) const {
    return cluster_.run_client(1, words);
  }

  void expect(const ClientResult& expected, const Words& words) const {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(words.front(), expected, run(words));
  }

  // It says what is wrong in one line on stderr, and nothing on stdout.
  ClientResult expect_failure(int status, const Words& words) const {
    const ClientResult result = run(words);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        words.empty() ? "" : words.front(), failed(status), result);
    CPPUNIT_ASSERT(result.error.starts_with("error: "));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        result.error, result.error.size() - 1, result.error.find('\n'));
    return result;
  }

  TestCluster cluster_{RAFT_STAGE};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryClientCommandLine);

}  // namespace
}  // namespace raft
