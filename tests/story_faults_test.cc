// [since stage4_cluster_client]
// Faults on purpose, by PUT /v1/faults: what a node refuses, what its peers
// miss, and that they catch up when it is over.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "common/options.h"
#include "tests/http_cluster.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;

// From this stage on another node leads when the leader is silent.
constexpr int kFirstElectingStage = 6;

class StoryFaults : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryFaults);
  CPPUNIT_TEST(faults_are_there_only_on_request);
  CPPUNIT_TEST(a_faults_document_is_checked_as_a_whole);
  CPPUNIT_TEST(dropped_messages_are_missed_until_the_faults_are_cleared);
  CPPUNIT_TEST(a_late_message_makes_a_late_write);
  CPPUNIT_TEST(a_lossy_network_delays_and_loses_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void faults_are_there_only_on_request() {
    start();
    for (const char* method : {"GET", "PUT", "DELETE"}) {
      const HttpAnswer answer = http_->ask(
          1, {.method = method, .target = "/v1/faults", .body = "{}"});
      CPPUNIT_ASSERT_EQUAL(404, answer.status);
    }
  }

  void a_faults_document_is_checked_as_a_whole() {
    start_with_faults();
    const std::string none =
        R"({"drop_to":[],"drop_from":[],"loss":0,"delay_ms":0})";
    const std::string some =
        R"({"drop_to":[2,3],"drop_from":[1],"loss":0.25,"delay_ms":7})";
    CPPUNIT_ASSERT_EQUAL(none, faults(1, "GET"));
    CPPUNIT_ASSERT_EQUAL(some, faults(1, "PUT", some));
    CPPUNIT_ASSERT_EQUAL(some, faults(1, "GET"));
    for (const char* bad : {"",
                            "[]",
                            R"({"drop_to":2})",
                            R"({"drop_from":["1"]})",
                            R"({"drop_to":[],"loss":1.5})",
                            R"({"loss":-0.1})",
                            R"({"loss":"0"})",
                            R"({"delay_ms":-1})",
                            R"({"delay_ms":60001})"}) {
      const HttpAnswer answer =
          http_->ask(1, {.method = "PUT", .target = "/v1/faults", .body = bad});
      CPPUNIT_ASSERT_EQUAL("400 bad_request not_executed"s, verdict_of(answer));
    }
    CPPUNIT_ASSERT_EQUAL(
        "415 unsupported_media_type not_executed"s,
        verdict_of(http_->ask(1,
                              {.method = "PUT",
                               .target = "/v1/faults",
                               .headers = {{"Content-Type", "text/plain"}},
                               .body = none})));
    const HttpAnswer post =
        http_->ask(1, {.method = "POST", .target = "/v1/faults"});
    CPPUNIT_ASSERT_EQUAL(405, post.status);
    CPPUNIT_ASSERT_EQUAL("GET, PUT, DELETE"s,
                         header_in(post.headers, "Allow").value());
    CPPUNIT_ASSERT_EQUAL(some, faults(1, "GET"));
    CPPUNIT_ASSERT_EQUAL(none, faults(1, "DELETE"));
    CPPUNIT_ASSERT_EQUAL(none, faults(2, "GET"));
  }

  // Both ways to cut a follower off, at either end of its connection.
  void dropped_messages_are_missed_until_the_faults_are_cleared() {
    start_with_faults();
    const NodeId leader = http_->leader();
    const NodeId follower = http_->follower();
    int writes = 0;
    for (const bool at_leader : {true, false}) {
      for (const char* field : {"drop_to", "drop_from"}) {
        const NodeId node = at_leader ? leader : follower;
        const NodeId other = at_leader ? follower : leader;
        faults(
            node,
            "PUT",
            "{\"" + std::string(field) + "\":[" + std::to_string(other) + "]}");
        const std::string value = std::to_string(++writes);
        expect("200 ok", put_request("k", value));
        // What the leader hears of it is that it hears nothing.
        if (stage_number(RAFT_STAGE) < kFirstElectingStage) {
          wait_until("silence", [&] { return silence_ms(follower) > 100; });
        }
        faults(node, "DELETE");
        http_->wait_for_value(follower, "k", value);
      }
    }
  }

  void a_late_message_makes_a_late_write() {
    start_with_faults();
    constexpr std::int64_t kDelayMs = 20;
    for (NodeId id = 1; id <= kNodes; ++id) {
      faults(id, "PUT", R"({"delay_ms":20})");
    }
    const Deadline start = Clock::now();
    expect("200 ok", put_request("k", "v"));
    const Deadline due = start + std::chrono::milliseconds(2 * kDelayMs);
    CPPUNIT_ASSERT(Clock::now() >= due);
  }

  void a_lossy_network_delays_and_loses_nothing() {
    start_with_faults();
    for (NodeId id = 1; id <= kNodes; ++id) {
      faults(id, "PUT", R"({"loss":0.1})");
    }
    for (int i = 0; i < 20; ++i) {
      const std::string key = std::to_string(i);
      wait_until("a write of " + key, [&] {
        return ask_leader(put_request(key, "v")).status == 200;
      });
    }
    for (NodeId id = 1; id <= kNodes; ++id) faults(id, "DELETE");
    for (NodeId id = 1; id <= kNodes; ++id) {
      for (int i = 0; i < 20; ++i) {
        http_->wait_for_value(id, std::to_string(i), "v");
      }
    }
  }

 private:
  void start_with_faults() { start({"--enable-faults"}); }

  void start(const std::vector<std::string>& server_options = {}) {
    cluster_.emplace(
        RAFT_STAGE,
        TestClusterOptions{.nodes = kNodes, .server_options = server_options});
    cluster_->start();
    http_.emplace(*cluster_);
    http_->wait_until_ready();
  }

  HttpAnswer ask_leader(const HttpRequest& request) {
    return http_->ask_leader(request);
  }

  void expect(const std::string& verdict, const HttpRequest& request) {
    CPPUNIT_ASSERT_EQUAL(verdict, verdict_of(ask_leader(request)));
  }

  // What a node says of its faults after that.
  std::string faults(NodeId id,
                     const std::string& method,
                     const std::string& document = "") {
    const HttpAnswer answer = http_->ask(
        id, {.method = method, .target = "/v1/faults", .body = document});
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
    return answer.body;
  }

  // How long the leader has heard nothing of `peer`.
  std::uint64_t silence_ms(NodeId peer) {
    const JsonObject status =
        json_of(http_->ask(http_->leader(), get_request("/v1/status")));
    const auto peers = status.objects("peers").value();
    for (const JsonObject& item : peers) {
      if (item.number("id") == peer) {
        return item.number("last_contact_ms").value();
      }
    }
    CPPUNIT_FAIL("no such peer");
    return 0;
  }

  std::optional<TestCluster> cluster_;
  std::optional<HttpCluster> http_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryFaults);

}  // namespace
}  // namespace raft
