// [since stage6_election]
// Leader election, rule by rule: Figure 2's "Rules for Servers" for candidates
// and for new leaders, and the timeouts of §5.2. Votes and terms are in
// election_paper_test.cc.
#include <cppunit/extensions/HelperMacros.h>
#include <set>
#include <string>

#include "tests/voter.h"

namespace raft {
namespace {

class ElectionPaperCandidateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionPaperCandidateTest);
  CPPUNIT_TEST(a_majority_of_votes_makes_a_leader_and_no_fewer_5_2);
  CPPUNIT_TEST(refusals_do_not_make_a_leader_5_2);
  CPPUNIT_TEST(E_05_a_vote_counts_once_5_2);
  CPPUNIT_TEST(the_vote_of_a_stranger_means_nothing);
  CPPUNIT_TEST(E_06_a_vote_of_an_earlier_term_means_nothing_5_2);
  CPPUNIT_TEST(a_vote_for_oneself_counts_once_it_is_durable_fig_2);
  CPPUNIT_TEST(a_candidate_yields_to_the_leader_of_its_term_5_2);
  CPPUNIT_TEST(E_08_a_vote_outlives_a_step_down_in_the_same_term_5_2);
  CPPUNIT_TEST(a_candidate_without_a_result_tries_again_5_2);
  CPPUNIT_TEST(a_leader_opens_its_term_with_an_entry_for_all_8);
  CPPUNIT_TEST(a_new_leader_keeps_its_log_fig_3_append_only);
  CPPUNIT_TEST(next_index_starts_behind_what_the_leader_had_fig_2);
  CPPUNIT_TEST(a_leader_does_not_stand_for_election_5_2);
  CPPUNIT_TEST(a_deposed_leader_waits_for_a_whole_timeout_5_2);
  CPPUNIT_TEST(E_12_timeouts_are_spread_over_the_range_and_redrawn_5_2);
  CPPUNIT_TEST(mostly_one_node_times_out_before_the_others_5_2);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_majority_of_votes_makes_a_leader_and_no_fewer_5_2() {
    for (NodeId nodes = 2; nodes <= 7; ++nodes) {
      RaftNode node = candidate(nodes);
      for (NodeId peer = 2; peer <= nodes; ++peer) {
        const bool is_decided = node.role() == Role::kLeader;
        if (!is_decided) grant(node, peer);
        node.take_output();
        const NodeId votes = peer;  // from 2 to peer, and the candidate's own
        CPPUNIT_ASSERT_EQUAL(votes * 2 > nodes, node.role() == Role::kLeader);
      }
    }
  }

  void refusals_do_not_make_a_leader_5_2() {
    RaftNode node = candidate(5);
    for (NodeId peer = 2; peer <= 5; ++peer) {
      receive(node, peer, RequestVoteResult{.term = kTerm});
      node.take_output();
    }
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
  }

  void E_05_a_vote_counts_once_5_2() {
    RaftNode node = candidate(5);
    for (int times = 0; times < 3; ++times) grant(node, 2);
    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
    grant(node, 3);
    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kLeader);
  }

  void the_vote_of_a_stranger_means_nothing() {
    RaftNode node = candidate();
    grant(node, 9);
    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
  }

  void E_06_a_vote_of_an_earlier_term_means_nothing_5_2() {
    RaftNode node = candidate();
    tick_to_candidacy(node);
    node.take_output();
    receive(node, 2, RequestVoteResult{kTerm, true});
    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
    CPPUNIT_ASSERT_EQUAL(kTerm + 1, node.current_term());
  }

  // Two votes of three, but the candidate's is only on its way to the disk.
  void a_vote_for_oneself_counts_once_it_is_durable_fig_2() {
    RaftNode node = follower();
    ticks_to_candidacy(node);
    grant(node, 2);

    const Output storing = node.take_output();
    const Role while_storing = node.role();
    node.take_output();

    CPPUNIT_ASSERT(storing.hard_state == (HardState{kTerm + 1, kSelf}));
    CPPUNIT_ASSERT(while_storing == Role::kCandidate);
    CPPUNIT_ASSERT(node.role() == Role::kLeader);
  }

  void a_candidate_yields_to_the_leader_of_its_term_5_2() {
    for (Term term : {kTerm, kTerm + 1}) {
      RaftNode node = candidate();
      receive(node, 3, AppendEntries{.term = term, .leader_id = 3});
      CPPUNIT_ASSERT(node.role() == Role::kFollower);
      CPPUNIT_ASSERT_EQUAL(NodeId{3}, node.leader());
      CPPUNIT_ASSERT_EQUAL(term, node.current_term());
    }
  }

  void E_08_a_vote_outlives_a_step_down_in_the_same_term_5_2() {
    RaftNode node = candidate();
    receive(node, 3, AppendEntries{.term = kTerm, .leader_id = 3});
    CPPUNIT_ASSERT_EQUAL(kSelf, node.voted_for());
    CPPUNIT_ASSERT(!grants(node, request_of(2, kTerm)));
    CPPUNIT_ASSERT(!grants(node, request_of(3, kTerm)));
  }

  void a_candidate_without_a_result_tries_again_5_2() {
    RaftNode node = candidate();
    grant(node, 9);
    tick_to_candidacy(node);
    const Output output = node.take_output();
    CPPUNIT_ASSERT(output.hard_state == (HardState{kTerm + 1, kSelf}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.messages.size());
  }

  void a_leader_opens_its_term_with_an_entry_for_all_8() {
    RaftNode node = candidate(5);
    grant(node, 2);
    grant(node, 3);

    const Output output = node.take_output();

    const std::vector<Entry> opening = {{kTerm, 3, ""}};
    CPPUNIT_ASSERT_EQUAL(kSelf, node.leader());
    CPPUNIT_ASSERT(output.entries == opening);
    for (NodeId peer = 2; peer <= 5; ++peer) {
      CPPUNIT_ASSERT(only(output, peer) == (AppendEntries{.term = kTerm,
                                                          .leader_id = kSelf,
                                                          .prev_log_index = 2,
                                                          .prev_log_term = 3,
                                                          .entries = opening}));
    }
  }

  // Also what it does not know to be committed.
  void a_new_leader_keeps_its_log_fig_3_append_only() {
    RaftNode node = candidate();
    grant(node, 2);
    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kLeader);
    CPPUNIT_ASSERT_EQUAL(Index{0}, node.commit_index());
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 4"), terms_in(node.log()));
  }

  void next_index_starts_behind_what_the_leader_had_fig_2() {
    RaftNode node = candidate();
    grant(node, 2);
    node.take_output();
    for (NodeId peer : {2u, 3u}) {
      CPPUNIT_ASSERT_EQUAL(Index{3}, node.next_index(peer));
      CPPUNIT_ASSERT_EQUAL(Index{0}, node.match_index(peer));
    }
  }

  void a_leader_does_not_stand_for_election_5_2() {
    RaftNode leader = started_leader_of({1, 3});
    for (int i = 0; i < 1000; ++i) {
      leader.tick();
      leader.take_output();
    }
    CPPUNIT_ASSERT(leader.role() == Role::kLeader);
    CPPUNIT_ASSERT_EQUAL(kTerm, leader.current_term());
  }

  // What was left to its next heartbeat is not enough.
  void a_deposed_leader_waits_for_a_whole_timeout_5_2() {
    RaftNode node = started_leader_of({1, 3});
    receive(node, 2, request_of(2, kTerm + 1, 0, 0));
    CPPUNIT_ASSERT(ticks_to_candidacy(node) >= kElectionTicksMin);
  }

  void E_12_timeouts_are_spread_over_the_range_and_redrawn_5_2() {
    RaftNode node = follower();
    std::set<int> seen;
    for (int times = 0; times < 1000; ++times) {
      const int ticks = ticks_to_candidacy(node);
      CPPUNIT_ASSERT(kElectionTicksMin <= ticks);
      CPPUNIT_ASSERT(ticks <= kElectionTicksMax);
      seen.insert(ticks);
    }
    const auto range =
        static_cast<std::size_t>(kElectionTicksMax - kElectionTicksMin + 1);
    CPPUNIT_ASSERT_EQUAL(range, seen.size());
  }

  void mostly_one_node_times_out_before_the_others_5_2() {
    int conflicts = 0;
    for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
      std::multiset<int> timeouts;
      for (NodeId id = 1; id <= 5; ++id) {
        RaftNode node = node_of({.id = id, .nodes = 5, .seed = seed});
        timeouts.insert(ticks_to_candidacy(node));
      }
      if (timeouts.count(*timeouts.begin()) > 1) ++conflicts;
    }
    CPPUNIT_ASSERT(conflicts < 400);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionPaperCandidateTest);

}  // namespace
}  // namespace raft
