// [since stage6_election]
// A leader's own write, how much it takes on, and what becomes of its proposals
// when it is deposed. The rest is in commit_scenarios_test.cc.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

// Of a candidate that will not get the vote.
RequestVote late_request(Term term) {
  return {.term = term, .candidate_id = 3};
}

class LeaderWriteTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LeaderWriteTest);
  CPPUNIT_TEST(L_22_a_write_of_an_older_term_of_mine_is_not_counted);
  CPPUNIT_TEST(L_23_no_acknowledgement_leaves_before_the_write);
  CPPUNIT_TEST(L_24_what_followers_stored_outlives_a_leader_that_did_not);
  CPPUNIT_TEST(L_24_the_leaders_copy_counts_once_it_is_durable);
  CPPUNIT_TEST(L_26_too_much_that_is_not_committed_is_refused);
  CPPUNIT_TEST(L_26_the_first_entry_of_a_term_is_never_refused);
  CPPUNIT_TEST(L_30_a_majority_and_a_later_term_at_once_commit_nothing);
  CPPUNIT_TEST(K_10_an_entry_of_a_deposed_leader_may_survive);
  CPPUNIT_TEST(K_11_another_entry_may_take_the_index_of_a_proposal);
  CPPUNIT_TEST_SUITE_END();

 public:
  // While it writes, another leader takes the entry away. Then it leads again,
  // and has less than it has written.
  void L_22_a_write_of_an_older_term_of_mine_is_not_counted() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    for (const char* command : {"x", "y", "z"}) cluster.propose_at(1, command);
    cluster.drop_all();
    cluster.elect(2, {3});
    cluster.deliver(cluster.take(2, 1));
    CPPUNIT_ASSERT_EQUAL(std::string("2 3"), cluster.terms(1));

    cluster.release_disk(1);
    CPPUNIT_ASSERT_EQUAL(std::string("2 3"), terms_in(cluster.disk(1)));
    cluster.drop_all();
    cluster.elect(1, {3});
    cluster.settle();
    cluster.hold_disk(1);
    const Index index = cluster.propose_at(1, "w");
    cluster.call(1, 2);

    CPPUNIT_ASSERT_EQUAL(Index{4}, index);
    CPPUNIT_ASSERT_EQUAL(index, cluster.node(1).match_index(2));
    CPPUNIT_ASSERT_EQUAL(index - 1, cluster.node(1).commit_index());
    cluster.release_disk(1);
    CPPUNIT_ASSERT_EQUAL(index, cluster.node(1).commit_index());
  }

  void L_23_no_acknowledgement_leaves_before_the_write() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "x");
    cluster.hold_disk(2);
    cluster.deliver(cluster.take(1, 2));
    CPPUNIT_ASSERT(!cluster.has(2, 1));
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.node(2).log().last_index());

    cluster.crash(2);
    cluster.restart(2);

    CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.node(2).log().last_index());
    CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.node(1).commit_index());
  }

  // The leader has told a client, and dies with its own write under way.
  void L_24_what_followers_stored_outlives_a_leader_that_did_not() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    cluster.call(1, 2);
    cluster.call(1, 3);
    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.applied(1)));
    CPPUNIT_ASSERT_EQUAL(std::string(""), commands_in(cluster.disk(1)));

    cluster.crash(1);
    cluster.elect_and_settle(2, {3});
    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.applied(3)));
    cluster.restart(1);
    cluster.settle_heartbeats(3, 2);

    CPPUNIT_ASSERT(cluster.disk(1) == cluster.disk(2));
    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.applied(1)));
  }

  void L_24_the_leaders_copy_counts_once_it_is_durable() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    const Index index = cluster.propose_at(1, "x");
    cluster.call(1, 2);
    cluster.tick(1, kHeartbeatTicks);
    CPPUNIT_ASSERT_EQUAL(index, cluster.node(1).match_index(2));
    CPPUNIT_ASSERT_EQUAL(index - 1, cluster.node(1).commit_index());

    cluster.release_disk(1);

    CPPUNIT_ASSERT_EQUAL(index, cluster.node(1).commit_index());
    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.applied(1)));
  }

  void L_26_too_much_that_is_not_committed_is_refused() {
    RaftNode leader = started_leader_in({.uncommitted_bytes_max = 100});
    const std::string command(30, 'x');
    for (int i = 0; i < 4; ++i) CPPUNIT_ASSERT(leader.propose(command));
    leader.take_output();
    CPPUNIT_ASSERT(leader.is_overloaded());
    for (int i = 0; i < 40; ++i) CPPUNIT_ASSERT(!leader.propose(command));
    CPPUNIT_ASSERT_EQUAL(Index{5}, leader.log().last_index());

    leader.receive(
        {.from = 2,
         .to = 1,
         .message = AppendEntriesResult{
             .term = 1, .success = true, .match_index = 2, .match_term = 1}});
    leader.take_output();

    CPPUNIT_ASSERT_EQUAL(Index{2}, leader.commit_index());
    CPPUNIT_ASSERT(leader.propose(command));
    CPPUNIT_ASSERT(!leader.propose(command));
  }

  // Nor is it held against a leader what it had in an earlier term.
  void L_26_the_first_entry_of_a_term_is_never_refused() {
    RaftNode leader = started_leader_in({.uncommitted_bytes_max = 1});
    CPPUNIT_ASSERT(leader.propose("x"));
    CPPUNIT_ASSERT(leader.is_overloaded());

    leader.receive({.from = 3, .to = 1, .message = late_request(2)});
    CPPUNIT_ASSERT(!leader.is_overloaded());
    make_leader(leader, 3, [&] { leader.take_output(); });

    CPPUNIT_ASSERT_EQUAL(std::string("1 1 3"), terms_in(leader.log()));
    CPPUNIT_ASSERT(leader.propose("x"));
  }

  void L_30_a_majority_and_a_later_term_at_once_commit_nothing() {
    RaftNode leader = started_leader_in({});
    const auto index = leader.propose("x");
    leader.take_output();
    for (NodeId peer : {2u, 3u}) {
      leader.receive({.from = peer,
                      .to = 1,
                      .message = AppendEntriesResult{.term = 1,
                                                     .success = true,
                                                     .match_index = *index,
                                                     .match_term = 1}});
    }
    leader.receive({.from = 3, .to = 1, .message = late_request(2)});
    CPPUNIT_ASSERT(leader.take_output().committed.empty());
    CPPUNIT_ASSERT_EQUAL(Index{0}, leader.commit_index());
  }

  // So its client was told "unknown", and not "failed".
  void K_10_an_entry_of_a_deposed_leader_may_survive() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "A");
    cluster.call(1, 2);
    cluster.drop_all();
    cluster.elect_and_settle(2, {1, 3});
    CPPUNIT_ASSERT_EQUAL(std::string("A"), commands_in(cluster.applied(1)));
  }

  void K_11_another_entry_may_take_the_index_of_a_proposal() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    const Index index = cluster.propose_at(1, "A");
    cluster.drop_all();
    cluster.elect_and_settle(2, {3});

    const Entry& applied = cluster.applied(1).at(index - 1);

    CPPUNIT_ASSERT_EQUAL(index, applied.index);
    CPPUNIT_ASSERT_EQUAL(Term{3}, applied.term);
    CPPUNIT_ASSERT_EQUAL(std::string(), commands_in(cluster.applied(1)));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LeaderWriteTest);

}  // namespace
}  // namespace raft
