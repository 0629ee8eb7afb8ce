// The story that brings replication: the only server dies, and with it all that
// it was told.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kIsReplicated = stage_number(RAFT_STAGE) >= 2;
const bool kHasLog = stage_number(RAFT_STAGE) >= 3;

class StoryTheOnlyServerDies : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryTheOnlyServerDies);
  CPPUNIT_TEST(what_was_acknowledged_survives_any_one_server_2);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A replicated state machine goes on while one of its servers is down (§2):
  // what was acknowledged can be read from one of the others.
  void what_was_acknowledged_survives_any_one_server_2() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 5});
    cluster.start();
    for (NodeId dead = 1; dead <= cluster.nodes(); ++dead) {
      const std::string value = "before " + std::to_string(dead);
      CPPUNIT_ASSERT_EQUAL(
          printed(""),
          cluster.run_client(cluster.fixed_leader(), {"put", "k", value}));
      // By a log, others learn with the next message that a write is committed.
      if (kHasLog) {
        wait_until("the value on another node",
                   [&] { return is_read_elsewhere(cluster, dead, value); });
      }

      cluster.node(dead).kill();

      if (kIsReplicated) {
        wait_until("the value on another node",
                   [&] { return is_read_elsewhere(cluster, dead, value); });
      }
      cluster.node(dead).start();
      if (!kIsReplicated) {
        CPPUNIT_ASSERT_EQUAL(failed(kExitNotFoundOrMismatch),
                             cluster.run_client(dead, {"get", "k"}));
      }
    }
  }

 private:
  static bool is_read_elsewhere(const TestCluster& cluster,
                                NodeId dead,
                                const std::string& value) {
    for (NodeId id = 1; id <= cluster.nodes(); ++id) {
      if (id == dead) continue;
      if (cluster.run_client(id, {"get", "k"}) == printed(value + "\n")) {
        return true;
      }
    }
    return false;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryTheOnlyServerDies);

}  // namespace
}  // namespace raft
