// [since stage4_cluster_client]
// What is no message of a peer, on the port of the peers: refused in one line
// that says why, before any rule of Raft is looked at, and nothing is changed.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "tests/http_cluster.h"
#include "tests/raw_connection.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;
constexpr NodeId kVictim = 2;

// A message of the leader to the victim that would wipe out its log and commit
// what it never had; one part of it can be another.
struct Forged {
  std::string cluster_id = "\"test\"";
  std::string from = "1";
  std::string to = "2";
  std::string clock = "1";
  std::string type = "\"append_entries\"";
  std::string term = "1";
  std::string prev_log_index = "0";
  std::string entries = R"([{"term":1,"index":1,"command":"3:put,1:x,1:y,"}])";

  std::string line() const {
    return "{\"cluster_id\":" + cluster_id + ",\"from\":" + from +
           ",\"to\":" + to + ",\"clock\":" + clock + ",\"type\":" + type +
           ",\"term\":" + term +
           ",\"leader_id\":1,\"prev_log_index\":" + prev_log_index +
           ",\"prev_log_term\":0,\"entries\":" + entries +
           ",\"leader_commit\":9}";
  }
};

class StoryBadPeerInput : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryBadPeerInput);
  CPPUNIT_TEST(what_is_no_message_is_refused);
  CPPUNIT_TEST(a_message_of_another_cluster_or_to_another_node_is_refused_k_22);
  CPPUNIT_TEST(a_message_with_a_wrong_field_is_refused);
  CPPUNIT_TEST(a_message_without_end_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    cluster_.start();
    http_.wait_until_ready();
    CPPUNIT_ASSERT_EQUAL(200, http_.ask_leader(put_request("k", "v")).status);
    for (NodeId id = 1; id <= kNodes; ++id) http_.wait_for_value(id, "k", "v");
    log_index_ = http_.number_at(kVictim, "last_log_index");
    term_ = http_.number_at(kVictim, "term");
  }

  // The victim is as it was, and the cluster goes on with it.
  void tearDown() override {
    CPPUNIT_ASSERT_EQUAL(log_index_,
                         http_.number_at(kVictim, "last_log_index"));
    CPPUNIT_ASSERT_EQUAL(term_, http_.number_at(kVictim, "term"));
    CPPUNIT_ASSERT(http_.value_at(kVictim, "k") == "v");
    CPPUNIT_ASSERT(http_.value_at(kVictim, "x") == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(200, http_.ask_leader(put_request("k", "w")).status);
    http_.wait_for_value(kVictim, "k", "w");
    cluster_.stop();
  }

  void what_is_no_message_is_refused() {
    for (const std::string& line : {""s,
                                    "hello"s,
                                    "\0\1\xFF"s,
                                    "GET / HTTP/1.1\r"s,
                                    "[]"s,
                                    "null"s,
                                    "{}"s,
                                    "{\"op\":\"get\",\"key\":\"k\"}"s,
                                    std::string(1000, '['),
                                    Forged().line().substr(0, 60)}) {
      expect_refusal(line);
    }
  }

  void a_message_of_another_cluster_or_to_another_node_is_refused_k_22() {
    for (const char* other : {"\"\"", "\"Test\"", "\"local\""}) {
      expect_refusal(Forged{.cluster_id = other}.line());
    }
    for (const char* other : {"0", "1", "3", "4", "18446744073709551615"}) {
      expect_refusal(Forged{.to = other}.line());
    }
    // Of itself, and of nobody in the cluster.
    for (const char* other : {"2", "0", "4", "18446744073709551615"}) {
      expect_refusal(Forged{.from = other}.line());
    }
  }

  void a_message_with_a_wrong_field_is_refused() {
    for (const char* wrong : {"null", "\"1\"", "-1", "1.5", "[]", "true"}) {
      expect_refusal(Forged{.from = wrong}.line());
      expect_refusal(Forged{.to = wrong}.line());
      expect_refusal(Forged{.clock = wrong}.line());
      expect_refusal(Forged{.term = wrong}.line());
      expect_refusal(Forged{.prev_log_index = wrong}.line());
    }
    for (const char* type :
         {"1", "\"\"", "\"request_vote\"", "\"append_entries_result\""}) {
      expect_refusal(Forged{.type = type}.line());
    }
    for (const char* entries : {"null",
                                "{}",
                                "[1]",
                                "[{}]",
                                R"([{"term":1,"index":1}])",
                                R"([{"term":"1","index":1,"command":""}])",
                                R"([{"term":1,"index":1,"command":7}])"}) {
      expect_refusal(Forged{.entries = entries}.line());
    }
  }

  // 16 MiB are the most that a message can need.
  void a_message_without_end_is_refused() {
    RawConnection connection(cluster_.peer_address(kVictim));
    const std::string part(1024 * 1024, 'x');
    for (int i = 0; i <= 16; ++i) connection.send(part);
    CPPUNIT_ASSERT_EQUAL("invalid_argument"s,
                         error_in(connection.receive_line()));
  }

 private:
  // With a reason, and the next line of the connection is looked at as ever.
  void expect_refusal(const std::string& line) {
    RawConnection connection(cluster_.peer_address(kVictim));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        line, "invalid_argument"s, error_in(connection.ask(line)));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        line, "invalid_argument"s, error_in(connection.ask("again")));
  }

  static std::string error_in(const std::string& answer) {
    const auto json = JsonObject::parse(answer);
    CPPUNIT_ASSERT_MESSAGE(answer, json);
    CPPUNIT_ASSERT_MESSAGE(answer, !json->string("message")->empty());
    return json->string("error").value();
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = kNodes}};
  HttpCluster http_{cluster_};
  std::uint64_t log_index_ = 0;
  std::uint64_t term_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryBadPeerInput);

}  // namespace
}  // namespace raft
