// A story that brings the log: two writes of one key reach the followers in
// different orders, each follower keeps the one that came last, and two of them
// disagree for ever.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasLog = stage_number(RAFT_STAGE) >= 3;

class StoryTwoFollowersDisagree : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryTwoFollowersDisagree);
  CPPUNIT_TEST(all_nodes_apply_the_writes_in_one_order_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // If two logs hold an entry with the same index and term, they are the same
  // up to there: a message that comes late changes no order (§5.3, Fig. 3).
  void all_nodes_apply_the_writes_in_one_order_5_3() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 3});
    Proxy proxy(cluster.peer_address(3));
    cluster.route({.from = 1, .to = 3}, proxy.address());
    cluster.start();
    cluster.make_leader(1);

    // A is on its way to node 3 and stays there; meanwhile the leader gives
    // that call up, and B takes a connection of its own.
    proxy.to_server().hold("value A");
    ClientProgram a(
        RAFT_STAGE, cluster.client_address(1), {"put", "k", "value A"});
    proxy.to_server().wait_until_held();
    proxy.to_server().pass();
    ClientProgram b(
        RAFT_STAGE, cluster.client_address(1), {"put", "k", "value B"});
    CPPUNIT_ASSERT_EQUAL(printed(""), a.wait());
    CPPUNIT_ASSERT_EQUAL(printed(""), b.wait());
    wait_until("B at node 3", [&] { return holds(cluster, 3, "value B"); });

    proxy.to_server().release();

    // The next write shows that A has had its time; at the early stage the
    // change itself does.
    if (!kHasLog) {
      wait_until("A at node 3", [&] { return holds(cluster, 3, "value A"); });
    }
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         cluster.run_client(1, {"put", "next", "v"}));
    wait_until("the next write at node 3", [&] {
      return cluster.run_client(3, {"get", "next"}) == printed("v\n");
    });
    CPPUNIT_ASSERT(holds(cluster, 1, "value B"));
    wait_until("B at node 2", [&] { return holds(cluster, 2, "value B"); });
    CPPUNIT_ASSERT(holds(cluster, 3, kHasLog ? "value B" : "value A"));
  }

 private:
  static bool holds(const TestCluster& cluster,
                    NodeId id,
                    const std::string& value) {
    return cluster.run_client(id, {"get", "k"}) == printed(value + "\n");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryTwoFollowersDisagree);

}  // namespace
}  // namespace raft
