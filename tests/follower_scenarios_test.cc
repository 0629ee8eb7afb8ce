// [since stage3_log_repl]
// Ways in which replication goes wrong elsewhere, as scripts for one follower:
// a few calls, some of them late, twice, or malformed.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/death.h"
#include "tests/follower.h"

namespace raft {
namespace {

std::string assert_killed(void (*act)()) {
  const std::string words = last_words(act);
  CPPUNIT_ASSERT(!words.empty());
  return words;
}

class FollowerScenariosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FollowerScenariosTest);
  CPPUNIT_TEST(L_03_a_heartbeat_commits_no_further_than_it_proves);
  CPPUNIT_TEST(L_04_a_late_call_does_not_truncate);
  CPPUNIT_TEST(L_04_a_late_heartbeat_does_not_truncate);
  CPPUNIT_TEST(L_07_a_mismatch_at_prev_deletes_nothing);
  CPPUNIT_TEST(L_08_a_success_acknowledges_what_was_proved);
  CPPUNIT_TEST(L_16_a_conflict_below_the_commit_index_ends_the_process);
  CPPUNIT_TEST(L_16_another_command_in_the_same_place_ends_the_process);
  CPPUNIT_TEST(L_20_entries_that_are_not_numbered_in_order_are_refused);
  CPPUNIT_TEST(L_28_a_repeat_is_not_acknowledged_before_the_write);
  CPPUNIT_TEST_SUITE_END();

 public:
  void L_03_a_heartbeat_commits_no_further_than_it_proves() {
    RaftNode node = follower_of({1, 1, 1, 1});
    const Step done = step(node, append(1, 1, {}, 4));
    CPPUNIT_ASSERT_EQUAL(Index{1}, node.commit_index());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, done.output.committed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 1"), terms_in(node.log()));
  }

  void L_04_a_late_call_does_not_truncate() {
    RaftNode node = follower_of({1, 1, 1});
    step(node, append(3, 1, {2}));
    step(node, append(4, 2, {2}));

    const Step late = step(node, append(3, 1, {2}));

    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 2 2"), terms_in(node.log()));
    CPPUNIT_ASSERT(late.result.success);
    CPPUNIT_ASSERT_EQUAL(Index{4}, late.result.match_index);
    CPPUNIT_ASSERT(late.output.entries.empty());
  }

  void L_04_a_late_heartbeat_does_not_truncate() {
    RaftNode node = follower_of({1, 1, 1, 2, 2});
    const Step late = step(node, append(3, 1));
    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 2 2"), terms_in(node.log()));
    CPPUNIT_ASSERT_EQUAL(Index{3}, late.result.match_index);
  }

  void L_07_a_mismatch_at_prev_deletes_nothing() {
    RaftNode node = follower_of({1, 1, 2});
    CPPUNIT_ASSERT(!step(node, append(3, 1)).result.success);
    CPPUNIT_ASSERT_EQUAL(std::string("1 1 2"), terms_in(node.log()));
  }

  void L_08_a_success_acknowledges_what_was_proved() {
    RaftNode node = follower_of({1, 1, 1, 1});
    CPPUNIT_ASSERT_EQUAL(Index{2}, step(node, append(2, 1)).result.match_index);
  }

  // State Machine Safety (Fig. 3): it was applied, and can't be taken back.
  void L_16_a_conflict_below_the_commit_index_ends_the_process() {
    const std::string words = assert_killed([] {
      RaftNode node = follower_of({1, 1, 1});
      step(node, append(3, 1, {}, 2));
      step(node, append(1, 1, {2}));
    });
    CPPUNIT_ASSERT(words.find("commit_index_") != std::string::npos);
  }

  // Log Matching (Fig. 3): a leader came back without entries that it had sent.
  void L_16_another_command_in_the_same_place_ends_the_process() {
    assert_killed([] {
      RaftNode node = follower_of({1, 1});
      AppendEntries args = append(1, 1, {1});
      args.entries.front().command = "another";
      step(node, args);
    });
  }

  void L_20_entries_that_are_not_numbered_in_order_are_refused() {
    const std::vector<std::vector<Index>> orders = {
        {5}, {3}, {0}, {4, 6}, {4, 4}, {5, 4}};
    for (const std::vector<Index>& order : orders) {
      RaftNode node = follower_of({1, 1, 1, 1, 1});
      AppendEntries args = append(3, 1);
      for (Index index : order) args.entries.push_back(entry_of(index, 2));
      CPPUNIT_ASSERT(!step(node, args).result.success);
      CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 1 1"), terms_in(node.log()));
    }
    RaftNode node = follower_of({1, 1});
    CPPUNIT_ASSERT(!step(node, append(2, 1, {3, 2})).result.success);
    CPPUNIT_ASSERT(!step(node, append(2, 1, {kTerm + 1})).result.success);
    CPPUNIT_ASSERT_EQUAL(std::string("1 1"), terms_in(node.log()));
  }

  // Both results wait in one Output, behind what it persists.
  void L_28_a_repeat_is_not_acknowledged_before_the_write() {
    RaftNode node = follower_of({});
    const Envelope call = {
        .from = kLeader, .to = kSelf, .message = append(0, 0, {4, 4})};
    node.receive(call);
    node.receive(call);
    const Output output = node.take_output();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.entries.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.messages.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FollowerScenariosTest);

}  // namespace
}  // namespace raft
