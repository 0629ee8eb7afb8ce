// [since stage3_log_repl]
// What is committed, and when: the last of Figure 2's "Rules for Leaders",
// §5.3, and of §5.4.2 the rule that keeps a leader from counting older terms.
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "tests/leader.h"
#include "tests/logs.h"

namespace raft {
namespace {

class RaftPaperCommitTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RaftPaperCommitTest);
  CPPUNIT_TEST(a_command_commits_at_a_majority_and_not_before_5_3);
  CPPUNIT_TEST(a_slow_minority_does_not_delay_a_commit_5_3);
  CPPUNIT_TEST(the_leaders_copy_counts_when_it_is_durable_and_not_before_5_3);
  CPPUNIT_TEST(a_commit_includes_all_entries_before_it_5_3);
  CPPUNIT_TEST(an_older_terms_entry_is_not_committed_by_counting_5_4_2);
  CPPUNIT_TEST(an_older_terms_entry_commits_with_one_of_this_term_5_4_2);
  CPPUNIT_TEST(followers_learn_the_commit_index_from_the_next_message_5_3);
  CPPUNIT_TEST(a_leader_applies_each_committed_entry_once_in_order_5_3);
  CPPUNIT_TEST(much_that_is_committed_is_applied_in_parts_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_command_commits_at_a_majority_and_not_before_5_3() {
    for (NodeId nodes = 2; nodes <= 7; ++nodes) {
      RaftNode leader = started_leader_of({}, nodes);
      leader.propose("x");
      leader.take_output();
      for (NodeId peer = 2; peer <= nodes; ++peer) {
        success(leader, peer, 2);
        leader.take_output();
        const NodeId copies = peer;  // 2 to peer, and the leader's own
        const Index expected = copies * 2 > nodes ? 2 : 0;
        CPPUNIT_ASSERT_EQUAL(expected, leader.commit_index());
      }
    }
  }

  void a_slow_minority_does_not_delay_a_commit_5_3() {
    RaftNode leader = started_leader_of({}, 5);
    success(leader, 2, 1);
    success(leader, 3, 1);
    leader.take_output();
    for (Index index = 2; index <= 50; ++index) {
      leader.propose("x");
      leader.take_output();
      success(leader, 2, index);
      success(leader, 3, index);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                           leader.take_output().committed.size());
    }
  }

  // Two copies of three, but the leader's is only on its way to the disk.
  void the_leaders_copy_counts_when_it_is_durable_and_not_before_5_3() {
    RaftNode leader = started_leader_of({});
    success(leader, 2, 1);
    leader.take_output();
    leader.propose("x");
    success(leader, 2, 2);

    const Output storing = leader.take_output();
    const Index while_storing = leader.commit_index();
    const Output stored = leader.take_output();

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, storing.entries.size());
    CPPUNIT_ASSERT_EQUAL(Index{1}, while_storing);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, stored.committed.size());
  }

  void a_commit_includes_all_entries_before_it_5_3() {
    RaftNode leader = started_leader_of({1, 3, 4, 4});
    success(leader, 2, 4);
    CPPUNIT_ASSERT_EQUAL(std::string("1 3 4 4"),
                         terms_in(leader.take_output().committed));
  }

  void an_older_terms_entry_is_not_committed_by_counting_5_4_2() {
    RaftNode leader = started_leader_of({1, 3, 4});
    success(leader, 2, 2);
    success(leader, 3, 2);
    CPPUNIT_ASSERT(leader.take_output().committed.empty());
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
  }

  void an_older_terms_entry_commits_with_one_of_this_term_5_4_2() {
    RaftNode leader = started_leader_of({1, 3});
    success(leader, 2, 2);
    leader.take_output();
    const Index before = leader.commit_index();
    success(leader, 2, 3);
    leader.take_output();
    CPPUNIT_ASSERT_EQUAL(Index{0}, before);
    CPPUNIT_ASSERT_EQUAL(Index{3}, leader.commit_index());
  }

  void followers_learn_the_commit_index_from_the_next_message_5_3() {
    RaftNode leader = started_leader_of({4});
    success(leader, 2, 1);
    leader.take_output();
    tick_to_heartbeat(leader);
    CPPUNIT_ASSERT_EQUAL(Index{1}, only(leader.take_output(), 3).leader_commit);
  }

  void a_leader_applies_each_committed_entry_once_in_order_5_3() {
    RaftNode leader = started_leader_of({4, 4, 4});
    success(leader, 2, 2);
    const Output first = leader.take_output();
    success(leader, 3, 3);
    const Output second = leader.take_output();
    const auto entries = entries_in(leader.log());
    CPPUNIT_ASSERT((std::vector{entries[0], entries[1]}) == first.committed);
    CPPUNIT_ASSERT((std::vector{entries[2]}) == second.committed);
    CPPUNIT_ASSERT(leader.take_output().committed.empty());
  }

  // As after a restart: in order, without a gap, and none of the outputs in
  // between is empty, so that the shell asks for the rest.
  void much_that_is_committed_is_applied_in_parts_5_3() {
    RaftNode leader = started_leader_of({});
    const std::string command(600 * 1024, 'x');
    for (int i = 0; i < 4; ++i) leader.propose(command);
    leader.take_output();
    success(leader, 2, 5);
    std::vector<std::size_t> parts;
    Index index = 0;
    while (index < 5) {
      const Output output = leader.take_output();
      CPPUNIT_ASSERT_EQUAL(Index{5}, leader.commit_index());
      CPPUNIT_ASSERT(!output.empty());
      for (const Entry& entry : output.committed) {
        CPPUNIT_ASSERT_EQUAL(++index, entry.index);
      }
      CPPUNIT_ASSERT_EQUAL(index, leader.last_applied());
      parts.push_back(output.committed.size());
    }
    CPPUNIT_ASSERT(parts == (std::vector<std::size_t>{3, 2}));
    CPPUNIT_ASSERT(leader.take_output().committed.empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RaftPaperCommitTest);

}  // namespace
}  // namespace raft
