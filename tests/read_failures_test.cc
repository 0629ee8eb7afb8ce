// [since stage6_election]
// Linearizable reads when messages are lost, leaders change, or nobody leads:
// no read hangs for ever, and none is answered that should not be.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/elections.h"

namespace raft {
namespace {

ReadIndexResult answer_in(const Envelope& envelope) {
  return std::get<ReadIndexResult>(envelope.message);
}

class ReadFailuresTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadFailuresTest);
  CPPUNIT_TEST(a_lost_question_is_asked_again);
  CPPUNIT_TEST(a_lost_answer_is_asked_for_again);
  CPPUNIT_TEST(an_answer_that_takes_longer_than_an_attempt_serves);
  CPPUNIT_TEST(a_refused_question_waits_before_it_is_asked_again);
  CPPUNIT_TEST(a_follower_asks_the_next_leader);
  CPPUNIT_TEST(reads_fail_when_their_leader_steps_down);
  CPPUNIT_TEST(questions_are_refused_when_their_leader_steps_down);
  CPPUNIT_TEST(without_a_leader_a_read_fails_in_time);
  CPPUNIT_TEST(without_a_majority_a_read_fails_in_time);
  CPPUNIT_TEST(without_a_majority_a_question_is_refused_in_time);
  CPPUNIT_TEST(a_read_while_the_leader_writes_waits_for_nothing_durable);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_lost_question_is_asked_again() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.take(2, 1);
    cluster.tick(2, kHeartbeatTicks);
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  void a_lost_answer_is_asked_for_again() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.call(1, 3);
    cluster.lose(1, 2, SIZE_MAX);
    cluster.tick(2, kHeartbeatTicks);
    cluster.settle_heartbeats(1, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  // Or no read would come through a network that is slower than the attempts.
  void an_answer_that_takes_longer_than_an_attempt_serves() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.call(1, 3);
    cluster.tick(2, 2 * kHeartbeatTicks);
    cluster.lose(2, 1, SIZE_MAX);
    while (cluster.has(1, 2)) cluster.deliver(cluster.take(1, 2));
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(2));
  }

  // Or it would go to and fro as fast as the network can carry it.
  void a_refused_question_waits_before_it_is_asked_again() {
    Elections cluster = led();
    cluster.read(2, 7);
    const ReadIndex question = std::get<ReadIndex>(cluster.take(2, 1).message);
    const std::size_t before = cluster.sent(2, 1);
    cluster.deliver(
        {.from = 1,
         .to = 2,
         .message = ReadIndexResult{.term = question.term,
                                    .question = question.question}});
    CPPUNIT_ASSERT_EQUAL(before, cluster.sent(2, 1));
    cluster.tick(2, kHeartbeatTicks);
    CPPUNIT_ASSERT_EQUAL(before + 1, cluster.sent(2, 1));
  }

  void a_follower_asks_the_next_leader() {
    Elections cluster = led();
    cluster.read(3, 7);
    cluster.crash(1);
    cluster.drop_all();
    cluster.elect_and_settle(2, {3});
    CPPUNIT_ASSERT_EQUAL(std::string("7 ok"), cluster.reads(3));
  }

  void reads_fail_when_their_leader_steps_down() {
    Elections cluster = led();
    cluster.cut(1);
    cluster.read(1, 7);
    cluster.read(1, 8);
    cluster.elect_and_settle(2, {3});
    cluster.heal(1);
    cluster.settle_heartbeats(1, 2);
    CPPUNIT_ASSERT_EQUAL(std::string("7 failed, 8 failed"), cluster.reads(1));
  }

  // And the refusal is of the new term, so it waits for the disk.
  void questions_are_refused_when_their_leader_steps_down() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.drop_all();
    cluster.hold_disk(1);
    cluster.elect(3, {2});
    cluster.deliver(cluster.take(3, 1));
    CPPUNIT_ASSERT(!cluster.has(1, 2));
    cluster.release_disk(1);

    const ReadIndexResult refusal = answer_in(cluster.take(1, 2));

    CPPUNIT_ASSERT(!refusal.success);
    CPPUNIT_ASSERT_EQUAL(Term{3}, refusal.term);
  }

  void without_a_leader_a_read_fails_in_time() {
    Elections cluster({.term = 1});
    cluster.read(1, 7);
    cluster.tick(1, kReadTicksMax - 1);
    CPPUNIT_ASSERT_EQUAL(std::string(), cluster.reads(1));
    cluster.tick(1);
    CPPUNIT_ASSERT_EQUAL(std::string("7 failed"), cluster.reads(1));
  }

  void without_a_majority_a_read_fails_in_time() {
    Elections cluster = led();
    cluster.cut(1);
    cluster.read(1, 7);
    cluster.tick(1, kReadTicksMax);
    CPPUNIT_ASSERT_EQUAL(std::string("7 failed"), cluster.reads(1));
    CPPUNIT_ASSERT(cluster.role(1) == Role::kLeader);
  }

  void without_a_majority_a_question_is_refused_in_time() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.deliver(cluster.take(2, 1));
    cluster.drop_all();
    for (int i = 0; i < kReadTicksMax; ++i) {
      cluster.lose(1, 2, SIZE_MAX);
      cluster.tick(1);
    }
    CPPUNIT_ASSERT(!answer_in(cluster.take(1, 2)).success);
  }

  // Neither the heartbeats of a round nor the answer to a follower do.
  void a_read_while_the_leader_writes_waits_for_nothing_durable() {
    Elections cluster = led();
    cluster.read(2, 7);
    cluster.hold_disk(1);
    cluster.node(1).propose("x");
    cluster.deliver(cluster.take(2, 1));
    CPPUNIT_ASSERT(request_in(cluster.take(1, 2)).round > 0);
    CPPUNIT_ASSERT(request_in(cluster.take(1, 3)).round > 0);
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
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadFailuresTest);

}  // namespace
}  // namespace raft
