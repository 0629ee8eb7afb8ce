// [since stage3_log_repl]
// A story that brings the client of the whole cluster: whoever knows one server
// only fails when that is dead or not the leader, with all the others at work.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const int kStage = stage_number(RAFT_STAGE);
const bool kKnowsAllServers = kStage >= 4;

constexpr NodeId kNodes = 3;

// At random, three servers of which one is dead: so many requests miss it less
// than once in 3,000 runs.
constexpr int kEnough = 20;

class StoryWrongOrDeadServer : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryWrongOrDeadServer);
  CPPUNIT_TEST(a_write_finds_the_leader_from_any_server_8);
  CPPUNIT_TEST(a_read_is_answered_while_any_one_server_is_dead_8);
  CPPUNIT_TEST(a_write_is_answered_while_a_follower_is_dead_8);
  CPPUNIT_TEST(a_silent_server_costs_time_and_no_answer_8);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A server that is not the leader tells the client where that is (§8).
  void a_write_finds_the_leader_from_any_server_8() {
    start();
    for (NodeId id = 1; id <= kNodes; ++id) {
      const bool is_fixed_leader = kStage < 6 && id == cluster_.fixed_leader();
      const ClientResult put = cluster_.run_client(id, {"put", "k", "w"});
      if (kKnowsAllServers || is_fixed_leader) {
        CPPUNIT_ASSERT_EQUAL(printed(""), put);
      } else {
        CPPUNIT_ASSERT_EQUAL(failed(kExitNotExecuted), put);
        CPPUNIT_ASSERT(put.error.find("send writes to the leader at " +
                                      cluster_.client_address(1)) !=
                       std::string::npos);
      }
    }
  }

  // If a server crashes, clients try another one (§8).
  void a_read_is_answered_while_any_one_server_is_dead_8() {
    start();
    for (NodeId dead = 1; dead <= kNodes; ++dead) {
      cluster_.node(dead).kill();
      if (!kKnowsAllServers) {
        CPPUNIT_ASSERT_EQUAL(
            failed(kExitNotExecuted),
            cluster_.run_client(dead, {"get", "k", "--timeout-ms", "200"}));
      } else {
        for (int i = 0; i < kEnough; ++i) {
          CPPUNIT_ASSERT_EQUAL(printed("v\n"), ask_all({"get", "k"}));
        }
      }
      cluster_.node(dead).start();
      // It does not know at once again what is committed.
      await_value_at(dead);
    }
  }

  // The same for writes; the leader is one of the others.
  void a_write_is_answered_while_a_follower_is_dead_8() {
    start();
    cluster_.node(2).kill();
    if (!kKnowsAllServers) {
      CPPUNIT_ASSERT_EQUAL(
          failed(kExitNotExecuted),
          cluster_.run_client(2, {"put", "k", "w", "--timeout-ms", "200"}));
      return;
    }
    for (int i = 0; i < kEnough; ++i) {
      const std::string value = std::to_string(i);
      CPPUNIT_ASSERT_EQUAL(printed(""), ask_all({"put", "k", value}));
    }
  }

  // One that is stopped takes connections and never answers.
  void a_silent_server_costs_time_and_no_answer_8() {
    start();
    cluster_.node(2).pause();
    const std::vector<std::string> put = {
        "put", "k", "w", "--timeout-ms", "3000"};
    if (!kKnowsAllServers) {
      CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown), cluster_.run_client(2, put));
      return;
    }
    for (int i = 0; i < 4; ++i) {
      CPPUNIT_ASSERT_EQUAL(printed(""), ask_all(put));
    }
  }

 private:
  // All nodes hold the value of "k".
  void start() {
    cluster_.start();
    CPPUNIT_ASSERT_EQUAL(
        printed(""),
        cluster_.run_client(cluster_.fixed_leader(), {"put", "k", "v"}));
    for (NodeId id = 1; id <= kNodes; ++id) await_value_at(id);
  }

  void await_value_at(NodeId id) const {
    wait_until("the value at node " + std::to_string(id), [&] {
      return cluster_.run_client(id, {"get", "k"}) == printed("v\n");
    });
  }

  ClientResult ask_all(const std::vector<std::string>& words) const {
    return run_client(RAFT_STAGE, cluster_.client_addresses(), words);
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = kNodes}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryWrongOrDeadServer);

}  // namespace
}  // namespace raft
