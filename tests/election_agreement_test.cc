// [since stage6_election]
// What other courses ask of a cluster that elects its leaders: leaders lost and
// back, partitions, restarts of all kinds, logs that have parted ways, and the
// number of messages. Each runs on a cluster that is driven by hand.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

using Logs = std::vector<std::vector<Term>>;

// Time passes for all that run, and all messages arrive, until somebody leads
// a term that is later than `after`.
NodeId next_leader(Elections& cluster, Term after = 0) {
  for (int ticks = 0; ticks < 20 * kElectionTicksMax; ++ticks) {
    for (NodeId id = 1; id <= cluster.size(); ++id) {
      if (cluster.is_running(id)) cluster.tick(id);
    }
    cluster.settle();
    for (NodeId id : cluster.leaders()) {
      if (cluster.term(id) > after && cluster.node(id).hears_from_majority()) {
        return id;
      }
    }
  }
  return kNobody;
}

void assert_same(Elections& cluster, const std::string& commands) {
  for (NodeId id = 1; id <= cluster.size(); ++id) {
    CPPUNIT_ASSERT_EQUAL(commands, commands_in(cluster.applied(id)));
    CPPUNIT_ASSERT(cluster.disk(id) == cluster.disk(1));
  }
}

std::size_t all_sent(Elections& cluster) {
  std::size_t count = 0;
  for (NodeId from = 1; from <= cluster.size(); ++from) {
    for (NodeId to = 1; to <= cluster.size(); ++to) {
      count += cluster.sent(from, to);
    }
  }
  return count;
}

class ElectionAgreementTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionAgreementTest);
  CPPUNIT_TEST(one_leader_comes_and_stays);
  CPPUNIT_TEST(a_lost_leader_is_replaced_and_comes_back_as_a_follower);
  CPPUNIT_TEST(without_a_majority_nobody_leads_until_it_is_back);
  CPPUNIT_TEST(with_all_cut_off_nobody_leads_until_they_are_back);
  CPPUNIT_TEST(many_elections_never_end_with_two_leaders);
  CPPUNIT_TEST(a_partitioned_leaders_entries_are_overwritten);
  CPPUNIT_TEST(long_logs_that_have_parted_are_repaired_in_few_messages);
  CPPUNIT_TEST(an_election_and_a_command_cost_few_messages);
  CPPUNIT_TEST(a_first_election_costs_few_messages);
  CPPUNIT_TEST(an_idle_second_costs_a_request_and_a_result_a_heartbeat);
  CPPUNIT_TEST(a_crashed_leader_comes_back_and_loses_nothing);
  CPPUNIT_TEST(a_leader_that_restarts_goes_on_with_one_that_was_cut_off);
  CPPUNIT_TEST(all_crash_and_all_is_there);
  CPPUNIT_TEST(each_node_crashes_in_turn_while_there_are_writes);
  CPPUNIT_TEST(a_restarted_node_keeps_term_and_vote);
  CPPUNIT_TEST(what_was_submitted_before_a_crash_commits_with_the_next_term);
  CPPUNIT_TEST(a_leader_restarts_and_applies_nothing_before_it_is_confirmed);
  CPPUNIT_TEST_SUITE_END();

 public:
  void one_leader_comes_and_stays() {
    Elections cluster({.term = 0});
    const NodeId leader = next_leader(cluster);
    const Term term = cluster.term(leader);
    for (int i = 0; i < 1000; ++i) {
      for (NodeId id = 1; id <= 3; ++id) cluster.tick(id);
      cluster.settle();
    }
    CPPUNIT_ASSERT(cluster.leaders() == std::set<NodeId>{leader});
    for (NodeId id = 1; id <= 3; ++id) {
      CPPUNIT_ASSERT_EQUAL(term, cluster.term(id));
      CPPUNIT_ASSERT_EQUAL(leader, cluster.node(id).leader());
    }
  }

  void a_lost_leader_is_replaced_and_comes_back_as_a_follower() {
    Elections cluster({.term = 0});
    const NodeId first = next_leader(cluster);
    cluster.cut(first);
    const NodeId second = next_leader(cluster, cluster.term(first));
    CPPUNIT_ASSERT(second != kNobody && second != first);

    cluster.heal(first);
    cluster.settle_heartbeats(1, second);

    CPPUNIT_ASSERT(cluster.leaders() == std::set<NodeId>{second});
  }

  void without_a_majority_nobody_leads_until_it_is_back() {
    Elections cluster({.term = 0});
    const NodeId first = next_leader(cluster);
    const Term term = cluster.term(first);
    const NodeId other = 1 + first % 3;
    cluster.cut(first);
    cluster.cut(other);
    CPPUNIT_ASSERT_EQUAL(kNobody, next_leader(cluster, term));

    cluster.heal(other);
    CPPUNIT_ASSERT(next_leader(cluster, term) != kNobody);
  }

  void with_all_cut_off_nobody_leads_until_they_are_back() {
    Elections cluster({.term = 0});
    for (NodeId id = 1; id <= 3; ++id) cluster.cut(id);
    CPPUNIT_ASSERT_EQUAL(kNobody, next_leader(cluster));

    for (NodeId id = 1; id <= 3; ++id) cluster.heal(id);

    CPPUNIT_ASSERT(next_leader(cluster) != kNobody);
  }

  void many_elections_never_end_with_two_leaders() {
    Elections cluster({.term = 0, .logs = Logs(7)});
    next_leader(cluster);
    for (NodeId round = 0; round < 10; ++round) {
      for (NodeId i = 0; i < 3; ++i) cluster.cut(1 + (round * 2 + i * 3) % 7);
      next_leader(cluster);
      std::set<Term> led;
      for (NodeId id : cluster.leaders()) {
        CPPUNIT_ASSERT(led.insert(cluster.term(id)).second);
      }
      for (NodeId id = 1; id <= 7; ++id) cluster.heal(id);
    }
    cluster.settle_heartbeats(1, next_leader(cluster));
    const NodeId last = next_leader(cluster);
    cluster.settle_heartbeats(3, last);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, cluster.leaders().size());
  }

  void a_partitioned_leaders_entries_are_overwritten() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "a");
    cluster.settle_heartbeats(1, 1);
    cluster.cut(1);
    for (const char* lost : {"b", "c", "d"}) cluster.propose_at(1, lost);
    cluster.elect_and_settle(2, {3});
    cluster.propose_at(2, "e");
    cluster.settle_heartbeats(1, 2);

    cluster.heal(1);
    cluster.settle_heartbeats(3, 2);

    assert_same(cluster, "a e");
  }

  // Fifty entries that only one side has, then fifty that only the other has.
  void long_logs_that_have_parted_are_repaired_in_few_messages() {
    Elections cluster({.term = 1, .logs = Logs(5)});
    cluster.elect_and_settle(1, {2, 3, 4, 5});
    for (NodeId id : {3u, 4u, 5u}) cluster.cut(id);
    for (int i = 0; i < 50; ++i) cluster.propose_at(1, "lost");
    cluster.settle_heartbeats(1, 1);
    for (NodeId id : {3u, 4u, 5u}) cluster.heal(id);
    cluster.cut(1);
    cluster.cut(2);
    cluster.elect_and_settle(3, {4, 5});
    for (int i = 0; i < 50; ++i) cluster.propose_at(3, "kept");
    cluster.settle_heartbeats(2, 3);

    cluster.heal(1);
    cluster.heal(2);
    const std::size_t before = cluster.sent(3, 2);
    cluster.settle_heartbeats(2, 3);

    CPPUNIT_ASSERT(cluster.disk(2) == cluster.disk(3));
    CPPUNIT_ASSERT(cluster.disk(1) == cluster.disk(3));
    CPPUNIT_ASSERT(cluster.sent(3, 2) - before <= 5);
  }

  void an_election_and_a_command_cost_few_messages() {
    Elections cluster({.term = 1});
    cluster.campaign(1);
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, cluster.sent(1, 2));  // vote, entry
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, cluster.sent(2, 1));

    cluster.propose_at(1, "x");
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, cluster.sent(1, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, cluster.sent(2, 3));
  }

  // Nobody leads at first, and whoever times out may not be alone in that.
  void a_first_election_costs_few_messages() {
    for (std::uint64_t seed = 1; seed <= 100; ++seed) {
      Elections cluster({.term = 0, .seed = seed});
      CPPUNIT_ASSERT(next_leader(cluster) != kNobody);
      CPPUNIT_ASSERT(all_sent(cluster) <= 30);
    }
  }

  void an_idle_second_costs_a_request_and_a_result_a_heartbeat() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.settle_heartbeats(2, 1);
    const std::size_t before = all_sent(cluster);

    constexpr int kTicks = 100;  // of 10 ms
    for (int i = 0; i < kTicks; ++i) {
      for (NodeId id = 1; id <= 3; ++id) cluster.tick(id);
      cluster.settle();
    }

    constexpr std::size_t kFollowers = 2;
    CPPUNIT_ASSERT_EQUAL(kFollowers * 2 * (kTicks / kHeartbeatTicks),
                         all_sent(cluster) - before);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, cluster.command_bytes_sent());
  }

  void a_crashed_leader_comes_back_and_loses_nothing() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "x");
    cluster.settle();
    cluster.crash(1);
    cluster.restart(1);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);

    const NodeId leader = next_leader(cluster, 2);
    cluster.propose_at(leader, "y");
    cluster.settle_heartbeats(2, leader);

    assert_same(cluster, "x y");
  }

  // It must win, for the other lacks what was acknowledged.
  void a_leader_that_restarts_goes_on_with_one_that_was_cut_off() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "a");
    cluster.settle_heartbeats(1, 1);
    cluster.cut(3);
    cluster.propose_at(1, "b");
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("a b"), commands_in(cluster.applied(1)));
    cluster.crash(1);
    cluster.crash(2);
    cluster.heal(3);
    cluster.restart(1);

    CPPUNIT_ASSERT_EQUAL(NodeId{1}, next_leader(cluster, 2));
    cluster.propose_at(1, "c");
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("a b c"), commands_in(cluster.applied(1)));
    cluster.restart(2);
    cluster.propose_at(1, "d");
    cluster.settle_heartbeats(3, 1);

    assert_same(cluster, "a b c d");
  }

  void all_crash_and_all_is_there() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    for (const char* each : {"a", "b", "c"}) cluster.propose_at(1, each);
    cluster.settle();
    for (NodeId id = 1; id <= 3; ++id) cluster.crash(id);
    for (NodeId id = 1; id <= 3; ++id) cluster.restart(id);

    const NodeId leader = next_leader(cluster, 2);
    cluster.settle_heartbeats(2, leader);

    assert_same(cluster, "a b c");
  }

  void each_node_crashes_in_turn_while_there_are_writes() {
    Elections cluster({.term = 1, .logs = Logs(5)});
    std::string expected;
    Term term = 1;
    for (int round = 0; round < 10; ++round) {
      const NodeId leader = next_leader(cluster, term);
      term = cluster.term(leader);
      const std::string command = "r" + std::to_string(round);
      expected += (round == 0 ? "" : " ") + command;
      cluster.propose_at(leader, command);
      cluster.settle_heartbeats(2, leader);
      CPPUNIT_ASSERT_EQUAL(expected, commands_in(cluster.applied(leader)));
      cluster.crash(leader);
      if (round > 0) cluster.restart(1 + (leader + 1) % 5);
      cluster.restart(leader);
    }
    cluster.settle_heartbeats(3, next_leader(cluster, term));
    assert_same(cluster, expected);
  }

  void a_restarted_node_keeps_term_and_vote() {
    Elections cluster({.term = 1});
    cluster.elect(1, {2});
    cluster.drop_all();
    cluster.deliver(
        {.from = 1, .to = 3, .message = RequestVoteResult{.term = 9}});
    for (NodeId id = 1; id <= 3; ++id) {
      cluster.crash(id);
      cluster.restart(id);
    }
    CPPUNIT_ASSERT(cluster.stored(1) == (HardState{2, 1}));
    CPPUNIT_ASSERT(cluster.stored(2) == (HardState{2, 1}));
    CPPUNIT_ASSERT(cluster.stored(3) == (HardState{9, kNobody}));
    CPPUNIT_ASSERT_EQUAL(Term{9}, cluster.term(3));
  }

  void what_was_submitted_before_a_crash_commits_with_the_next_term() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "x");
    cluster.call(1, 2);
    cluster.drop_all();
    cluster.crash(1);
    CPPUNIT_ASSERT_EQUAL(std::string(), commands_in(cluster.applied(2)));

    cluster.elect_and_settle(2, {3});
    cluster.restart(1);
    cluster.settle_heartbeats(3, 2);

    assert_same(cluster, "x");
  }

  void a_leader_restarts_and_applies_nothing_before_it_is_confirmed() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "x");
    cluster.settle_heartbeats(1, 1);
    cluster.crash(1);
    cluster.restart(1);
    cluster.campaign(1);
    cluster.drop_all();
    CPPUNIT_ASSERT(cluster.applied(1).empty());
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.node(1).commit_index());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionAgreementTest);

}  // namespace
}  // namespace raft
