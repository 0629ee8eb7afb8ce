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
  CPPUNIT_TEST(next_index_starts_behind_the_leaders_last_fig_2);
  CPPUNIT_TEST(match_index_starts_at_0_fig_2);
  CPPUNIT_TEST(a_heartbeat_goes_to_each_follower_at_once_5_2);
  CPPUNIT_TEST(heartbeats_repeat_in_idle_periods_5_2);
  CPPUNIT_TEST(a_command_is_stored_before_it_is_sent_5_3);
  CPPUNIT_TEST(a_command_goes_to_all_followers_5_3);
  CPPUNIT_TEST(a_message_says_what_stands_before_its_entries_5_3);
  CPPUNIT_TEST(what_queued_up_goes_in_one_message_5_3);
  CPPUNIT_TEST(success_moves_next_index_and_match_index_fig_2);
  CPPUNIT_TEST(a_refusal_lowers_next_index_and_is_retried_at_once_fig_2);
  CPPUNIT_TEST(a_refusal_skips_the_leaders_later_terms_5_3);
  CPPUNIT_TEST(what_is_not_answered_is_sent_again_for_ever_5_3);
  CPPUNIT_TEST(a_leader_never_overwrites_its_log_fig_3_append_only);
  CPPUNIT_TEST(a_result_of_another_term_means_nothing_5_1);
  CPPUNIT_TEST(a_result_of_a_stranger_means_nothing);
  CPPUNIT_TEST(a_leader_knows_when_it_has_lost_the_majority);
  CPPUNIT_TEST_SUITE_END();

 public:
  void next_index_starts_behind_the_leaders_last_fig_2() {
    RaftNode leader = leader_of({1, 1, 4});
    const AppendEntries first = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{3}, first.prev_log_index);
    CPPUNIT_ASSERT(first.entries.empty());
  }

  void match_index_starts_at_0_fig_2() {
    RaftNode leader = started_leader_of({4, 4});
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
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

  void heartbeats_repeat_in_idle_periods_5_2() {
    RaftNode leader = started_leader_of({1});
    for (int round = 0; round < 10; ++round) {
      success(leader, 2, 1);
      CPPUNIT_ASSERT(leader.take_output().empty());
      tick_to_heartbeat(leader);
      CPPUNIT_ASSERT(only(leader.take_output(), 2).entries.empty());
    }
  }

  // An Output's entries are persisted before its messages leave. A leader that
  // sent first, crashed, and came back shorter would use the index again.
  void a_command_is_stored_before_it_is_sent_5_3() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 0);
    const auto index = leader.propose("x");

    const Output output = leader.take_output();

    CPPUNIT_ASSERT(index == Index{1});
    const std::vector<Entry> entries = {{kTerm, 1, "x"}};
    CPPUNIT_ASSERT(output.entries == entries);
    CPPUNIT_ASSERT(only(output, 2).entries == entries);
  }

  void a_command_goes_to_all_followers_5_3() {
    RaftNode leader = started_leader_of({}, 5);
    for (NodeId peer = 2; peer <= 5; ++peer) success(leader, peer, 0);
    leader.propose("x");
    const Output output = leader.take_output();
    for (NodeId peer = 2; peer <= 5; ++peer) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, only(output, peer).entries.size());
    }
  }

  void a_message_says_what_stands_before_its_entries_5_3() {
    RaftNode leader = started_leader_of({1, 3});
    success(leader, 2, 2);
    leader.propose("x");
    const AppendEntries args = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{2}, args.prev_log_index);
    CPPUNIT_ASSERT_EQUAL(Term{3}, args.prev_log_term);
    CPPUNIT_ASSERT_EQUAL(Index{3}, args.entries.front().index);
  }

  void what_queued_up_goes_in_one_message_5_3() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 0);
    for (int i = 0; i < 100; ++i) leader.propose("x");

    const Output output = leader.take_output();

    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, output.entries.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, only(output, 2).entries.size());
    leader.propose("y");
    CPPUNIT_ASSERT(sent(leader.take_output(), 2).empty());
  }

  void success_moves_next_index_and_match_index_fig_2() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 0);
    leader.propose("x");
    leader.take_output();
    success(leader, 2, 1);
    leader.propose("y");
    const Output output = leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{1}, leader.commit_index());
    CPPUNIT_ASSERT_EQUAL(Index{1}, only(output, 2).prev_log_index);
  }

  void a_refusal_lowers_next_index_and_is_retried_at_once_fig_2() {
    RaftNode leader = started_leader_of({1, 1, 1, 4});
    refusal(leader, 2, 2, 1);
    const AppendEntries args = only(leader.take_output(), 2);
    CPPUNIT_ASSERT_EQUAL(Index{2}, args.prev_log_index);
    CPPUNIT_ASSERT(args.entries == entries_of(3, {1, 4}));
  }

  // The follower's last entry is of term 1: ours of 2 and 3 can't be there.
  void a_refusal_skips_the_leaders_later_terms_5_3() {
    RaftNode leader = started_leader_of({1, 1, 2, 2, 3, 3});
    refusal(leader, 2, 5, 1);
    CPPUNIT_ASSERT_EQUAL(Index{2},
                         only(leader.take_output(), 2).prev_log_index);
  }

  void what_is_not_answered_is_sent_again_for_ever_5_3() {
    RaftNode leader = started_leader_of({});
    leader.propose("x");
    for (int round = 0; round < 1000; ++round) {
      tick_to_heartbeat(leader);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                           only(leader.take_output(), 2).entries.size());
    }
  }

  void a_leader_never_overwrites_its_log_fig_3_append_only() {
    RaftNode leader = started_leader_of({1, 3, 3});
    leader.receive({.from = 2,
                    .to = kLeader,
                    .message = AppendEntries{.term = kTerm - 1,
                                             .leader_id = 2,
                                             .prev_log_index = 1,
                                             .prev_log_term = 1,
                                             .entries = entries_of(2, {2})}});
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 3"), terms_in(leader.log()));
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

  void a_leader_knows_when_it_has_lost_the_majority() {
    RaftNode leader = started_leader_of({});
    for (int i = 0; i < 10 * kHeartbeatTicks; ++i) leader.tick();
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
