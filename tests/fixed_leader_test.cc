// [since stage3_log_repl]
// What holds only where the leader is fixed: it leads as soon as it runs, its
// followers hold a prefix of its log, and while it is away nobody writes.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/follower.h"
#include "tests/hand_driven.h"
#include "tests/leader.h"

namespace raft {
namespace {

RaftNode leader_of(std::vector<Term> terms, NodeId nodes = 3) {
  return node_of(
      {.nodes = nodes, .term = kTerm, .log = log_of(std::move(terms))});
}

// The same entries, applied in order, everywhere.
void assert_agreement(HandDriven& cluster, NodeId nodes, std::size_t entries) {
  for (NodeId id = 1; id <= nodes; ++id) {
    CPPUNIT_ASSERT_EQUAL(entries, cluster.applied(id).size());
    CPPUNIT_ASSERT(cluster.applied(id) == cluster.applied(1));
    CPPUNIT_ASSERT(cluster.applied(id) == cluster.disk(id));
  }
}

class FixedLeaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FixedLeaderTest);
  CPPUNIT_TEST(next_index_starts_behind_the_leaders_last_fig_2);
  CPPUNIT_TEST(a_heartbeat_goes_to_each_follower_at_once_5_2);
  CPPUNIT_TEST(a_command_is_stored_before_it_is_sent_5_3);
  CPPUNIT_TEST(a_leader_alone_commits_once_its_copy_is_durable_5_3);
  CPPUNIT_TEST(another_leader_of_the_term_is_refused_fig_3_election_safety);
  CPPUNIT_TEST(a_restarted_follower_applies_nothing_unasked_fig_2);
  CPPUNIT_TEST(L_02_old_entries_commit_with_the_first_of_this_term);
  CPPUNIT_TEST(L_10_a_restarted_leader_forgets_what_matched);
  CPPUNIT_TEST(a_crashed_leader_comes_back_and_loses_nothing);
  CPPUNIT_TEST(a_leader_that_crashed_before_it_sent_sends_afterwards);
  CPPUNIT_TEST(all_crash_and_all_is_there);
  CPPUNIT_TEST(without_the_leader_nobody_writes);
  CPPUNIT_TEST(a_fixed_leaders_followers_hold_a_prefix_of_its_log_fig_7);
  CPPUNIT_TEST_SUITE_END();

 public:
  void next_index_starts_behind_the_leaders_last_fig_2() {
    RaftNode leader = leader_of({1, 1, 4});
    const AppendEntries first = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{3}, first.prev_log_index);
    CPPUNIT_ASSERT(first.entries.empty());
  }

  void a_heartbeat_goes_to_each_follower_at_once_5_2() {
    RaftNode leader = leader_of({1}, 5);
    const Output output = leader.take_output();
    for (NodeId peer = 2; peer <= 5; ++peer) {
      CPPUNIT_ASSERT(only(output, peer) == (AppendEntries{.term = kTerm,
                                                          .leader_id = kLeader,
                                                          .prev_log_index = 1,
                                                          .prev_log_term = 1}));
    }
  }

  // An Output's entries are persisted before its messages leave. A leader that
  // sent first, crashed, and came back shorter would use the index again.
  void a_command_is_stored_before_it_is_sent_5_3() {
    RaftNode leader = leader_of({});
    leader.take_output();
    success(leader, 2, 0);
    const auto index = leader.propose("x");

    const Output output = leader.take_output();

    CPPUNIT_ASSERT(index == Index{1});
    const std::vector<Entry> entries = {{kTerm, 1, "x"}};
    CPPUNIT_ASSERT(output.entries == entries);
    CPPUNIT_ASSERT(only(output, 2).entries == entries);
  }

  void a_leader_alone_commits_once_its_copy_is_durable_5_3() {
    RaftNode leader = leader_of({}, 1);
    leader.propose("x");
    const Output storing = leader.take_output();
    const Output stored = leader.take_output();
    CPPUNIT_ASSERT(storing.committed.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, stored.committed.size());
  }

  void another_leader_of_the_term_is_refused_fig_3_election_safety() {
    RaftNode node = follower_of({1, 1});
    AppendEntries args = append(2, 1, {kTerm}, 3);
    args.leader_id = 3;

    CPPUNIT_ASSERT(!step(node, args).result.success);
    CPPUNIT_ASSERT_EQUAL(std::string("1 1"), terms_in(node.log()));
  }

  void a_restarted_follower_applies_nothing_unasked_fig_2() {
    RaftNode node = follower_of({1, 1, 2});
    for (int i = 0; i < 100; ++i) node.tick();
    CPPUNIT_ASSERT(node.take_output().empty());
    CPPUNIT_ASSERT_EQUAL(Index{0}, node.commit_index());
    CPPUNIT_ASSERT_EQUAL(Index{0}, node.last_applied());
  }

  // Replicas of an older term's entry are never counted (§5.4.2), here without
  // end; they commit below an entry of the present term, in order, once.
  void L_02_old_entries_commit_with_the_first_of_this_term() {
    HandDriven cluster({.term = 3, .logs = {{1, 2}, {1, 2}, {1, 2}}});
    cluster.settle_heartbeats(10);
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.leader().commit_index());

    cluster.propose("x");
    cluster.settle_heartbeats(1);

    for (NodeId id = 1; id <= 3; ++id) {
      CPPUNIT_ASSERT_EQUAL(std::string("1 2 3"), terms_in(cluster.applied(id)));
    }
  }

  // The reset that an election brings, a restart brings too (Fig. 2).
  void L_10_a_restarted_leader_forgets_what_matched() {
    HandDriven cluster({.logs = {{1, 1}, {1, 1}, {1, 1}}});
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.leader().commit_index());

    cluster.crash(1);
    cluster.restart(1);

    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.leader().commit_index());
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.leader().commit_index());
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

CPPUNIT_TEST_SUITE_REGISTRATION(FixedLeaderTest);

}  // namespace
}  // namespace raft
