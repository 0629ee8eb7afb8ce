// [since stage3_log_repl]
// The follower's side of log replication, rule by rule: Figure 2's box
// "AppendEntries RPC" in its order, §5.3, §5.5. Each test is one claim of the
// paper, one step, and its result.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/follower.h"
#include "tests/logs.h"

namespace raft {
namespace {

void assert_terms(const std::string& terms, const RaftNode& node) {
  CPPUNIT_ASSERT_EQUAL(terms, terms_in(node.log()));
}

class RaftPaperTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RaftPaperTest);
  CPPUNIT_TEST(an_older_term_is_refused_fig_2_append_entries_1);
  CPPUNIT_TEST(a_log_without_prev_log_index_refuses_fig_2_append_entries_2);
  CPPUNIT_TEST(another_term_at_prev_log_index_refuses_fig_2_append_entries_2);
  CPPUNIT_TEST(a_refusal_changes_nothing_5_3);
  CPPUNIT_TEST(nothing_before_the_first_entry_always_matches_5_3);
  CPPUNIT_TEST(a_conflict_goes_with_all_that_follows_fig_2_append_entries_3);
  CPPUNIT_TEST(a_conflict_inside_the_call_goes_fig_2_append_entries_3);
  CPPUNIT_TEST(a_longer_log_without_a_conflict_stays_fig_2_append_entries_3);
  CPPUNIT_TEST(new_entries_are_appended_fig_2_append_entries_4);
  CPPUNIT_TEST(only_entries_not_in_the_log_are_stored_fig_2_append_entries_4);
  CPPUNIT_TEST(commit_follows_leader_commit_fig_2_append_entries_5);
  CPPUNIT_TEST(commit_stops_at_the_last_new_entry_fig_2_append_entries_5);
  CPPUNIT_TEST(commit_of_a_heartbeat_stops_at_prev_fig_2_append_entries_5);
  CPPUNIT_TEST(commit_never_falls_fig_2_append_entries_5);
  CPPUNIT_TEST(a_refused_call_commits_nothing_fig_2);
  CPPUNIT_TEST(entries_are_stored_before_the_answer_leaves_fig_2);
  CPPUNIT_TEST(what_replaces_a_conflict_is_stored_from_there_on_fig_2);
  CPPUNIT_TEST(an_entry_is_applied_when_it_is_committed_and_not_before_5_3);
  CPPUNIT_TEST(committed_entries_are_applied_once_in_log_order_5_3);
  CPPUNIT_TEST(a_success_proves_prev_and_the_entries_no_more_5_3);
  CPPUNIT_TEST(a_refusal_names_the_end_of_a_short_log_5_3);
  CPPUNIT_TEST(a_refusal_skips_the_conflicting_term_5_3);
  CPPUNIT_TEST(the_same_call_twice_is_harmless_5_5);
  CPPUNIT_TEST(each_call_is_answered_in_order_5_5);
  CPPUNIT_TEST(a_follower_takes_no_proposals_5_3);
  CPPUNIT_TEST(a_heartbeat_is_answered_though_it_brings_nothing_5_2);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_older_term_is_refused_fig_2_append_entries_1() {
    RaftNode node = follower_of({1, 1});
    AppendEntries args = append(2, 1, {3}, 3);
    args.term = kTerm - 1;

    const Step done = step(node, args);

    CPPUNIT_ASSERT(!done.result.success);
    CPPUNIT_ASSERT_EQUAL(kTerm, done.result.term);
    CPPUNIT_ASSERT(done.output.entries.empty());
    CPPUNIT_ASSERT(done.output.committed.empty());
    assert_terms("1 1", node);
  }

  void a_log_without_prev_log_index_refuses_fig_2_append_entries_2() {
    RaftNode node = follower_of({1, 1});
    CPPUNIT_ASSERT(!step(node, append(3, 1, {4})).result.success);
    assert_terms("1 1", node);
  }

  void another_term_at_prev_log_index_refuses_fig_2_append_entries_2() {
    RaftNode node = follower_of({1, 1, 2});
    CPPUNIT_ASSERT(!step(node, append(3, 3, {4})).result.success);
    CPPUNIT_ASSERT(!step(node, append(3, 1, {4})).result.success);
    assert_terms("1 1 2", node);
  }

  void a_refusal_changes_nothing_5_3() {
    RaftNode node = follower_of({1, 1, 2});
    const Step done = step(node, append(3, 3, {4, 4}, 5));
    CPPUNIT_ASSERT(done.output.entries.empty());
    assert_terms("1 1 2", node);
  }

  void nothing_before_the_first_entry_always_matches_5_3() {
    RaftNode empty = follower_of({});
    RaftNode full = follower_of({1, 2});
    CPPUNIT_ASSERT(step(empty, append(0, 0, {4})).result.success);
    CPPUNIT_ASSERT(step(full, append(0, 0, {4})).result.success);
    assert_terms("4", empty);
    assert_terms("4", full);
  }

  void a_conflict_goes_with_all_that_follows_fig_2_append_entries_3() {
    RaftNode node = follower_of({1, 1, 2, 2, 3});
    CPPUNIT_ASSERT(step(node, append(2, 1, {4})).result.success);
    assert_terms("1 1 4", node);
  }

  void a_conflict_inside_the_call_goes_fig_2_append_entries_3() {
    RaftNode node = follower_of({1, 1, 2, 3, 3});
    CPPUNIT_ASSERT(step(node, append(1, 1, {1, 2, 4, 4})).result.success);
    assert_terms("1 1 2 4 4", node);
  }

  void a_longer_log_without_a_conflict_stays_fig_2_append_entries_3() {
    RaftNode node = follower_of({1, 1, 2, 2, 3});
    CPPUNIT_ASSERT(step(node, append(2, 1, {2})).result.success);
    CPPUNIT_ASSERT(step(node, append(2, 1)).result.success);
    assert_terms("1 1 2 2 3", node);
  }

  void new_entries_are_appended_fig_2_append_entries_4() {
    RaftNode node = follower_of({1, 1});
    const Step done = step(node, append(2, 1, {3, 4}));
    CPPUNIT_ASSERT(done.result.success);
    CPPUNIT_ASSERT(done.output.entries == entries_of(3, {3, 4}));
    CPPUNIT_ASSERT(entries_in(node.log()) == entries_of(1, {1, 1, 3, 4}));
  }

  void only_entries_not_in_the_log_are_stored_fig_2_append_entries_4() {
    RaftNode node = follower_of({1, 1, 2});
    const Step done = step(node, append(1, 1, {1, 2, 4}));
    CPPUNIT_ASSERT(done.output.entries == entries_of(4, {4}));
  }

  void commit_follows_leader_commit_fig_2_append_entries_5() {
    RaftNode node = follower_of({1, 1});
    step(node, append(2, 1, {4, 4}, 3));
    CPPUNIT_ASSERT_EQUAL(Index{3}, node.commit_index());
  }

  // What lies past the last new entry is not proved to be the leader's.
  void commit_stops_at_the_last_new_entry_fig_2_append_entries_5() {
    RaftNode node = follower_of({1, 1, 2, 2, 2});
    const Step done = step(node, append(1, 1, {1, 2}, 5));
    CPPUNIT_ASSERT_EQUAL(Index{3}, node.commit_index());
    CPPUNIT_ASSERT(done.output.committed == entries_of(1, {1, 1, 2}));
  }

  void commit_of_a_heartbeat_stops_at_prev_fig_2_append_entries_5() {
    RaftNode node = follower_of({1, 1, 2});
    step(node, append(2, 1, {}, 3));
    CPPUNIT_ASSERT_EQUAL(Index{2}, node.commit_index());
  }

  void commit_never_falls_fig_2_append_entries_5() {
    RaftNode node = follower_of({1, 1, 4});
    step(node, append(3, 4, {}, 3));
    const Step done = step(node, append(1, 1, {1}, 1));
    CPPUNIT_ASSERT_EQUAL(Index{3}, node.commit_index());
    CPPUNIT_ASSERT(done.output.committed.empty());
  }

  void a_refused_call_commits_nothing_fig_2() {
    RaftNode node = follower_of({1, 1, 2});
    step(node, append(3, 4, {}, 2));
    CPPUNIT_ASSERT_EQUAL(Index{0}, node.commit_index());
  }

  // An Output's entries are persisted before its messages leave: the answer
  // must not come in an earlier one.
  void entries_are_stored_before_the_answer_leaves_fig_2() {
    RaftNode node = follower_of({1});
    const Step done = step(node, append(1, 1, {4}));
    CPPUNIT_ASSERT(done.result.success);
    CPPUNIT_ASSERT(done.output.entries == entries_of(2, {4}));
    CPPUNIT_ASSERT(node.take_output().empty());
  }

  void what_replaces_a_conflict_is_stored_from_there_on_fig_2() {
    RaftNode node = follower_of({1, 1});
    step(node, append(2, 1, {2, 2}));
    const Step done = step(node, append(2, 1, {3}));
    CPPUNIT_ASSERT(done.output.entries == entries_of(3, {3}));
  }

  void an_entry_is_applied_when_it_is_committed_and_not_before_5_3() {
    RaftNode node = follower_of({});
    const Step stored = step(node, append(0, 0, {4, 4}));
    const Step committed = step(node, append(2, 4, {}, 1));
    CPPUNIT_ASSERT(stored.output.committed.empty());
    CPPUNIT_ASSERT(committed.output.committed == entries_of(1, {4}));
  }

  void committed_entries_are_applied_once_in_log_order_5_3() {
    RaftNode node = follower_of({1, 1, 4});
    const Step first = step(node, append(3, 4, {}, 2));
    const Step second = step(node, append(3, 4, {4}, 4));
    CPPUNIT_ASSERT(first.output.committed == entries_of(1, {1, 1}));
    CPPUNIT_ASSERT(second.output.committed == entries_of(3, {4, 4}));
    CPPUNIT_ASSERT_EQUAL(Index{4}, node.last_applied());
  }

  void a_success_proves_prev_and_the_entries_no_more_5_3() {
    RaftNode node = follower_of({1, 1, 2, 2});
    CPPUNIT_ASSERT_EQUAL(Index{2}, step(node, append(2, 1)).result.match_index);
    CPPUNIT_ASSERT_EQUAL(Index{3},
                         step(node, append(2, 1, {2})).result.match_index);
  }

  void a_refusal_names_the_end_of_a_short_log_5_3() {
    RaftNode node = follower_of({1, 1});
    const AppendEntriesResult result = step(node, append(9, 4)).result;
    CPPUNIT_ASSERT(result == (AppendEntriesResult{.term = kTerm,
                                                  .success = false,
                                                  .match_index = 2,
                                                  .match_term = 1}));
  }

  // Entries of term 3 can't be in a log that has term 2 at a later index.
  void a_refusal_skips_the_conflicting_term_5_3() {
    RaftNode node = follower_of({1, 2, 3, 3, 3});
    const AppendEntriesResult result = step(node, append(5, 2)).result;
    CPPUNIT_ASSERT_EQUAL(Index{2}, result.match_index);
    CPPUNIT_ASSERT_EQUAL(Term{2}, result.match_term);
  }

  void the_same_call_twice_is_harmless_5_5() {
    RaftNode node = follower_of({1, 1, 2});
    const AppendEntries args = append(2, 1, {4, 4}, 3);

    const Step first = step(node, args);
    const Step second = step(node, args);

    CPPUNIT_ASSERT(first.result == second.result);
    CPPUNIT_ASSERT(second.output.entries.empty());
    CPPUNIT_ASSERT(second.output.committed.empty());
    assert_terms("1 1 4 4", node);
  }

  void each_call_is_answered_in_order_5_5() {
    RaftNode node = follower_of({});
    for (Index prev = 0; prev < 3; ++prev) {
      const Term prev_term = prev == 0 ? 0 : kTerm;
      node.receive({.from = kLeader,
                    .to = kSelf,
                    .message = append(prev, prev_term, {kTerm})});
    }

    const Output output = node.take_output();

    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, output.messages.size());
    for (Index i = 0; i < 3; ++i) {
      const Message& message = output.messages[i].message;
      CPPUNIT_ASSERT_EQUAL(i + 1,
                           std::get<AppendEntriesResult>(message).match_index);
    }
  }

  void a_follower_takes_no_proposals_5_3() {
    RaftNode node = follower_of({1});
    CPPUNIT_ASSERT(!node.propose("x"));
    assert_terms("1", node);
  }

  void a_heartbeat_is_answered_though_it_brings_nothing_5_2() {
    RaftNode node = follower_of({1});
    const Step done = step(node, append(1, 1));
    CPPUNIT_ASSERT(done.result.success);
    CPPUNIT_ASSERT(done.output.entries.empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RaftPaperTest);

}  // namespace
}  // namespace raft
