// [since stage5_rpc]
// The story that brings elections: the leader is killed, the others have all
// that was acknowledged, and nobody may write any more.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/json.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasElections = stage_number(RAFT_STAGE) >= 6;

constexpr NodeId kNodes = 5;

class StoryTheLeaderDies : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryTheLeaderDies);
  CPPUNIT_TEST(the_others_go_on_without_a_leader_that_died_5_2);
  CPPUNIT_TEST(without_a_majority_nothing_is_written_and_nothing_lost_5_2);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A follower that hears from no leader stands for election (§5.2). What was
  // acknowledged is there under each next leader (§5.4).
  void the_others_go_on_without_a_leader_that_died_5_2() {
    cluster_.start();
    CPPUNIT_ASSERT_EQUAL(printed(""), ask({"put", "k", "0"}));
    for (const std::string value : {"1", "2"}) {
      cluster_.node(leader()).kill();
      const ClientResult put = ask({"put", "k", value});
      if (!kHasElections) {
        CPPUNIT_ASSERT_EQUAL(failed(kExitNotExecuted), put);
        return;
      }
      CPPUNIT_ASSERT_EQUAL(printed(""), put);
      CPPUNIT_ASSERT_EQUAL(printed(value + "\n"), ask({"get", "k"}));
    }
  }

  // Two of five elect nobody; the third that comes back brings its log.
  void without_a_majority_nothing_is_written_and_nothing_lost_5_2() {
    cluster_.start();
    CPPUNIT_ASSERT_EQUAL(printed(""), ask({"put", "k", "v"}));
    for (NodeId id : {1, 2, 3}) cluster_.node(id).kill();
    const ClientResult put = ask({"put", "k", "w", "--timeout-ms", "1000"});
    CPPUNIT_ASSERT(put.status == kExitNotExecuted ||
                   put.status == kExitUnknown);

    cluster_.node(1).start();
    wait_until("a read", [&] {
      const ClientResult got = ask({"get", "k"});
      return got == printed("v\n") || got == printed("w\n");
    });
    CPPUNIT_ASSERT_EQUAL(printed(""), ask({"put", "k", "x"}));
    wait_until("the last write", [&] {
      return ask({"get", "k"}) == printed("x\n");
    });
  }

 private:
  // Whom one of the nodes that run takes for the leader.
  NodeId leader() const {
    if (!kHasElections) return cluster_.fixed_leader();
    NodeId found = kNobody;
    wait_until("a leader", [&] {
      const ClientResult status = ask({"status"});
      const auto json = JsonObject::parse(status.output);
      if (status.status != kExitDone || !json) return false;
      found = json->number("leader").value_or(kNobody);
      return found != kNobody;
    });
    return found;
  }

  ClientResult ask(const std::vector<std::string>& words) const {
    return run_client(RAFT_STAGE, cluster_.client_addresses(), words);
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = kNodes}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryTheLeaderDies);

}  // namespace
}  // namespace raft
