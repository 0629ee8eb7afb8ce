// [since stage6_election]
// Leader election, rule by rule: Figure 2's box "RequestVote RPC", its "Rules
// for Servers" as far as they are about terms and roles, §5.1, §5.2, §5.4.1.
// Each test is one claim of the paper, one step, and its result.
#include <cppunit/extensions/HelperMacros.h>
#include <set>

#include "tests/voter.h"

namespace raft {
namespace {

class ElectionPaperTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionPaperTest);
  CPPUNIT_TEST(a_node_starts_as_a_follower_5_2);
  CPPUNIT_TEST(a_later_term_makes_anyone_a_follower_5_1);
  CPPUNIT_TEST(an_older_term_changes_nothing_5_1);
  CPPUNIT_TEST(a_request_of_an_older_term_is_refused_with_the_present_5_1);
  CPPUNIT_TEST(a_new_term_is_stored_before_anything_is_sent_fig_2);
  CPPUNIT_TEST(a_follower_that_hears_nothing_stands_for_election_5_2);
  CPPUNIT_TEST(a_candidacy_is_stored_before_it_is_announced_fig_2);
  CPPUNIT_TEST(a_request_says_how_the_log_ends_5_4_1);
  CPPUNIT_TEST(ticks_that_are_idle_do_nothing_but_count_5_2);
  CPPUNIT_TEST(a_heartbeat_keeps_a_follower_one_5_2);
  CPPUNIT_TEST(a_vote_that_is_given_restarts_the_timeout_fig_2);
  CPPUNIT_TEST(a_vote_is_stored_before_it_is_sent_fig_2);
  CPPUNIT_TEST(one_vote_a_term_first_come_first_served_5_2);
  CPPUNIT_TEST(the_vote_of_a_term_outlives_a_restart_5_2);
  CPPUNIT_TEST(a_new_term_has_a_new_vote_5_1);
  CPPUNIT_TEST(E_04_the_same_candidate_is_granted_again_fig_2);
  CPPUNIT_TEST(E_07_the_later_last_term_wins_then_the_longer_log_5_4_1);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_node_starts_as_a_follower_5_2() {
    for (NodeId voted_for : {NodeId{0}, kSelf, NodeId{2}}) {
      RaftNode node = follower({1}, voted_for);
      CPPUNIT_ASSERT(node.role() == Role::kFollower);
      CPPUNIT_ASSERT_EQUAL(kNobody, node.leader());
      CPPUNIT_ASSERT(node.take_output().empty());
    }
  }

  void a_later_term_makes_anyone_a_follower_5_1() {
    for (Role role : kRoles) {
      for (const Message& message : one_of_each(kTerm + 3)) {
        RaftNode node = in_role(role);
        receive(node, 2, message);
        CPPUNIT_ASSERT(node.role() == Role::kFollower);
        CPPUNIT_ASSERT_EQUAL(kTerm + 3, node.current_term());
        CPPUNIT_ASSERT(node.take_output().hard_state ==
                       (HardState{kTerm + 3, kNobody}));
      }
    }
  }

  void an_older_term_changes_nothing_5_1() {
    for (Role role : kRoles) {
      for (const Message& message : one_of_each(kTerm - 1)) {
        RaftNode node = in_role(role);
        const auto log = entries_in(node.log());
        receive(node, 2, message);
        const Output output = node.take_output();
        CPPUNIT_ASSERT(node.role() == role);
        CPPUNIT_ASSERT_EQUAL(kTerm, node.current_term());
        CPPUNIT_ASSERT(!output.hard_state);
        CPPUNIT_ASSERT(output.entries.empty());
        CPPUNIT_ASSERT(output.early_messages.empty());
        CPPUNIT_ASSERT(log == entries_in(node.log()));
      }
    }
  }

  void a_request_of_an_older_term_is_refused_with_the_present_5_1() {
    for (Role role : kRoles) {
      RaftNode node = in_role(role);
      receive(node, 2, AppendEntries{.term = kTerm - 1, .leader_id = 2});
      receive(node, 2, request_of(2, kTerm - 1));
      receive(node, 2, ReadIndex{.term = kTerm - 1, .question = 5});

      const Output output = node.take_output();

      CPPUNIT_ASSERT_EQUAL(std::size_t{3}, output.messages.size());
      const auto append =
          std::get<AppendEntriesResult>(output.messages[0].message);
      CPPUNIT_ASSERT(!append.success);
      CPPUNIT_ASSERT_EQUAL(kTerm, append.term);
      CPPUNIT_ASSERT(output.messages[1].message ==
                     Message(RequestVoteResult{.term = kTerm}));
      CPPUNIT_ASSERT(output.messages[2].message ==
                     Message(ReadIndexResult{.term = kTerm, .question = 5}));
    }
  }

  // E-02: what is sent in a term makes a promise about it, a refusal too.
  void a_new_term_is_stored_before_anything_is_sent_fig_2() {
    for (Role role : kRoles) {
      RaftNode node = in_role(role);
      receive(node, 2, request_of(2, kTerm + 1, 0, 0));
      const Output output = node.take_output();
      CPPUNIT_ASSERT(output.hard_state == (HardState{kTerm + 1, kNobody}));
      CPPUNIT_ASSERT(output.early_messages.empty());
      CPPUNIT_ASSERT(output.messages.back().message ==
                     Message(RequestVoteResult{.term = kTerm + 1}));
    }
  }

  void a_follower_that_hears_nothing_stands_for_election_5_2() {
    RaftNode node = follower();
    while (node.role() == Role::kFollower) node.tick();
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
    CPPUNIT_ASSERT_EQUAL(kTerm + 1, node.current_term());
    CPPUNIT_ASSERT_EQUAL(kSelf, node.voted_for());
    CPPUNIT_ASSERT_EQUAL(kNobody, node.leader());
  }

  void a_candidacy_is_stored_before_it_is_announced_fig_2() {
    RaftNode node = follower();
    ticks_to_candidacy(node);
    const Output output = node.take_output();
    CPPUNIT_ASSERT(output.early_messages.empty());
    CPPUNIT_ASSERT(output.hard_state == (HardState{kTerm + 1, kSelf}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.messages.size());
  }

  void a_request_says_how_the_log_ends_5_4_1() {
    RaftNode node = follower({1, 1, 3});
    ticks_to_candidacy(node);
    const Output output = node.take_output();
    NodeId peer = 2;
    for (const Envelope& envelope : output.messages) {
      CPPUNIT_ASSERT_EQUAL(peer++, envelope.to);
      CPPUNIT_ASSERT(envelope.message ==
                     Message(RequestVote{.term = kTerm + 1,
                                         .candidate_id = kSelf,
                                         .last_log_index = 3,
                                         .last_log_term = 3}));
    }
  }

  // And the tick behind them does something: a shell that sleeps through them
  // is never late (§5.2).
  void ticks_that_are_idle_do_nothing_but_count_5_2() {
    for (const Role role : kRoles) {
      RaftNode node = in_role(role);
      const Term term = node.current_term();
      for (int left = node.idle_ticks(); left > 0; --left) {
        CPPUNIT_ASSERT_EQUAL(left, node.idle_ticks());
        node.tick();
        CPPUNIT_ASSERT(node.take_output().empty());
        CPPUNIT_ASSERT(role == node.role());
        CPPUNIT_ASSERT_EQUAL(term, node.current_term());
      }
      CPPUNIT_ASSERT_EQUAL(0, node.idle_ticks());
      node.tick();
      CPPUNIT_ASSERT(!node.take_output().empty());
    }
    // A read is late, or asked again, at a tick of its own.
    RaftNode node = in_role(Role::kFollower);
    node.read(1);
    CPPUNIT_ASSERT_EQUAL(0, node.idle_ticks());
  }

  void a_heartbeat_keeps_a_follower_one_5_2() {
    RaftNode node = follower();
    for (int round = 0; round < 100; ++round) {
      for (int i = 1; i < kElectionTicksMin; ++i) node.tick();
      receive(node, 2, AppendEntries{.term = kTerm, .leader_id = 2});
    }
    CPPUNIT_ASSERT(node.role() == Role::kFollower);
    CPPUNIT_ASSERT_EQUAL(NodeId{2}, node.leader());
  }

  void a_vote_that_is_given_restarts_the_timeout_fig_2() {
    RaftNode node = follower();
    for (int i = 1; i < kElectionTicksMin; ++i) node.tick();
    CPPUNIT_ASSERT(grants(node, request_of(2, kTerm)));
    for (int i = 1; i < kElectionTicksMin; ++i) node.tick();
    CPPUNIT_ASSERT(node.role() == Role::kFollower);
  }

  // An Output's hard state is persisted before its messages leave.
  void a_vote_is_stored_before_it_is_sent_fig_2() {
    RaftNode node = follower();
    receive(node, 2, request_of(2, kTerm));
    const Output output = node.take_output();
    CPPUNIT_ASSERT(output.hard_state == (HardState{kTerm, 2}));
    CPPUNIT_ASSERT(output.early_messages.empty());
    CPPUNIT_ASSERT(output.messages.front().message ==
                   Message(RequestVoteResult{kTerm, true}));
    CPPUNIT_ASSERT(node.take_output().empty());
  }

  void one_vote_a_term_first_come_first_served_5_2() {
    RaftNode node = follower();
    CPPUNIT_ASSERT(grants(node, request_of(3, kTerm)));
    CPPUNIT_ASSERT(!grants(node, request_of(2, kTerm)));
    RaftNode other = candidate();
    CPPUNIT_ASSERT(!grants(other, request_of(2, kTerm)));
    RaftNode leader = started_leader_of({1, 3});
    CPPUNIT_ASSERT(!grants(leader, request_of(2, kTerm)));
  }

  void the_vote_of_a_term_outlives_a_restart_5_2() {
    RaftNode node = follower({1, 3}, 3);
    CPPUNIT_ASSERT(!grants(node, request_of(2, kTerm)));
    CPPUNIT_ASSERT(grants(node, request_of(3, kTerm)));
  }

  void a_new_term_has_a_new_vote_5_1() {
    RaftNode node = follower({1, 3}, 3);
    CPPUNIT_ASSERT(grants(node, request_of(2, kTerm + 1)));
  }

  // Its first answer may be lost. The log is compared again all the same.
  void E_04_the_same_candidate_is_granted_again_fig_2() {
    RaftNode node = follower();
    CPPUNIT_ASSERT(grants(node, request_of(2, kTerm)));
    CPPUNIT_ASSERT(grants(node, request_of(2, kTerm)));
    CPPUNIT_ASSERT(!grants(node, request_of(2, kTerm, 0, 0)));
    CPPUNIT_ASSERT(!grants(node, request_of(3, kTerm)));
  }

  // All nine pairs of a shorter, equal or longer log, and an older, equal or
  // later last term.
  void E_07_the_later_last_term_wins_then_the_longer_log_5_4_1() {
    for (Index index : {4, 5, 6}) {
      for (Term term : {2, 3, 4}) {
        RaftNode node = follower({1, 1, 1, 3, 3});
        const bool expected = term > 3 || (term == 3 && index >= 5);
        CPPUNIT_ASSERT_EQUAL(expected,
                             grants(node, request_of(2, kTerm, index, term)));
      }
    }
    RaftNode empty = follower({});
    CPPUNIT_ASSERT(grants(empty, request_of(2, kTerm, 0, 0)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionPaperTest);

}  // namespace
}  // namespace raft
