// [since stage6_election]
// Linearizable reads on any node (§8, diss. §6.4): which ones are answered, and
// when.
//
// Not here: K-05, for there are no leases; K-08, for a session has no age: the
// one that was used longest ago in the log goes first; K-15, for a follower
// forwards no write, it names the leader; K-18, for nothing throws in apply: a
// command that does not decode ends the process; K-24, for a session has one
// write under way. K-25 (a) and (b) need snapshots and transfers.
//
// Elsewhere: K-06, K-07, K-09, K-12, K-13, K-16 and K-17 are in
// kv_store_session_test.cc, K-10 and K-11 in leader_write_test.cc, K-14 in
// client_cluster_test.cc, K-19 and K-25 (c) in story_waiting_clients_test.cc,
// K-20 in story_idle_connections_test.cc, K-21 in story_bad_http_input_test.cc,
// K-22 in rpc_refusals_test.cc, K-23 in story_linearizable_test.cc.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

ReadIndexResult answer_in(const Envelope& envelope) {
  return std::get<ReadIndexResult>(envelope.message);
}

class ReadScenariosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadScenariosTest);
  CPPUNIT_TEST(a_leader_answers_after_a_round_of_a_majority_8);
  CPPUNIT_TEST(a_follower_answers_when_it_has_applied_what_the_leader_says);
  CPPUNIT_TEST(one_round_serves_all_reads_that_have_queued_up);
  CPPUNIT_TEST(one_question_serves_all_reads_that_have_queued_up);
  CPPUNIT_TEST(a_read_costs_no_write_6_4);
  CPPUNIT_TEST(one_node_answers_at_once);
  CPPUNIT_TEST(K_01_a_deposed_leader_answers_nothing);
  CPPUNIT_TEST(K_01_a_follower_of_a_deposed_leader_answers_nothing);
  CPPUNIT_TEST(K_02_a_new_leader_waits_for_its_first_commit);
  CPPUNIT_TEST(K_03_what_was_acknowledged_before_does_not_count);
  CPPUNIT_TEST(K_03_what_acknowledges_a_round_to_come_does_not_count);
  CPPUNIT_TEST(K_03_a_refusal_to_an_old_term_of_mine_confirms_nothing);
  CPPUNIT_TEST(K_03_a_result_for_an_earlier_life_confirms_nothing);
  CPPUNIT_TEST(K_03_an_answer_of_an_older_term_confirms_nothing);
  CPPUNIT_TEST(K_04_a_follower_waits_until_it_has_applied_the_index);
  CPPUNIT_TEST(a_read_sees_what_was_committed_before_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_leader_answers_after_a_round_of_a_majority_8() {
    Elections cluster = led(5);
    cluster.read(1, 7);
    cluster.call(1, 2);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(1));
    cluster.call(1, 3);
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(1));
  }

  void a_follower_answers_when_it_has_applied_what_the_leader_says() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    CPPUNIT_ASSERT(!cluster.has(2, 1));
    cluster.call(1, 3);
    const Envelope answer = cluster.take(1, 2);
    CPPUNIT_ASSERT(std::holds_alternative<AppendEntries>(answer.message));
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  void one_round_serves_all_reads_that_have_queued_up() {
    Elections cluster = led();
    for (ReadId id = 1; id <= 100; ++id) cluster.node(1).read(id);
    const std::size_t before = cluster.sent(1, 2);
    cluster.carry_out(1);
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(before + 1, cluster.sent(1, 2));
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, count_ok(cluster, 1));
  }

  // 100 share the first, and 100 that come while it is out share the second.
  void one_question_serves_all_reads_that_have_queued_up() {
    Elections cluster = led();
    for (ReadId id = 1; id <= 100; ++id) cluster.node(2).read(id);
    const std::size_t before = cluster.sent(2, 1);
    cluster.carry_out(2);
    for (ReadId id = 101; id <= 200; ++id) cluster.read(2, id);
    CPPUNIT_ASSERT_EQUAL(before + 1, cluster.sent(2, 1));
    cluster.settle();
    // Two questions, and results of one round each.
    CPPUNIT_ASSERT_EQUAL(before + 4, cluster.sent(2, 1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{200}, count_ok(cluster, 2));
  }

  void a_read_costs_no_write_6_4() {
    Elections cluster = led();
    const auto before = cluster.disk(1);
    for (NodeId id = 1; id <= 3; ++id) {
      const std::size_t start = cluster.outputs(id).size();
      cluster.read(id, 7);
      cluster.settle();
      for (std::size_t i = start; i < cluster.outputs(id).size(); ++i) {
        CPPUNIT_ASSERT(!cluster.outputs(id)[i].hard_state);
        CPPUNIT_ASSERT(cluster.outputs(id)[i].entries.empty());
      }
    }
    CPPUNIT_ASSERT(before == cluster.disk(1));
  }

  void one_node_answers_at_once() {
    Elections cluster({.term = 1, .logs = {{1}}});
    cluster.tick(1, kElectionTicksMax);
    cluster.read(1, 7);
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(1));
  }

  void K_01_a_deposed_leader_answers_nothing() {
    Elections cluster = led();
    cluster.cut(1);
    cluster.elect_and_settle(2, {3});
    cluster.propose_at(2, "x=2");
    cluster.settle_heartbeats(1, 2);

    cluster.read(1, 7);
    cluster.settle_heartbeats(2, 1);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(1));
    cluster.heal(1);
    cluster.settle_heartbeats(2, 1);

    CPPUNIT_ASSERT_EQUAL(std::string("7 failed"), cluster.reads(1));
  }

  void K_01_a_follower_of_a_deposed_leader_answers_nothing() {
    Elections cluster = led(5);
    for (NodeId id : {3u, 4u, 5u}) cluster.lose(id);
    cluster.elect(3, {4, 5});
    cluster.drop_all();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.call(1, 2);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(2));
    cluster.settle_heartbeats(2, 3);
    CPPUNIT_ASSERT_EQUAL(NodeId{3}, cluster.node(1).leader());
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  // It has the entry, and does not know yet that it is committed. A follower
  // has said that it leads, but its first entry is lost.
  void K_02_a_new_leader_waits_for_its_first_commit() {
    Elections cluster = led();
    cluster.propose_at(1, "x=2");
    cluster.call(1, 2);
    CPPUNIT_ASSERT_EQUAL(Index{2}, cluster.node(1).commit_index());
    CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.node(2).commit_index());
    cluster.crash(1);
    cluster.elect(2, {3});
    cluster.drop_all();

    cluster.read(2, 7);
    cluster.tick(2, kHeartbeatTicks);
    cluster.call(2, 3);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(2));
    cluster.settle_heartbeats(2, 2);

    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
    CPPUNIT_ASSERT_EQUAL(std::string("x=2"), commands_in(cluster.applied(2)));
  }

  // The acknowledgements of a heartbeat are under way when the read comes.
  void K_03_what_was_acknowledged_before_does_not_count() {
    Elections cluster = led();
    cluster.read(1, 6);
    for (NodeId peer : {2u, 3u}) cluster.deliver(cluster.take(1, peer));
    const Envelope early = cluster.take(2, 1);
    const Envelope same = cluster.take(3, 1);
    cluster.read(1, 7);

    cluster.deliver(early);
    cluster.deliver(early);
    cluster.deliver(same);
    CPPUNIT_ASSERT_EQUAL(std::string("6 ok"), cluster.reads(1));

    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("6 ok, 7 ok"), cluster.reads(1));
  }

  // Nobody has been told of it: whoever claims to have heard is broken.
  void K_03_what_acknowledges_a_round_to_come_does_not_count() {
    Elections cluster = led();
    for (NodeId peer : {2u, 3u}) {
      cluster.deliver({.from = peer,
                       .to = 1,
                       .message = AppendEntriesResult{
                           .term = cluster.node(1).current_term(),
                           .success = true,
                           .round = 1000}});
    }
    cluster.read(1, 7);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(1));

    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(1));
  }

  // Node 1 led term 2 for long, and its rounds there had large numbers. Now it
  // leads term 4, and one of the old messages arrives.
  void K_03_a_refusal_to_an_old_term_of_mine_confirms_nothing() {
    Elections cluster = led();
    for (ReadId id = 1; id <= 50; ++id) {
      cluster.read(1, id);
      cluster.settle();
    }
    cluster.read(1, 51);
    const Envelope old = cluster.take(1, 3);
    CPPUNIT_ASSERT(request_in(old).round > 50);
    cluster.drop_all();
    cluster.elect_and_settle(2, {1, 3});
    cluster.elect_and_settle(1, {2, 3});
    cluster.read(1, 100);
    cluster.drop_all();

    cluster.deliver(old);
    const Envelope refusal = cluster.take(3, 1);
    cluster.deliver(refusal);

    CPPUNIT_ASSERT_EQUAL(cluster.term(1), result_in(refusal).term);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, result_in(refusal).round);
    CPPUNIT_ASSERT(cluster.reads(1).find("100") == std::string::npos);
  }

  // The same term, the same leader, but node 2 has restarted in between.
  void K_03_a_result_for_an_earlier_life_confirms_nothing() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.call(1, 3);
    cluster.call(1, 2);  // of the round
    const Envelope old = cluster.take(1, 2);
    CPPUNIT_ASSERT(answer_in(old).success);
    cluster.crash(2);
    cluster.restart(2);
    cluster.settle_heartbeats(1, 1);
    cluster.read(2, 7);

    cluster.deliver(old);

    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(2));
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  // It names a question that was asked in this term: whoever sends it is
  // broken.
  void K_03_an_answer_of_an_older_term_confirms_nothing() {
    Elections cluster = led();
    cluster.read(2, 7);
    const Envelope asked = cluster.take(2, 1);
    const auto& args = std::get<ReadIndex>(asked.message);

    cluster.deliver({.from = 1,
                     .to = 2,
                     .message = ReadIndexResult{.term = args.term - 1,
                                                .question = args.question,
                                                .success = true}});

    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(2));
    cluster.deliver(asked);
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  void K_04_a_follower_waits_until_it_has_applied_the_index() {
    Elections cluster = led();
    const Index index = cluster.propose_at(1, "x");
    cluster.take(1, 3);
    cluster.call(1, 2);
    cluster.read(3, 7);
    cluster.deliver(cluster.take(3, 1));
    cluster.tick_to_heartbeat(1);
    cluster.call(1, 2);
    Envelope answer = cluster.take(1, 3);
    while (!std::holds_alternative<ReadIndexResult>(answer.message)) {
      answer = cluster.take(1, 3);
    }
    cluster.deliver(answer);

    CPPUNIT_ASSERT_EQUAL(index, answer_in(answer).read_index);
    CPPUNIT_ASSERT(cluster.node(3).last_applied() < index);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(3));
    cluster.settle_heartbeats(2, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(3));
    assert_read_behind(cluster, 3, index);
  }

  void a_read_sees_what_was_committed_before_it() {
    Elections cluster = led();
    for (NodeId id = 1; id <= 3; ++id) {
      const Index index = cluster.propose_at(1, "x");
      cluster.call(1, 1 + id % 2 + 1);
      CPPUNIT_ASSERT_EQUAL(index, cluster.node(1).commit_index());
      cluster.read(id, 7);
      cluster.settle_heartbeats(2, 1);
      assert_read_behind(cluster, id, index);
    }
  }

 private:
  // Node 1 leads, all have its first entry, and know that it is committed.
  static Elections led(std::size_t nodes = 3) {
    Elections cluster(
        {.term = 1, .logs = std::vector<std::vector<Term>>(nodes)});
    cluster.elect(
        1, nodes == 3 ? std::set<NodeId>{2, 3} : std::set<NodeId>{2, 3, 4});
    cluster.settle_heartbeats(2, 1);
    for (NodeId id = 1; id <= nodes; ++id) {
      CPPUNIT_ASSERT_EQUAL(Index{1}, cluster.node(id).commit_index());
    }
    return cluster;
  }

  static std::size_t count_ok(const Elections& cluster, NodeId id) {
    std::size_t count = 0;
    for (const Output& output : cluster.outputs(id)) {
      for (const ReadResult& result : output.reads) count += result.ok;
    }
    return count;
  }

  // In its last Outputs, the node handed out a read, and `index` not after it.
  static void assert_read_behind(const Elections& cluster,
                                 NodeId id,
                                 Index index) {
    Index applied = 0;
    bool is_read = false;
    for (const Output& output : cluster.outputs(id)) {
      if (!output.committed.empty()) applied = output.committed.back().index;
      if (output.reads.empty()) continue;
      is_read = applied >= index;
    }
    CPPUNIT_ASSERT(is_read);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadScenariosTest);

}  // namespace
}  // namespace raft
