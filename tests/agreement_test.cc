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
  CPPUNIT_TEST(three_commands_commit_at_1_to_3_and_none_before);
  CPPUNIT_TEST(commands_at_the_same_time_get_indexes_of_their_own);
  CPPUNIT_TEST(each_command_crosses_each_wire_about_once);
  CPPUNIT_TEST(a_follower_that_was_away_catches_up);
  CPPUNIT_TEST(without_a_majority_nothing_commits_until_it_is_back);
  CPPUNIT_TEST(a_crashed_follower_comes_back_with_its_log);
  CPPUNIT_TEST(a_crashed_leader_comes_back_and_loses_nothing);
  CPPUNIT_TEST(a_leader_that_crashed_before_it_sent_sends_afterwards);
  CPPUNIT_TEST(all_crash_and_all_is_there);
  CPPUNIT_TEST(without_the_leader_nobody_writes);
  CPPUNIT_TEST(a_fixed_leaders_followers_hold_a_prefix_of_its_log_fig_7);
  CPPUNIT_TEST_SUITE_END();

 public:
  void three_commands_commit_at_1_to_3_and_none_before() {
    HandDriven cluster({.logs = {{}, {}, {}, {}, {}}});
    cluster.settle_heartbeats(3);
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.leader().commit_index());
    for (Index index = 1; index <= 3; ++index) {
      CPPUNIT_ASSERT_EQUAL(index, cluster.propose("x"));
      cluster.settle();
      CPPUNIT_ASSERT_EQUAL(index, cluster.leader().commit_index());
    }
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 5, 3);
  }

  void commands_at_the_same_time_get_indexes_of_their_own() {
    HandDriven cluster({});
    for (Index index = 1; index <= 5; ++index) {
      CPPUNIT_ASSERT_EQUAL(index, cluster.propose(std::to_string(index)));
    }
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 3, 5);
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
    cluster.settle();
    cluster.cut(3);
    for (int i = 0; i < 4; ++i) cluster.propose("x");
    cluster.settle_heartbeats(1);
    CPPUNIT_ASSERT_EQUAL(Index{4}, cluster.leader().commit_index());

    cluster.heal(3);
    cluster.settle_heartbeats(2);

    assert_agreement(cluster, 3, 4);
  }

  void without_a_majority_nothing_commits_until_it_is_back() {
    HandDriven cluster({.logs = {{}, {}, {}, {}, {}}});
    cluster.settle();
    for (NodeId id : {3u, 4u, 5u}) cluster.cut(id);
    cluster.propose("x");
    cluster.settle_heartbeats(100);
    for (NodeId id = 1; id <= 5; ++id) {
      CPPUNIT_ASSERT(cluster.applied(id).empty());
    }

    cluster.heal(3);
    cluster.settle_heartbeats(2);

    CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.leader().commit_index());
  }

  void a_crashed_follower_comes_back_with_its_log() {
    HandDriven cluster({});
    cluster.propose("x");
    cluster.settle_heartbeats(1);
    cluster.crash(2);
    cluster.propose("y");
    cluster.settle();

    cluster.restart(2);
    CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.node(2).log().last_index());
    cluster.settle_heartbeats(2);

    assert_agreement(cluster, 3, 2);
  }

  void a_crashed_leader_comes_back_and_loses_nothing() {
    HandDriven cluster({});
    cluster.propose("x");
    cluster.settle();
    cluster.crash(1);
    cluster.restart(1);
    cluster.propose("y");
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 3, 2);
  }

  void a_leader_that_crashed_before_it_sent_sends_afterwards() {
    HandDriven cluster({});
    cluster.settle();
    cluster.propose("x");
    cluster.drop_all();
    cluster.crash(1);
    cluster.restart(1);
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 3, 1);
  }

  void all_crash_and_all_is_there() {
    HandDriven cluster({});
    for (int i = 0; i < 5; ++i) cluster.propose(std::to_string(i));
    cluster.settle();
    for (NodeId id = 1; id <= 3; ++id) cluster.crash(id);
    for (NodeId id = 1; id <= 3; ++id) cluster.restart(id);
    cluster.settle_heartbeats(1);
    assert_agreement(cluster, 3, 5);
  }

  void without_the_leader_nobody_writes() {
    HandDriven cluster({});
    cluster.settle();
    cluster.crash(1);
    for (NodeId id : {2u, 3u}) {
      for (int i = 0; i < 1000; ++i) cluster.node(id).tick();
      CPPUNIT_ASSERT(!cluster.node(id).propose("x"));
      CPPUNIT_ASSERT(cluster.node(id).take_output().empty());
    }
  }

  // Why Figure 7's (c) to (f) can't come about here: entries have one source,
  // and it persists before it sends.
  void a_fixed_leaders_followers_hold_a_prefix_of_its_log_fig_7() {
    HandDriven cluster({});
    for (int round = 0; round < 20; ++round) {
      cluster.propose(std::to_string(round));
      if (round % 3 == 0) cluster.drop_all();
      if (round % 5 == 0) {
        cluster.crash(1);
        cluster.restart(1);
      }
      if (round % 2 == 0) cluster.settle();
      for (NodeId id : {2u, 3u}) {
        auto prefix = cluster.disk(1);
        CPPUNIT_ASSERT(cluster.disk(id).size() <= prefix.size());
        prefix.resize(cluster.disk(id).size());
        CPPUNIT_ASSERT(cluster.disk(id) == prefix);
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AgreementTest);

}  // namespace
}  // namespace raft
