// [since stage3_log_repl]
// What other courses ask of a replicated log, on a cluster that is driven by
// hand: agreement with and without failures, restarts, and the number of bytes.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/hand_driven.h"

namespace raft {
namespace {

// The same entries, applied in order, everywhere.
void assert_agreement(HandDriven& cluster, NodeId nodes, std::size_t entries) {
  for (NodeId id = 1; id <= nodes; ++id) {
    CPPUNIT_ASSERT_EQUAL(entries, cluster.applied(id).size());
    CPPUNIT_ASSERT(cluster.applied(id) == cluster.applied(1));
    CPPUNIT_ASSERT(cluster.applied(id) == cluster.disk(id));
  }
}

class AgreementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AgreementTest);
  CPPUNIT_TEST(three_commands_commit_one_behind_the_other_and_none_before);
  CPPUNIT_TEST(commands_at_the_same_time_get_indexes_of_their_own);
  CPPUNIT_TEST(each_command_crosses_each_wire_about_once);
  CPPUNIT_TEST(a_follower_that_was_away_catches_up);
  CPPUNIT_TEST(without_a_majority_nothing_commits_until_it_is_back);
  CPPUNIT_TEST(a_crashed_follower_comes_back_with_its_log);
  CPPUNIT_TEST_SUITE_END();

 public:
  void three_commands_commit_one_behind_the_other_and_none_before() {
    HandDriven cluster({.logs = {{}, {}, {}, {}, {}}});
    cluster.settle_heartbeats(3);
    const Index start = cluster.leader().log().last_index();
    CPPUNIT_ASSERT_EQUAL(start, cluster.leader().commit_index());
    for (Index index = start + 1; index <= start + 3; ++index) {
      CPPUNIT_ASSERT_EQUAL(index, cluster.propose("x"));
      cluster.settle();
      CPPUNIT_ASSERT_EQUAL(index, cluster.leader().commit_index());
    }
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 5, start + 3);
  }

  void commands_at_the_same_time_get_indexes_of_their_own() {
    HandDriven cluster({});
    const Index start = cluster.leader().log().last_index();
    for (Index index = start + 1; index <= start + 5; ++index) {
      CPPUNIT_ASSERT_EQUAL(index, cluster.propose(std::to_string(index)));
    }
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 3, start + 5);
  }

  void each_command_crosses_each_wire_about_once() {
    HandDriven cluster({});
    cluster.settle();
    for (int i = 0; i < 10; ++i) {
      cluster.propose(std::string(5000, 'x'));
      cluster.settle_heartbeats(1);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2 * 10 * 5000},
                         cluster.command_bytes_sent());
  }

  void a_follower_that_was_away_catches_up() {
    HandDriven cluster({});
    const Index start = cluster.leader().log().last_index();
    cluster.settle();
    cluster.cut(3);
    for (int i = 0; i < 4; ++i) cluster.propose("x");
    cluster.settle_heartbeats(1);
    CPPUNIT_ASSERT_EQUAL(start + 4, cluster.leader().commit_index());

    cluster.heal(3);
    cluster.settle_heartbeats(2);

    assert_agreement(cluster, 3, start + 4);
  }

  void without_a_majority_nothing_commits_until_it_is_back() {
    HandDriven cluster({.logs = {{}, {}, {}, {}, {}}});
    cluster.settle_heartbeats(1);
    const Index start = cluster.leader().log().last_index();
    for (NodeId id : {3u, 4u, 5u}) cluster.cut(id);
    cluster.propose("x");
    cluster.settle_heartbeats(100);
    for (NodeId id = 1; id <= 5; ++id) {
      CPPUNIT_ASSERT_EQUAL(start, cluster.applied(id).size());
    }

    cluster.heal(3);
    cluster.settle_heartbeats(2);

    CPPUNIT_ASSERT_EQUAL(start + 1, cluster.leader().commit_index());
  }

  void a_crashed_follower_comes_back_with_its_log() {
    HandDriven cluster({});
    const Index start = cluster.leader().log().last_index();
    cluster.propose("x");
    cluster.settle_heartbeats(1);
    cluster.crash(2);
    cluster.propose("y");
    cluster.settle();

    cluster.restart(2);
    CPPUNIT_ASSERT_EQUAL(start + 1, cluster.node(2).log().last_index());
    cluster.settle_heartbeats(2);

    assert_agreement(cluster, 3, start + 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AgreementTest);

}  // namespace
}  // namespace raft
