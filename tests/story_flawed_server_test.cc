// [since stage6_election]
// The test of the test: what chaos runs are made of, clients, faults and the
// checker, against a server that has lost one rule. The faults are not left to
// luck here. A leader is cut off, the others elect one and write, and the old
// leader is asked.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "tests/chaos_client.h"
#include "tests/http_cluster.h"
#include "tests/linearizability.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

constexpr std::uint64_t kNodes = 3;

// Longer than any answer takes that comes at all.
constexpr std::int64_t kPatienceMs = 30'000;

Operation put(const std::string& value) {
  return {.kind = Kind::kPut, .key = "k", .value = value};
}

Operation get() {
  return {.kind = Kind::kGet, .key = "k"};
}

// Nodes that run `program`, and what their clients see of them.
class Play {
 public:
  explicit Play(const std::string& program)
      : cluster_(RAFT_STAGE,
                 {.nodes = kNodes,
                  .server_options = {"--enable-faults"},
                  .program = program}) {
    cluster_.start();
    http_.wait_until_ready();
  }

  // Returns what the client is told who asks the old leader while it is cut
  // off. In the end all is well again, and somebody asks there once more.
  Operation run() {
    const NodeId old_leader = http_.leader();
    run(put("old"), {old_leader}, kPatienceMs);

    const std::vector<NodeId> others = http_.others(old_leader);
    http_.cut_off(old_leader, others);
    http_.leader_besides(old_leader);
    run(put("new"), others, kPatienceMs);
    const Operation read = run(get(), {old_leader}, kOnce);

    http_.heal(old_leader);
    run(get(), {old_leader}, kPatienceMs);
    return read;
  }

  Verdict verdict() const { return check_linearizable(history_.operations()); }

 private:
  static constexpr std::int64_t kOnce = 0;  // no time for a second try

  Operation run(const Operation& operation,
                const std::vector<NodeId>& nodes,
                std::int64_t give_up_ms) {
    ChaosClientOptions options{.number = ++clients_,
                               .session = "c" + std::to_string(clients_),
                               .try_timeout_ms = kPatienceMs,
                               .give_up_ms = give_up_ms};
    for (NodeId id : nodes) {
      options.servers.push_back(cluster_.client_address(id));
    }
    return ChaosClient(options, history_).run(operation);
  }

  TestCluster cluster_;
  HttpCluster http_{cluster_};
  History history_;
  std::uint64_t clients_ = 0;
};

class StoryFlawedServer : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryFlawedServer);
  CPPUNIT_TEST(K_23_a_leader_that_asks_nobody_is_found_out);
  CPPUNIT_TEST(K_23_a_leader_that_asks_a_majority_is_not);
  CPPUNIT_TEST_SUITE_END();

 public:
  // It takes itself for the leader still, and says so to whoever reads (§8).
  void K_23_a_leader_that_asks_nobody_is_found_out() {
    Play play("mutant_read_without_a_round_server");

    const Operation read = play.run();

    const Verdict verdict = play.verdict();
    CPPUNIT_ASSERT_EQUAL(std::string("old"), read.result.value_or("nothing"));
    CPPUNIT_ASSERT_MESSAGE(verdict.explanation,
                           verdict.kind == Verdict::Kind::kNotLinearizable);
  }

  // It has no answer while it is cut off, and nothing else is different.
  void K_23_a_leader_that_asks_a_majority_is_not() {
    Play play("server");

    const Operation read = play.run();

    const Verdict verdict = play.verdict();
    CPPUNIT_ASSERT(read.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_MESSAGE(verdict.explanation, verdict.is_linearizable());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryFlawedServer);

}  // namespace
}  // namespace raft
