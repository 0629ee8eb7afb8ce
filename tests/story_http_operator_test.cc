// [since stage4_cluster_client]
// What an operator asks a node for: its status, its health, its metrics.
#include <algorithm>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/http_cluster.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;

// The number behind the first line of `text` that begins with `begin` and has
// all of `parts`.
double sample_in(const std::string& text,
                 const std::string& begin,
                 const std::vector<std::string>& parts) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    const bool has_all =
        std::all_of(parts.begin(), parts.end(), [&](const std::string& part) {
          return line.find(part) != std::string::npos;
        });
    if (line.starts_with(begin) && has_all) {
      return std::stod(line.substr(line.rfind(' ')));
    }
  }
  CPPUNIT_FAIL("no " + begin + " in " + text);
  return 0;
}

class StoryHttpOperator : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryHttpOperator);
  CPPUNIT_TEST(status_has_what_the_protocol_names);
  CPPUNIT_TEST(every_node_is_healthy_and_gets_ready);
  CPPUNIT_TEST(without_a_majority_a_write_is_refused_or_its_outcome_unknown);
  CPPUNIT_TEST(a_restarted_node_is_not_ready_before_it_knows_what_is_committed);
  CPPUNIT_TEST(metrics_are_prometheus_text_and_count);
  CPPUNIT_TEST_SUITE_END();

 public:
  void status_has_what_the_protocol_names() {
    start();
    const HttpAnswer put = ask_leader(put_request("k", "v"));
    const std::uint64_t index = json_of(put).number("index").value();
    const NodeId leader = http_->leader();
    // On the leader that is so when the answer is there.
    CPPUNIT_ASSERT(http_->number_at(leader, "last_applied") >= index);
    for (NodeId id = 1; id <= kNodes; ++id) {
      wait_until("all have applied it",
                 [&] { return http_->number_at(id, "last_applied") >= index; });
      const HttpAnswer answer = http_->ask(id, get_request("/v1/status"));
      CPPUNIT_ASSERT_EQUAL(200, answer.status);
      const JsonObject status = json_of(answer);
      CPPUNIT_ASSERT_EQUAL(std::string(RAFT_STAGE),
                           status.string("stage").value());
      CPPUNIT_ASSERT_EQUAL("test"s, status.string("cluster_id").value());
      CPPUNIT_ASSERT_EQUAL(id, status.number("id").value());
      CPPUNIT_ASSERT_EQUAL(id == leader ? "leader"s : "follower"s,
                           status.string("role").value());
      CPPUNIT_ASSERT(status.number("term").value() >= 1);
      CPPUNIT_ASSERT_EQUAL(leader, status.number("leader").value());
      CPPUNIT_ASSERT_EQUAL(cluster_->client_address(leader),
                           status.string("leader_client_address").value());
      const std::uint64_t applied = status.number("last_applied").value();
      CPPUNIT_ASSERT(applied >= index);
      CPPUNIT_ASSERT(status.number("commit_index").value() >= applied);
      CPPUNIT_ASSERT(status.number("last_log_index").value() >= applied);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1},
                           status.number("first_log_index").value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0},
                           status.number("snapshot_index").value());
      expect_members(status);
      CPPUNIT_ASSERT_EQUAL(id == leader, status.has("peers"));
    }
    wait_until("the leader knows how far its peers are", [&] {
      return peers_have_all(
          json_of(http_->ask(leader, get_request("/v1/status"))));
    });
  }

  void every_node_is_healthy_and_gets_ready() {
    start();
    http_->wait_until_ready();
    for (NodeId id = 1; id <= kNodes; ++id) {
      CPPUNIT_ASSERT_EQUAL("200 ok"s,
                           verdict_of(http_->ask(id, get_request("/healthz"))));
      CPPUNIT_ASSERT_EQUAL("200 ok"s,
                           verdict_of(http_->ask(id, get_request("/readyz"))));
    }
  }

  // Those that were let in time out; then none is let in any more.
  void without_a_majority_a_write_is_refused_or_its_outcome_unknown() {
    start({"--request-timeout-ms", "200"});
    expect("200 ok", put_request("k", "v"));
    const NodeId leader = http_->leader();
    for (NodeId id = 1; id <= kNodes; ++id) {
      if (id != leader) cluster_->node(id).kill();
    }
    wait_until("writes are refused", [&] {
      const HttpAnswer answer = http_->ask(leader, put_request("k", "w"));
      if (verdict_of(answer) == "504 timeout unknown") return false;
      CPPUNIT_ASSERT_EQUAL("503 unavailable not_executed"s, verdict_of(answer));
      CPPUNIT_ASSERT(header_in(answer.headers, "Retry-After") == "1");
      return true;
    });
    CPPUNIT_ASSERT_EQUAL(200,
                         http_->ask(leader, get_request("/healthz")).status);
  }

  // It would deny what was acknowledged: its log has it, its store not yet.
  void a_restarted_node_is_not_ready_before_it_knows_what_is_committed() {
    start();
    expect("200 ok", put_request("k", "v"));
    for (NodeId id = 1; id <= kNodes; ++id) http_->wait_for_value(id, "k", "v");
    for (NodeId id = 1; id <= kNodes; ++id) cluster_->node(id).kill();
    cluster_->node(1).start();
    const HttpAnswer answer = http_->ask(1, get_request("/readyz"));
    CPPUNIT_ASSERT_EQUAL(503, answer.status);
    CPPUNIT_ASSERT(header_in(answer.headers, "Retry-After").has_value());
    CPPUNIT_ASSERT_EQUAL(200, http_->ask(1, get_request("/healthz")).status);
    for (NodeId id = 2; id <= kNodes; ++id) cluster_->node(id).start();
    http_->wait_until_ready();
    for (NodeId id = 1; id <= kNodes; ++id) {
      CPPUNIT_ASSERT(http_->value_at(id, "k") == "v");
    }
  }

  // Each line is a comment or a sample; requests are counted by their answers.
  void metrics_are_prometheus_text_and_count() {
    start();
    const NodeId leader = http_->leader();
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(200,
                           http_->ask(leader, put_request("k", "v")).status);
    }
    const HttpAnswer answer = http_->ask(leader, get_request("/metrics"));
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL("text/plain; version=0.0.4"s,
                         header_in(answer.headers, "Content-Type").value());
    const std::regex sample(
        R"([a-zA-Z_:][a-zA-Z0-9_:]*(\{([a-zA-Z_][a-zA-Z0-9_]*="[^"\\\n]*",?)*\})?)"
        R"( (NaN|[+-]?Inf|[+-]?[0-9.]+(e[+-]?[0-9]+)?))");
    const std::regex comment(R"(# (HELP|TYPE) [a-zA-Z_:][a-zA-Z0-9_:]* .+)");
    std::istringstream lines(answer.body);
    for (std::string line; std::getline(lines, line);) {
      CPPUNIT_ASSERT_MESSAGE(
          line,
          std::regex_match(line, sample) || std::regex_match(line, comment));
    }
    CPPUNIT_ASSERT_EQUAL(3.0,
                         sample_in(answer.body,
                                   "raft_http_requests_total{",
                                   {"method=\"PUT\"", "status=\"200\""}));
    CPPUNIT_ASSERT_EQUAL(3.0,
                         sample_in(answer.body,
                                   "raft_http_request_duration_seconds_count{",
                                   {"method=\"PUT\""}));
    CPPUNIT_ASSERT_EQUAL(1.0, sample_in(answer.body, "raft_is_leader{", {}));
    CPPUNIT_ASSERT_EQUAL(1.0, sample_in(answer.body, "raft_keys{", {}));
    CPPUNIT_ASSERT(sample_in(answer.body, "raft_commit_index{", {}) >= 3);
  }

 private:
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

  void expect_members(const JsonObject& status) {
    const auto members = status.objects("members").value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{kNodes}, members.size());
    for (NodeId id = 1; id <= kNodes; ++id) {
      const JsonObject& member = members[id - 1];
      CPPUNIT_ASSERT_EQUAL(id, member.number("id").value());
      CPPUNIT_ASSERT_EQUAL(cluster_->client_address(id),
                           member.string("client").value());
      CPPUNIT_ASSERT_EQUAL(cluster_->peer_address(id),
                           member.string("peer").value());
    }
  }

  static bool peers_have_all(const JsonObject& status) {
    const std::uint64_t last = status.number("last_log_index").value();
    const auto peers = status.objects("peers").value();
    CPPUNIT_ASSERT_EQUAL(std::size_t{kNodes - 1}, peers.size());
    for (const JsonObject& peer : peers) {
      CPPUNIT_ASSERT(peer.number("id").value() <= kNodes);
      CPPUNIT_ASSERT(peer.number("last_contact_ms").has_value());
      const std::uint64_t match = peer.number("match_index").value();
      CPPUNIT_ASSERT(peer.number("next_index").value() > match);
      if (match < last) return false;
    }
    return true;
  }

  std::optional<TestCluster> cluster_;
  std::optional<HttpCluster> http_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryHttpOperator);

}  // namespace
}  // namespace raft
