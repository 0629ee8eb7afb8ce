// [since stage6_election]
// Several leaders, restarts, and terms out of the ordinary, as scripts for a
// cluster. The rest, and what is not here, is in election_scenarios_test.cc.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/death.h"
#include "tests/elections.h"

namespace raft {
namespace {

RequestVoteResult vote_in(const Envelope& envelope) {
  return std::get<RequestVoteResult>(envelope.message);
}

Envelope request_of(NodeId candidate_id, NodeId to, Term term, Index last = 9) {
  return {.from = candidate_id,
          .to = to,
          .message = RequestVote{.term = term,
                                 .candidate_id = candidate_id,
                                 .last_log_index = last,
                                 .last_log_term = last == 0 ? 0 : term - 1}};
}

// Node 1 answers `call` of node 2, of its own term, and changes nothing.
void check_refused(Elections& cluster, const Message& call) {
  const Term term = cluster.term(1);
  const HardState stored = cluster.stored(1);
  const std::size_t before = cluster.sent(1, 2);
  cluster.deliver({.from = 2, .to = 1, .message = call});
  CPPUNIT_ASSERT_EQUAL(before + 1, cluster.sent(1, 2));
  const Message result = cluster.take(1, 2).message;
  if (const auto* vote = std::get_if<RequestVoteResult>(&result)) {
    CPPUNIT_ASSERT(*vote == RequestVoteResult{.term = term});
  } else if (const auto* read = std::get_if<ReadIndexResult>(&result)) {
    CPPUNIT_ASSERT(!read->success && read->term == term);
  } else {
    const auto& append = std::get<AppendEntriesResult>(result);
    CPPUNIT_ASSERT(!append.success && append.term == term);
  }
  CPPUNIT_ASSERT_EQUAL(term, cluster.term(1));
  CPPUNIT_ASSERT(cluster.stored(1) == stored);
  CPPUNIT_ASSERT_EQUAL(kNobody, cluster.node(1).leader());
}

class ElectionTermsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionTermsTest);
  CPPUNIT_TEST(E_26_what_a_leader_sends_is_of_the_term_that_it_led);
  CPPUNIT_TEST(E_27_of_two_leaders_one_can_commit);
  CPPUNIT_TEST(E_29_a_candidate_that_restarts_keeps_its_vote);
  CPPUNIT_TEST(E_30_one_node_elects_itself_and_commits);
  CPPUNIT_TEST(E_31_an_absurd_term_is_refused);
  CPPUNIT_TEST(K_21_who_speaks_for_another_node_is_refused);
  CPPUNIT_TEST(E_31_a_large_term_is_adopted_and_never_wraps);
  CPPUNIT_TEST(E_33_a_paused_leader_steps_down_once);
  CPPUNIT_TEST(L_17_a_second_leader_of_a_term_ends_a_leader);
  CPPUNIT_TEST(L_17_a_second_leader_of_a_term_ends_a_follower);
  CPPUNIT_TEST(a_late_message_of_an_old_leader_changes_nothing_5_1);
  CPPUNIT_TEST(every_node_can_lead_in_turn_5_2);
  CPPUNIT_TEST(the_candidate_with_the_better_log_wins_5_4_1);
  CPPUNIT_TEST(a_node_that_was_away_forces_a_new_term_5_1);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Nothing is put together before the Output is taken, so what role and term
  // are then is what is sent.
  void E_26_what_a_leader_sends_is_of_the_term_that_it_led() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    RaftNode& node = cluster.node(1);
    node.propose("x");
    for (int i = 0; i < kHeartbeatTicks; ++i) node.tick();
    node.receive(request_of(3, 1, 3, 0));
    while (node.role() == Role::kFollower) node.tick();

    cluster.carry_out(1);

    CPPUNIT_ASSERT_EQUAL(Term{4}, cluster.term(1));
    for (NodeId peer : {2u, 3u}) {
      while (cluster.has(1, peer)) {
        const Envelope sent = cluster.take(1, peer);
        CPPUNIT_ASSERT(!std::holds_alternative<AppendEntries>(sent.message));
      }
    }
  }

  void E_27_of_two_leaders_one_can_commit() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(1);
    cluster.elect_and_settle(2, {3});
    cluster.propose_at(1, "A");
    cluster.propose_at(2, "B");
    cluster.settle_heartbeats(2, 2);
    CPPUNIT_ASSERT(cluster.leaders() == (std::set<NodeId>{1, 2}));

    cluster.heal(1);
    cluster.settle_heartbeats(3, 2);

    for (NodeId id = 1; id <= 3; ++id) {
      CPPUNIT_ASSERT_EQUAL(std::string("B"), commands_in(cluster.applied(id)));
      CPPUNIT_ASSERT(cluster.disk(id) == cluster.disk(2));
    }
  }

  void E_29_a_candidate_that_restarts_keeps_its_vote() {
    Elections cluster({.term = 6});
    cluster.campaign(1);
    cluster.lose(1);
    cluster.crash(1);
    cluster.restart(1);
    CPPUNIT_ASSERT(cluster.stored(1) == (HardState{7, 1}));

    cluster.deliver(request_of(2, 1, 7));
    CPPUNIT_ASSERT(!vote_in(cluster.take(1, 2)).vote_granted);
    cluster.campaign(1);

    CPPUNIT_ASSERT_EQUAL(Term{8}, cluster.term(1));
  }

  // After its own vote is durable; what it then writes counts when that is
  // (L-25).
  void E_30_one_node_elects_itself_and_commits() {
    Elections cluster({.term = 1, .logs = {{1}}});
    cluster.hold_disk(1);
    cluster.campaign(1);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kCandidate);
    cluster.release_disk(1);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kLeader);
    CPPUNIT_ASSERT_EQUAL(std::string("1 2"), terms_in(cluster.applied(1)));

    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.node(1).commit_index());
    cluster.release_disk(1);
    cluster.tick(1, 1000);

    CPPUNIT_ASSERT_EQUAL(std::string("x"), commands_in(cluster.applied(1)));
    CPPUNIT_ASSERT_EQUAL(Term{2}, cluster.term(1));
    CPPUNIT_ASSERT(cluster.node(1).hears_from_majority());
  }

  // But each call gets a result: results find their calls by their order.
  void E_31_an_absurd_term_is_refused() {
    for (const Term term : {Term{1} << 63, UINT64_MAX, (Term{1} << 32) + 2}) {
      Elections cluster({.term = 1});
      cluster.deliver(
          {.from = 2, .to = 1, .message = AppendEntriesResult{.term = term}});
      CPPUNIT_ASSERT(cluster.outputs(1).empty());
      for (const Message& message :
           {Message(AppendEntries{.term = term, .leader_id = 2}),
            Message(RequestVote{.term = term, .candidate_id = 2}),
            Message(ReadIndex{.term = term, .question = 7})}) {
        check_refused(cluster, message);
      }
    }
  }

  void K_21_who_speaks_for_another_node_is_refused() {
    Elections cluster({.term = 1});
    check_refused(cluster, AppendEntries{.term = 2, .leader_id = 3});
    check_refused(cluster, AppendEntries{.term = 2, .leader_id = 1});
    check_refused(cluster, RequestVote{.term = 2, .candidate_id = 3});
  }

  void E_31_a_large_term_is_adopted_and_never_wraps() {
    Elections cluster({.term = 1});
    const Term term = (Term{1} << 32) + 1;
    cluster.deliver(request_of(2, 1, term));
    CPPUNIT_ASSERT(cluster.stored(1) == (HardState{term, 2}));

    Elections late({.term = UINT64_MAX - 5});
    late.deliver(request_of(2, 1, UINT64_MAX - 1));
    CPPUNIT_ASSERT_EQUAL(UINT64_MAX - 1, late.term(1));
    late.deliver(request_of(2, 1, 3));
    CPPUNIT_ASSERT_EQUAL(UINT64_MAX - 1, late.term(1));
  }

  // Of the ticks that it missed, the shell makes up for those that only count,
  // and gives one more (common/ticker.h): one heartbeat, no hundred.
  void E_33_a_paused_leader_steps_down_once() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(1);
    cluster.elect_and_settle(2, {3});
    cluster.heal(1);
    const std::size_t before = cluster.sent(1, 2);

    cluster.tick(1, cluster.node(1).idle_ticks() + 1);
    CPPUNIT_ASSERT_EQUAL(before + 1, cluster.sent(1, 2));
    for (ReadId read : {7u, 8u, 9u}) cluster.read(1, read);
    for (const char* command : {"x", "y", "z"}) cluster.propose_at(1, command);
    cluster.settle_heartbeats(2, 2);

    CPPUNIT_ASSERT_EQUAL(Term{3}, cluster.term(1));
    CPPUNIT_ASSERT_EQUAL(NodeId{2}, cluster.node(1).leader());
    CPPUNIT_ASSERT_EQUAL(std::string("7 failed, 8 failed, 9 failed"),
                         cluster.reads(1));
    CPPUNIT_ASSERT_EQUAL(std::string(), commands_in(cluster.applied(1)));
  }

  // Election Safety (Fig. 3): never a step-down that hides it.
  void L_17_a_second_leader_of_a_term_ends_a_leader() {
    const std::string words = last_words([] {
      Elections cluster({.term = 1});
      cluster.elect(1, {2});
      cluster.deliver({.from = 3,
                       .to = 1,
                       .message = AppendEntries{.term = 2, .leader_id = 3}});
    });
    CPPUNIT_ASSERT(words.find("node 3 leads term 2, but node 1 does") !=
                   std::string::npos);
  }

  void L_17_a_second_leader_of_a_term_ends_a_follower() {
    const std::string words = last_words([] {
      Elections cluster({.term = 1});
      cluster.elect_and_settle(1, {2});
      cluster.deliver({.from = 3,
                       .to = 2,
                       .message = AppendEntries{.term = 2, .leader_id = 3}});
    });
    CPPUNIT_ASSERT(words.find("node 3 leads term 2, but node 1 does") !=
                   std::string::npos);
  }

  void a_late_message_of_an_old_leader_changes_nothing_5_1() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.propose_at(1, "x");
    const Envelope late = cluster.take(1, 3);
    cluster.elect(2, {3});
    cluster.settle_heartbeats(1, 2);
    const auto before = cluster.disk(3);

    cluster.deliver(late);

    CPPUNIT_ASSERT(before == cluster.disk(3));
    CPPUNIT_ASSERT_EQUAL(Term{3}, cluster.term(3));
  }

  void every_node_can_lead_in_turn_5_2() {
    Elections cluster({.term = 0});
    for (Term term = 1; term <= 9; ++term) {
      const NodeId id = 1 + term % 3;
      cluster.elect_and_settle(id, {1 + (term + 1) % 3, 1 + (term + 2) % 3});
      CPPUNIT_ASSERT(cluster.leaders() == std::set<NodeId>{id});
      CPPUNIT_ASSERT_EQUAL(term, cluster.term(id));
    }
  }

  void the_candidate_with_the_better_log_wins_5_4_1() {
    Elections cluster({.term = 2, .logs = {{1}, {1, 2}, {1, 2}}});
    cluster.campaign(1);
    cluster.settle();
    CPPUNIT_ASSERT(cluster.leaders().empty());

    cluster.campaign(2);
    cluster.settle_heartbeats(1, 2);

    CPPUNIT_ASSERT(cluster.leaders() == std::set<NodeId>{2});
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 4"), cluster.terms(1));
  }

  // What a node alone has counted up to, the others must reach: it disturbs
  // them, and it is part of the cluster again.
  void a_node_that_was_away_forces_a_new_term_5_1() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.cut(3);
    for (int times = 0; times < 5; ++times) cluster.campaign(3);
    cluster.heal(3);

    cluster.settle_heartbeats(1, 1);
    CPPUNIT_ASSERT(cluster.role(1) == Role::kFollower);
    CPPUNIT_ASSERT_EQUAL(Term{7}, cluster.term(1));
    cluster.elect_and_settle(1, {2, 3});

    CPPUNIT_ASSERT_EQUAL(Term{8}, cluster.term(3));
    CPPUNIT_ASSERT(cluster.disk(3) == cluster.disk(1));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionTermsTest);

}  // namespace
}  // namespace raft
