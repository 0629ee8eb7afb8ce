// [since stage3_log_repl]
// The leader's side of log replication, rule by rule: Figure 2's "Rules for
// Leaders" and §5.3, but for the commit index.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/leader.h"
#include "tests/logs.h"

namespace raft {
namespace {

class RaftPaperLeaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RaftPaperLeaderTest);
  CPPUNIT_TEST(match_index_starts_at_0_fig_2);
  CPPUNIT_TEST(heartbeats_repeat_in_idle_periods_5_2);
  CPPUNIT_TEST(a_command_goes_to_all_followers_5_3);
  CPPUNIT_TEST(a_message_says_what_stands_before_its_entries_5_3);
  CPPUNIT_TEST(what_queued_up_goes_in_one_message_5_3);
  CPPUNIT_TEST(success_moves_next_index_and_match_index_fig_2);
  CPPUNIT_TEST(a_refusal_lowers_next_index_and_is_retried_at_once_fig_2);
  CPPUNIT_TEST(a_refusal_skips_the_leaders_later_terms_5_3);
  CPPUNIT_TEST(a_silent_follower_is_asked_again_for_ever_5_3);
  CPPUNIT_TEST(a_leader_never_overwrites_its_log_fig_3_append_only);
  CPPUNIT_TEST(a_result_of_another_term_means_nothing_5_1);
  CPPUNIT_TEST(a_result_of_a_stranger_means_nothing);
  CPPUNIT_TEST(a_match_past_the_end_of_the_log_means_nothing_5_3);
  CPPUNIT_TEST(a_leader_knows_when_it_has_lost_the_majority);
  CPPUNIT_TEST_SUITE_END();

 public:
  void match_index_starts_at_0_fig_2() {
    RaftNode leader = started_leader_of({4, 4});
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
  }

  void heartbeats_repeat_in_idle_periods_5_2() {
    RaftNode leader = started_leader_of({1});
    for (int round = 0; round < 10; ++round) {
      success(leader, 2, leader.log().last_index());
      leader.take_output();  // what is committed now
      CPPUNIT_ASSERT(leader.take_output().empty());
      tick_to_heartbeat(leader);
      CPPUNIT_ASSERT(only(leader.take_output(), 2).entries.empty());
    }
  }

  void a_command_goes_to_all_followers_5_3() {
    RaftNode leader = started_leader_of({}, 5);
    for (NodeId peer = 2; peer <= 5; ++peer) success(leader, peer, 1);
    leader.propose("x");
    const Output output = leader.take_output();
    for (NodeId peer = 2; peer <= 5; ++peer) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, only(output, peer).entries.size());
    }
  }

  void a_message_says_what_stands_before_its_entries_5_3() {
    RaftNode leader = started_leader_of({1, 3, 4});
    success(leader, 2, 3);
    leader.propose("x");
    const AppendEntries args = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{3}, args.prev_log_index);
    CPPUNIT_ASSERT_EQUAL(kTerm, args.prev_log_term);
    CPPUNIT_ASSERT_EQUAL(Index{4}, args.entries.front().index);
  }

  void what_queued_up_goes_in_one_message_5_3() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 1);
    leader.take_output();
    for (int i = 0; i < 100; ++i) leader.propose("x");

    const Output output = leader.take_output();

    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, output.entries.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, only(output, 2).entries.size());
    leader.propose("y");
    CPPUNIT_ASSERT(sent(leader.take_output(), 2).empty());
  }

  void success_moves_next_index_and_match_index_fig_2() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 1);
    leader.propose("x");
    leader.take_output();
    success(leader, 2, 2);
    leader.propose("y");
    const Output output = leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{2}, leader.match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{3}, leader.next_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{2}, only(output, 2).prev_log_index);
  }

  void a_refusal_lowers_next_index_and_is_retried_at_once_fig_2() {
    RaftNode leader = started_leader_of({1, 1, 1, 4});
    leader.take_output();
    refusal(leader, 2, 2, 1);
    const AppendEntries args = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{2}, args.prev_log_index);
    CPPUNIT_ASSERT(args.entries == leader.log().from(3, SIZE_MAX));
  }

  // The follower's last entry is of term 1: ours of 2 and 3 can't be there.
  void a_refusal_skips_the_leaders_later_terms_5_3() {
    RaftNode leader = started_leader_of({1, 1, 2, 2, 3, 3});
    refusal(leader, 2, 5, 1);
    CPPUNIT_ASSERT_EQUAL(Index{2},
                         only(leader.take_output(), 2).prev_log_index);
  }

  void a_silent_follower_is_asked_again_for_ever_5_3() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 1);
    leader.propose("x");
    leader.take_output();
    for (int round = 0; round < 1000; ++round) {
      tick_to_heartbeat(leader);
      CPPUNIT_ASSERT_EQUAL(Index{1},
                           only(leader.take_output(), 2).prev_log_index);
    }
    success(leader, 2, 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         only(leader.take_output(), 2).entries.size());
  }

  void a_leader_never_overwrites_its_log_fig_3_append_only() {
    RaftNode leader = started_leader_of({1, 3, 3});
    const auto before = entries_in(leader.log());
    leader.receive({.from = 2,
                    .to = kLeader,
                    .message = AppendEntries{.term = kTerm - 1,
                                             .leader_id = 2,
                                             .prev_log_index = 1,
                                             .prev_log_term = 1,
                                             .entries = entries_of(2, {2})}});
    CPPUNIT_ASSERT(before == entries_in(leader.log()));
    CPPUNIT_ASSERT(leader.take_output().entries.empty());
  }

  void a_result_of_another_term_means_nothing_5_1() {
    RaftNode leader = started_leader_of({4});
    leader.receive({.from = 2,
                    .to = kLeader,
                    .message = AppendEntriesResult{
                        .term = kTerm - 1, .success = true, .match_index = 1}});
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
  }

  void a_result_of_a_stranger_means_nothing() {
    RaftNode leader = started_leader_of({4});
    success(leader, 9, 1);
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
  }

  // Whoever claims one is broken, and must not end the leader.
  void a_match_past_the_end_of_the_log_means_nothing_5_3() {
    RaftNode leader = started_leader_of({kTerm});
    const Index end = leader.log().last_index();
    leader.take_output();

    success(leader, 2, end + 1);
    success(leader, 3, ~Index{0});
    refusal(leader, 3, ~Index{0}, kTerm);
    tick_to_heartbeat(leader);
    const Output output = leader.take_output();

    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.match_index(3));
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
    CPPUNIT_ASSERT(only(output, 2).prev_log_index <= end);
    CPPUNIT_ASSERT(only(output, 3).prev_log_index <= end);
    success(leader, 2, end);
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(end, leader.commit_index());
  }

  void a_leader_knows_when_it_has_lost_the_majority() {
    RaftNode leader = started_leader_of({});
    for (int i = 0; i < kSilentTicksMax; ++i) leader.tick();
    const bool before = leader.hears_from_majority();
    leader.tick();
    const bool after = leader.hears_from_majority();
    success(leader, 3, 0);
    CPPUNIT_ASSERT(before);
    CPPUNIT_ASSERT(!after);
    CPPUNIT_ASSERT(leader.hears_from_majority());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RaftPaperLeaderTest);

}  // namespace
}  // namespace raft
