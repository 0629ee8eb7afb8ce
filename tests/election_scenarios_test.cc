// [since stage6_election]
// Ways in which elections go wrong elsewhere, as scripts for a cluster.
//
// Not here: E-14 to E-25 and E-28 need PreVote, CheckQuorum, stickiness,
// leadership transfer or membership changes; E-34 is about clocks, and a node
// knows only ticks. E-04 to E-08 and E-12 are in election_paper_test.cc, E-26
// to E-33 in election_terms_test.cc, and E-32 in beside_disk_test.cc.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

using Logs = std::vector<std::vector<Term>>;

RequestVoteResult vote_in(const Envelope& envelope) {
  return std::get<RequestVoteResult>(envelope.message);
}

Envelope request_of(NodeId candidate_id, NodeId to, Term term, Index last = 9) {
  return {.from = candidate_id,
          .to = to,
          .message = RequestVote{.term = term,
                                 .candidate_id = candidate_id,
                                 .last_log_index = last,
                                 .last_log_term = last == 0 ? 0 : term - 1}};
}

class ElectionScenariosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionScenariosTest);
  CPPUNIT_TEST(E_01_no_vote_leaves_before_it_is_durable);
  CPPUNIT_TEST(E_01_a_vote_survives_a_crash);
  CPPUNIT_TEST(E_01_a_vote_for_oneself_is_durable_before_it_counts);
  CPPUNIT_TEST(E_02_a_new_term_is_durable_before_a_refusal_leaves);
  CPPUNIT_TEST(E_08_a_candidate_that_yields_keeps_its_vote);
  CPPUNIT_TEST(E_09_an_old_leader_learns_the_new_term);
  CPPUNIT_TEST(E_10_only_a_vote_or_a_leader_restarts_the_timeout);
  CPPUNIT_TEST(E_11_a_split_vote_is_resolved);
  CPPUNIT_TEST(E_13_a_leader_in_the_minority_commits_nothing);
  CPPUNIT_TEST(E_13_what_it_took_meanwhile_is_gone_after_the_heal);
  CPPUNIT_TEST_SUITE_END();

 public:
  void E_01_no_vote_leaves_before_it_is_durable() {
    Elections cluster({.term = 1});
    cluster.campaign(1);
    cluster.hold_disk(2);

    cluster.deliver(cluster.take(1, 2));
    CPPUNIT_ASSERT(!cluster.has(2, 1));
    cluster.release_disk(2);

    CPPUNIT_ASSERT(vote_in(cluster.take(2, 1)).vote_granted);
    CPPUNIT_ASSERT(cluster.stored(2) == (HardState{2, 1}));
  }

  void E_01_a_vote_survives_a_crash() {
    Elections cluster({.term = 1});
    cluster.campaign(1);
    cluster.deliver(cluster.take(1, 2));
    cluster.take(2, 1);

    cluster.crash(2);
    cluster.restart(2);
    cluster.deliver(request_of(3, 2, 2));

    CPPUNIT_ASSERT(!vote_in(cluster.take(2, 3)).vote_granted);
  }

  // Its request waits for the disk, and so does its own vote.
  void E_01_a_vote_for_oneself_is_durable_before_it_counts() {
    Elections cluster({.term = 1});
    cluster.hold_disk(1);
    cluster.campaign(1);
    CPPUNIT_ASSERT(!cluster.has(1, 2));
    grant(cluster.node(1), 2);
    cluster.carry_out(1);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kCandidate);

    cluster.crash(1);
    cluster.restart(1);

    CPPUNIT_ASSERT_EQUAL(Term{1}, cluster.term(1));
    CPPUNIT_ASSERT_EQUAL(kNobody, cluster.node(1).voted_for());
  }

  // Node 3 forgets term 2 in a crash, so nobody has heard of it there.
  void E_02_a_new_term_is_durable_before_a_refusal_leaves() {
    Elections cluster({.term = 1, .logs = {{1}, {}, {1, 1}}});
    cluster.hold_disk(3);
    cluster.deliver(request_of(2, 3, 2, 0));
    CPPUNIT_ASSERT_EQUAL(Term{2}, cluster.term(3));
    CPPUNIT_ASSERT(!cluster.has(3, 2));

    cluster.crash(3);
    cluster.restart(3);
    cluster.deliver({.from = 1,
                     .to = 3,
                     .message = AppendEntries{.term = 1,
                                              .leader_id = 1,
                                              .prev_log_index = 1,
                                              .prev_log_term = 1}});

    CPPUNIT_ASSERT(result_in(cluster.take(3, 1)).success);
  }

  void E_08_a_candidate_that_yields_keeps_its_vote() {
    Elections cluster({.term = 1, .logs = Logs(5)});
    cluster.campaign(1);
    cluster.lose(1);
    cluster.campaign(2);
    for (NodeId voter : {3u, 4u}) cluster.call(2, voter);
    CPPUNIT_ASSERT(cluster.role(2) == Role::kLeader);
    cluster.lose(2, 1, 1);  // the request

    cluster.deliver(cluster.take(2, 1));
    cluster.deliver(request_of(5, 1, 2));

    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);
    CPPUNIT_ASSERT(cluster.stored(1) == (HardState{2, 1}));
    CPPUNIT_ASSERT(!vote_in(cluster.take(1, 5)).vote_granted);
  }

  void E_09_an_old_leader_learns_the_new_term() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(1);
    cluster.elect(2, {3});
    cluster.settle();
    cluster.heal(1);

    cluster.propose_at(1, "x");
    cluster.tick_to_heartbeat(1);
    cluster.deliver(cluster.take(1, 3));
    const Envelope refusal = cluster.take(3, 1);
    cluster.deliver(refusal);

    CPPUNIT_ASSERT(!result_in(refusal).success);
    CPPUNIT_ASSERT_EQUAL(Term{3}, result_in(refusal).term);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);
    CPPUNIT_ASSERT(cluster.stored(1) == (HardState{3, kNobody}));
  }

  // Refused candidates, and a leader of an older term, do not count as one.
  void E_10_only_a_vote_or_a_leader_restarts_the_timeout() {
    Elections cluster({.term = 5, .logs = {{5, 5}, {}, {}}});
    int ticks = 0;
    for (; cluster.term(1) == 5; ++ticks) {
      CPPUNIT_ASSERT(ticks < kElectionTicksMax);
      if (ticks % 3 == 0) {
        cluster.deliver(request_of(2, 1, 5, 0));
        cluster.deliver({.from = 3,
                         .to = 1,
                         .message = AppendEntries{.term = 4, .leader_id = 3}});
      }
      cluster.tick(1);
    }
    CPPUNIT_ASSERT(cluster.role(1) == Role::kCandidate);
  }

  // Two candidates of four at the same tick, each with a vote of another.
  void E_11_a_split_vote_is_resolved() {
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      Elections cluster({.term = 1, .logs = Logs(4), .seed = seed});
      cluster.campaign(1);
      cluster.campaign(2);
      cluster.call(1, 3);
      cluster.call(2, 4);
      cluster.settle();
      CPPUNIT_ASSERT(cluster.leaders().empty());

      int ticks = 0;
      for (; cluster.leaders().empty(); ++ticks) {
        CPPUNIT_ASSERT(ticks < 5 * kElectionTicksMax);
        for (NodeId id = 1; id <= 4; ++id) cluster.tick(id);
        cluster.settle();
      }
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, cluster.leaders().size());
    }
  }

  void E_13_a_leader_in_the_minority_commits_nothing() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(1);
    cluster.elect_and_settle(2, {3});
    const Index before = cluster.node(1).commit_index();

    const Index lost = cluster.propose_at(1, "x");
    cluster.settle_heartbeats(20, 1);

    CPPUNIT_ASSERT_EQUAL(before, cluster.node(1).commit_index());
    CPPUNIT_ASSERT(lost > before);
    CPPUNIT_ASSERT(!cluster.node(1).hears_from_majority());
  }

  // It follows the newer term, and has that leader's log and nothing else.
  void E_13_what_it_took_meanwhile_is_gone_after_the_heal() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(1);
    cluster.elect_and_settle(2, {3});
    cluster.propose_at(1, "x");
    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.disk(1)));
    CPPUNIT_ASSERT_EQUAL(Term{2}, cluster.term(1));

    cluster.heal(1);
    cluster.settle_heartbeats(2, 2);

    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);
    CPPUNIT_ASSERT_EQUAL(Term{3}, cluster.term(1));
    CPPUNIT_ASSERT_EQUAL(Term{3}, cluster.stored(1).current_term);
    for (NodeId id = 1; id <= 3; ++id) {
      CPPUNIT_ASSERT_EQUAL(std::string("2 3"), cluster.terms(id));
      CPPUNIT_ASSERT(cluster.disk(id) == cluster.disk(2));
      CPPUNIT_ASSERT_EQUAL(std::string(), commands_in(cluster.applied(id)));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionScenariosTest);

}  // namespace
}  // namespace raft
