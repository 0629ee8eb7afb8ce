// A story that brings the log: the leader crashes and comes back, and has
// forgotten what it said was done.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasLog = stage_number(RAFT_STAGE) >= 3;

class StoryAnAcknowledgedPutIsLost : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryAnAcknowledgedPutIsLost);
  CPPUNIT_TEST(a_leader_comes_back_with_what_it_has_acknowledged_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A committed entry is durable: the leader that acknowledged it has it again
  // after a crash (§5.3).
  void a_leader_comes_back_with_what_it_has_acknowledged_5_3() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 3});
    cluster.start();
    const NodeId leader = cluster.fixed_leader();
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         cluster.run_client(leader, {"put", "k", "v"}));
    CPPUNIT_ASSERT_EQUAL(printed("v\n"),
                         cluster.run_client(leader, {"get", "k"}));

    cluster.node(leader).restart();

    if (kHasLog) {
      wait_until("the value at the leader", [&] {
        return cluster.run_client(leader, {"get", "k"}) == printed("v\n");
      });
      return;
    }
    // The others still have it, and nothing brings it back: a later write
    // reaches all nodes, and the leader goes on without the first.
    wait_until("the value at a follower", [&] {
      return cluster.run_client(2, {"get", "k"}) == printed("v\n");
    });
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         cluster.run_client(leader, {"put", "next", "v"}));
    CPPUNIT_ASSERT_EQUAL(failed(kExitNotFoundOrMismatch),
                         cluster.run_client(leader, {"get", "k"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryAnAcknowledgedPutIsLost);

}  // namespace
}  // namespace raft
