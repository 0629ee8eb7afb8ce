// A story that brings the log: one message to one follower gets lost, and that
// follower differs from the others for ever.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasLog = stage_number(RAFT_STAGE) >= 3;

class StoryOneLostMessage : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryOneLostMessage);
  CPPUNIT_TEST(a_follower_gets_what_it_has_missed_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A leader repeats AppendEntries until each follower has stored all entries,
  // in their order (§5.3).
  void a_follower_gets_what_it_has_missed_5_3() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 3});
    Proxy proxy(cluster.peer_address(3));
    cluster.route({.from = 1, .to = 3}, proxy.address());
    cluster.start();
    cluster.make_leader(1);

    proxy.to_server().drop("lost");
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         cluster.run_client(1, {"put", "lost", "v"}));
    proxy.to_server().wait_until_dropped();
    proxy.to_server().pass();

    // The follower is reached again, and has all the time that it may need.
    for (const std::string key : {"next", "third", "last"}) {
      CPPUNIT_ASSERT_EQUAL(printed(""),
                           cluster.run_client(1, {"put", key, "v"}));
      for (const NodeId id : {2, 3}) {
        wait_until(key + " at node " + std::to_string(id),
                   [&] { return has(cluster, id, key); });
      }
    }
    CPPUNIT_ASSERT(has(cluster, 1, "lost"));
    CPPUNIT_ASSERT(has(cluster, 2, "lost"));
    CPPUNIT_ASSERT_EQUAL(kHasLog, has(cluster, 3, "lost"));
  }

 private:
  static bool has(const TestCluster& cluster,
                  NodeId id,
                  const std::string& key) {
    return cluster.run_client(id, {"get", key}) == printed("v\n");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryOneLostMessage);

}  // namespace
}  // namespace raft
