// [since stage6_election]
// What is committed when leaders change, step by step: Figure 8 and its kin,
// the leader's own write, and what a deposed leader must not believe.
//
// Not here: L-05, L-21 and L-28 are about writes that end in another order than
// they began; the shell has one at a time. L-17 is in election_terms_test.cc,
// and so is L-25, as E-30.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

using Logs = std::vector<std::vector<Term>>;

// As a leader with a smaller limit would send it.
Envelope with_entries(Envelope envelope, std::size_t count) {
  std::get<AppendEntries>(envelope.message).entries.resize(count);
  return envelope;
}

class CommitScenariosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommitScenariosTest);
  CPPUNIT_TEST(L_01_figure_8_c_a_majority_of_an_old_entry_is_no_commit);
  CPPUNIT_TEST(L_01_figure_8_d_the_old_entry_may_still_go);
  CPPUNIT_TEST(L_01_figure_8_e_an_entry_of_this_term_commits_it);
  CPPUNIT_TEST(L_02_the_first_entry_of_a_term_commits_all_before_it);
  CPPUNIT_TEST(L_10_a_new_leader_knows_of_no_match);
  CPPUNIT_TEST(L_13_a_result_of_an_older_term_of_mine_is_ignored);
  CPPUNIT_TEST_SUITE_END();

 public:
  void L_01_figure_8_c_a_majority_of_an_old_entry_is_no_commit() {
    Elections cluster = figure_8_c();
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.node(1).match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.node(1).match_index(3));
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.node(1).commit_index());
  }

  void L_01_figure_8_d_the_old_entry_may_still_go() {
    Elections cluster = figure_8_c();
    cluster.crash(1);
    cluster.drop_all();

    cluster.restart(5);
    CPPUNIT_ASSERT_EQUAL(std::string("1 3"), cluster.terms(5));
    cluster.elect_and_settle(5, {2, 3, 4});

    for (NodeId id = 2; id <= 5; ++id) {
      CPPUNIT_ASSERT_EQUAL(std::string("1 3 5"), terms_in(cluster.applied(id)));
    }
  }

  void L_01_figure_8_e_an_entry_of_this_term_commits_it() {
    Elections cluster = figure_8_c();

    cluster.settle_heartbeats(3, 1);

    CPPUNIT_ASSERT_EQUAL(Index{3}, cluster.node(1).commit_index());
    for (NodeId id : {1u, 2u, 3u, 4u}) {
      CPPUNIT_ASSERT_EQUAL(std::string("1 2 4"), terms_in(cluster.applied(id)));
    }
    cluster.crash(1);
    cluster.restart(5);
    cluster.campaign(5);
    cluster.settle();
    CPPUNIT_ASSERT(cluster.role(5) != Role::kLeader);
  }

  void L_02_the_first_entry_of_a_term_commits_all_before_it() {
    Elections cluster({.term = 2, .logs = {{1, 2}, {1, 2}, {1, 2}}});
    cluster.elect_and_settle(1, {2, 3});
    for (NodeId id = 1; id <= 3; ++id) {
      CPPUNIT_ASSERT_EQUAL(std::string("1 2 3"), terms_in(cluster.applied(id)));
    }
  }

  // Node 2 has stored 7 to 10 of term 2, and lost them to term 3. In term 4 it
  // hears nothing. Who still believed in its 10 would commit what two hold.
  void L_10_a_new_leader_knows_of_no_match() {
    const std::vector<Term> six = {1, 1, 1, 1, 1, 1};
    Elections cluster({.term = 1, .logs = Logs(5, six)});
    cluster.elect(1, {2, 3});
    for (const char* command : {"x", "y", "z"}) cluster.propose_at(1, command);
    cluster.call(1, 2);
    cluster.call(1, 2);
    CPPUNIT_ASSERT_EQUAL(Index{10}, cluster.node(1).match_index(2));
    cluster.drop_all();
    cluster.elect_and_settle(3, {4, 5});
    CPPUNIT_ASSERT_EQUAL(Index{7}, cluster.node(1).commit_index());
    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 1 1 1 3"), cluster.terms(2));

    cluster.elect(1, {4, 5});
    cluster.propose_at(1, "x");
    cluster.propose_at(1, "y");
    for (int times = 0; times < 3; ++times) {
      if (cluster.has(1, 4)) cluster.call(1, 4);
    }

    CPPUNIT_ASSERT_EQUAL(Index{10}, cluster.node(4).log().last_index());
    CPPUNIT_ASSERT_EQUAL(Index{10}, cluster.node(1).match_index(4));
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.node(1).match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{7}, cluster.node(1).commit_index());
  }

  void L_13_a_result_of_an_older_term_of_mine_is_ignored() {
    Elections cluster({.term = 1});
    cluster.elect(1, {2});
    cluster.deliver(cluster.take(1, 3));
    const Envelope late = cluster.take(3, 1);
    CPPUNIT_ASSERT_EQUAL(Index{1}, result_in(late).match_index);
    cluster.drop_all();
    cluster.elect(3, {2});
    cluster.deliver(cluster.take(3, 1));
    cluster.elect(1, {2});
    CPPUNIT_ASSERT_EQUAL(Term{4}, cluster.term(1));

    cluster.deliver(late);

    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.node(1).match_index(3));
    CPPUNIT_ASSERT_EQUAL(Index{0}, cluster.node(1).commit_index());
  }

 private:
  // (a) Node 1 leads term 2, and node 2 gets its entry 2. (b) Node 1 crashes,
  // node 5 leads term 3 and has an entry 2 of its own. (c) Node 5 crashes, node
  // 1 leads term 4, has a new entry 3, and sends the old one to node 3.
  static Elections figure_8_c() {
    Elections cluster({.term = 1, .logs = Logs(5, {1})});
    cluster.elect(1, {2, 3});
    cluster.call(1, 2);
    cluster.crash(1);
    cluster.elect(5, {3, 4});
    cluster.crash(5);
    cluster.restart(1);
    cluster.drop_all();
    cluster.elect(1, {2, 3, 4});
    CPPUNIT_ASSERT_EQUAL(Term{4}, cluster.term(1));
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 4"), cluster.terms(1));

    cluster.deliver(with_entries(cluster.take(1, 2), 0));
    cluster.deliver(cluster.take(2, 1));
    cluster.call(1, 3);  // refused: it lacks entry 2
    cluster.deliver(with_entries(cluster.take(1, 3), 1));
    cluster.deliver(cluster.take(3, 1));
    cluster.drop_all();
    CPPUNIT_ASSERT_EQUAL(std::string("1 2"), cluster.terms(2));
    CPPUNIT_ASSERT_EQUAL(std::string("1 2"), cluster.terms(3));
    return cluster;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CommitScenariosTest);

}  // namespace
}  // namespace raft
