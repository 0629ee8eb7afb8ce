// [since stage6_election]
// What a node does while its own write is under way (diss. §10.2.1): all that
// needs no disk, and nothing that does. What the leader's own copy is worth
// meanwhile is in leader_write_test.cc.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"
#include "tests/leader.h"

namespace raft {
namespace {

class BesideDiskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BesideDiskTest);
  CPPUNIT_TEST(what_is_new_goes_to_whoever_is_free);
  CPPUNIT_TEST(a_read_is_answered);
  CPPUNIT_TEST(what_needs_the_disk_is_put_out_when_it_is_free);
  CPPUNIT_TEST(a_vote_for_oneself_does_not_count);
  CPPUNIT_TEST(votes_are_counted_when_the_disk_is_free);
  CPPUNIT_TEST(a_question_about_a_term_waits_until_that_is_stored);
  CPPUNIT_TEST(nobody_waits_for_a_disk_that_he_does_not_need);
  CPPUNIT_TEST(E_32_a_later_term_does_not_wait_for_the_write);
  CPPUNIT_TEST(E_32_what_a_later_leader_deletes_is_deleted_behind_the_write);
  CPPUNIT_TEST_SUITE_END();

 public:
  // And not when the leader has stored what is older.
  void what_is_new_goes_to_whoever_is_free() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    cluster.propose_at(1, "y");

    cluster.call(1, 2);
    cluster.call(1, 2);

    CPPUNIT_ASSERT_EQUAL(std::string("x y"), commands_in(cluster.disk(2)));
    CPPUNIT_ASSERT_EQUAL(std::string(""), commands_in(cluster.disk(1)));
  }

  void a_read_is_answered() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    cluster.call(1, 3);
    cluster.read(1, 7);
    CPPUNIT_ASSERT_EQUAL(std::string(""), cluster.reads(1));

    cluster.call(1, 3);

    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(1));
  }

  void what_needs_the_disk_is_put_out_when_it_is_free() {
    RaftNode leader = started_leader_of({kTerm});
    leader.propose("x");
    CPPUNIT_ASSERT(leader.needs_disk());
    CPPUNIT_ASSERT_EQUAL(std::string("4"),
                         terms_in(leader.take_output().entries));
    CPPUNIT_ASSERT(!leader.needs_disk());
    leader.propose("y");
    leader.receive({.from = 3,
                    .to = kLeader,
                    .message = RequestVote{.term = 1, .candidate_id = 3}});

    const Output beside = leader.take_output_beside_disk();
    CPPUNIT_ASSERT(beside.entries.empty());
    CPPUNIT_ASSERT(beside.messages.empty());
    CPPUNIT_ASSERT(leader.needs_disk());
    const Output output = leader.take_output();

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, output.entries.size());
    CPPUNIT_ASSERT_EQUAL(std::string("y"), output.entries.front().command);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, output.messages.size());
    CPPUNIT_ASSERT(!leader.needs_disk());
  }

  void a_vote_for_oneself_does_not_count() {
    RaftNode node = node_of({.nodes = 1});
    tick_to_candidacy(node);
    CPPUNIT_ASSERT(node.needs_disk());
    CPPUNIT_ASSERT(node.take_output().hard_state.has_value());

    CPPUNIT_ASSERT(node.take_output_beside_disk().empty());
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);

    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kLeader);
  }

  // Whoever has taken in the one that decides must see to it that they are.
  void votes_are_counted_when_the_disk_is_free() {
    RaftNode node = node_of({});
    tick_to_candidacy(node);
    node.take_output();
    node.take_output();
    grant(node, 2);

    CPPUNIT_ASSERT(node.take_output_beside_disk().empty());
    CPPUNIT_ASSERT(node.role() == Role::kCandidate);
    CPPUNIT_ASSERT(node.needs_disk());

    node.take_output();
    CPPUNIT_ASSERT(node.role() == Role::kLeader);
  }

  void a_question_about_a_term_waits_until_that_is_stored() {
    RaftNode node = node_of({.id = 2});
    node.receive({.from = 1,
                  .to = 2,
                  .message = AppendEntries{.term = 5, .leader_id = 1}});
    node.read(7);

    CPPUNIT_ASSERT(node.take_output_beside_disk().empty());
    CPPUNIT_ASSERT(node.needs_disk());
    const Output output = node.take_output();

    CPPUNIT_ASSERT_EQUAL(Term{5}, output.hard_state->current_term);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.messages.size());
    CPPUNIT_ASSERT(
        std::holds_alternative<ReadIndex>(output.messages.back().message));
  }

  void nobody_waits_for_a_disk_that_he_does_not_need() {
    RaftNode leader = started_leader_of({kTerm});
    leader.propose("x");
    leader.take_output();
    success(leader, 2, 2);
    leader.propose("y");

    const Output first = leader.take_output();
    CPPUNIT_ASSERT_EQUAL(std::string("4 4"), terms_in(first.committed));
    CPPUNIT_ASSERT_EQUAL(Index{3}, only(first, 2).entries.back().index);
    CPPUNIT_ASSERT(first.entries.empty());
    CPPUNIT_ASSERT(first.messages.empty());

    const Output second = leader.take_output();
    CPPUNIT_ASSERT(second.committed.empty());
    CPPUNIT_ASSERT_EQUAL(std::string("y"), commands_in(second.entries));
  }

  // Nor does the one that comes behind it.
  void E_32_a_later_term_does_not_wait_for_the_write() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    cluster.elect(2, {3});

    cluster.deliver(cluster.take(2, 1));

    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);
    CPPUNIT_ASSERT_EQUAL(cluster.term(2), cluster.term(1));
    CPPUNIT_ASSERT(cluster.stored(1).current_term < cluster.term(1));
    CPPUNIT_ASSERT(!cluster.has(1, 2));
  }

  void E_32_what_a_later_leader_deletes_is_deleted_behind_the_write() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    for (const char* command : {"x", "y"}) cluster.propose_at(1, command);
    cluster.drop_all();
    cluster.elect(2, {3});
    cluster.deliver(cluster.take(2, 1));
    CPPUNIT_ASSERT_EQUAL(std::string("2 3"), cluster.terms(1));

    cluster.release_disk(1);

    CPPUNIT_ASSERT_EQUAL(std::string("2 3"), terms_in(cluster.disk(1)));
    CPPUNIT_ASSERT_EQUAL(cluster.term(2), cluster.stored(1).current_term);
    CPPUNIT_ASSERT(result_in(cluster.take(1, 2)).success);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BesideDiskTest);

}  // namespace
}  // namespace raft
