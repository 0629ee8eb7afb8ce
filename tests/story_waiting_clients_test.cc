// [since stage6_election]
// Clients that wait for a majority that is not there: how many are let in, what
// becomes of the others, and of all of them in the end.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/http_connection.h"
#include "common/open_files.h"
#include "common/test_process.h"
#include "tests/http_cluster.h"
#include "tests/slow_disk.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

constexpr std::uint64_t kNodes = 3;
constexpr std::size_t kWriters = 1000;
// Together 68 MiB, of which 64 may wait.
constexpr std::size_t kValueBytes = 70 * 1024;
constexpr int kReaders = 100;

std::string answer_on(HttpConnection& connection) {
  const auto answer = connection.receive(patience());
  CPPUNIT_ASSERT_MESSAGE(answer ? "" : answer.error().message, answer);
  return verdict_of(*answer);
}

class StoryWaitingClients : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryWaitingClients);
  CPPUNIT_TEST(K_19_a_thousand_writers_without_a_majority);
  CPPUNIT_TEST(K_25_reads_that_wait_are_answered_when_the_server_stops);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The limits hold, others are served, half of the clients leave, and when a
  // majority is back it is as if nothing had been.
  void K_19_a_thousand_writers_without_a_majority() {
    lift_limit_of_open_files();
    // No majority has the writes: one follower, and the leader's own disk not.
    // But a majority is heard from.
    start(with_lasting_leader(RAFT_STAGE, {"--request-timeout-ms", "600000"}),
          {{1, disk_.place(RAFT_STAGE)}});
    cluster_->make_leader(1);
    http().wait_until_ready();
    leader_ = 1;
    const std::uint64_t before = http().number_at(leader_, "last_log_index");
    cluster_->node(3).pause();
    disk_.stall();
    std::list<HttpConnection> writers;
    for (std::size_t i = 0; i < kWriters; ++i) {
      writers.push_back(send(
          put_request("k" + std::to_string(i), std::string(kValueBytes, 'v'))));
    }

    const std::size_t refused = kWriters - remove_refused(writers, before);
    CPPUNIT_ASSERT(refused > 0);
    CPPUNIT_ASSERT(refused < kWriters / 10);
    expect("503 overloaded not_executed", put_request("one", "more"));
    expect("200 ok", get_request("/healthz"));
    expect("200 ok", get_request("/v1/status"));
    CPPUNIT_ASSERT_EQUAL(200,
                         http().ask(leader_, get_request("/metrics")).status);
    expect("404 not_found", get_request("/v1/kv/k0?consistency=stale"));

    for (std::size_t left = kWriters / 2; left > 0; --left) writers.pop_front();
    expect("200 ok", get_request("/healthz"));
    disk_.go_on();
    cluster_->node(3).resume();

    std::size_t done = 0;
    for (HttpConnection& writer : writers) {
      const std::string verdict = answer_on(writer);
      if (verdict == "200 ok") ++done;
      // Whoever was away may have won an election first.
      CPPUNIT_ASSERT_MESSAGE(
          verdict,
          verdict == "200 ok" || verdict == "503 leadership_lost unknown");
    }
    CPPUNIT_ASSERT_EQUAL(200,
                         http().ask_leader(put_request("one", "more")).status);
    CPPUNIT_ASSERT(http().number_at(http().leader(), "keys") > done);
    cluster_->stop();
  }

  // As those that may be asked again, and the server ends well.
  void K_25_reads_that_wait_are_answered_when_the_server_stops() {
    start({});
    pause_followers();
    std::list<HttpConnection> readers;
    for (int i = 0; i < kReaders; ++i) {
      readers.push_back(send(get_request(path_of("k"))));
    }
    // The server has read all that was sent before.
    for (int i = 0; i < 2; ++i) expect("200 ok", get_request("/healthz"));

    cluster_->node(leader_).ask_to_stop();

    for (HttpConnection& reader : readers) {
      CPPUNIT_ASSERT_EQUAL(std::string("503 unavailable not_executed"),
                           answer_on(reader));
    }
    CPPUNIT_ASSERT(cluster_->node(leader_).stop() == ExitStatus{});
    for (NodeId id : followers()) cluster_->node(id).resume();
    cluster_->stop();
  }

  void tearDown() override {
    http_.reset();
    cluster_.reset();
  }

 private:
  void start(const std::vector<std::string>& options,
             const std::map<NodeId, NodePlace>& places = {}) {
    cluster_ = std::make_unique<TestCluster>(
        RAFT_STAGE,
        TestClusterOptions{
            .nodes = kNodes, .server_options = options, .places = places});
    http_ = std::make_unique<HttpCluster>(*cluster_);
    cluster_->start();
    http().wait_until_ready();
    leader_ = http().leader();
  }

  HttpCluster& http() const { return *http_; }

  std::vector<NodeId> followers() const {
    std::vector<NodeId> others;
    for (NodeId id = 1; id <= kNodes; ++id) {
      if (id != leader_) others.push_back(id);
    }
    return others;
  }

  void pause_followers() const {
    for (NodeId id : followers()) cluster_->node(id).pause();
  }

  // A request to the leader that nobody has answered yet.
  HttpConnection send(const HttpRequest& request) const {
    auto connection =
        HttpConnection::connect(cluster_->client_address(leader_), patience());
    CPPUNIT_ASSERT(connection);
    CPPUNIT_ASSERT(connection->send(request, patience()));
    return std::move(*connection);
  }

  void expect(const std::string& verdict, const HttpRequest& request) const {
    CPPUNIT_ASSERT_EQUAL(verdict, verdict_of(http().ask(leader_, request)));
  }

  // Returns when each of the writers is refused, and gone, or has its entry in
  // the leader's log, behind `before`. How many those are.
  std::size_t remove_refused(std::list<HttpConnection>& writers,
                             std::uint64_t before) const {
    wait_until("an answer or an entry for each", [&] {
      writers.remove_if([](HttpConnection& writer) {
        if (writer.is_quiet()) return false;
        CPPUNIT_ASSERT_EQUAL(std::string("503 overloaded not_executed"),
                             answer_on(writer));
        return true;
      });
      const std::uint64_t last = http().number_at(leader_, "last_log_index");
      return last - before == writers.size();
    });
    return writers.size();
  }

  SlowDisk disk_;
  std::unique_ptr<TestCluster> cluster_;
  std::unique_ptr<HttpCluster> http_;
  NodeId leader_ = kNobody;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryWaitingClients);

}  // namespace
}  // namespace raft
