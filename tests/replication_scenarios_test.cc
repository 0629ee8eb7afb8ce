// [since stage3_log_repl]
// Ways in which replication goes wrong elsewhere, as scripts for a leader and
// its followers: messages are late, lost, or change places.
//
// Not here: L-05, L-21 to L-25 and L-28 are about writes that are under way,
// and a node answers nothing before its Output is persisted; L-13 and L-17 need
// a second leader.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/hand_driven.h"

namespace raft {
namespace {

class ReplicationScenariosTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReplicationScenariosTest);
  CPPUNIT_TEST(L_06_a_gap_is_refused_and_left_in_one_step);
  CPPUNIT_TEST(L_09_match_index_does_not_fall_when_results_change_places);
  CPPUNIT_TEST(L_11_a_late_refusal_changes_nothing);
  CPPUNIT_TEST(L_11_a_refusal_never_reaches_below_match_index);
  CPPUNIT_TEST(L_12_next_index_stays_at_1_however_often_it_is_refused);
  CPPUNIT_TEST(L_18_a_lagging_commit_index_catches_up_without_a_write);
  CPPUNIT_TEST(L_19_a_lost_probe_is_followed_by_another);
  CPPUNIT_TEST(L_20_an_entry_over_the_limit_goes_alone);
  CPPUNIT_TEST(L_27_a_dead_follower_costs_one_empty_probe_a_heartbeat);
  CPPUNIT_TEST(L_29_each_success_moves_a_follower_forward);
  CPPUNIT_TEST(L_30_answers_from_all_without_the_entry_commit_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void L_06_a_gap_is_refused_and_left_in_one_step() {
    HandDriven cluster(
        {.term = 3, .logs = {{1, 1, 1, 1, 2, 2, 2}, {1, 1, 1, 1}}});
    const Envelope probe = cluster.take(1, 2);
    CPPUNIT_ASSERT_EQUAL(Index{7}, request_in(probe).prev_log_index);

    cluster.deliver(probe);
    const Envelope refusal = cluster.take(2, 1);
    cluster.deliver(refusal);

    CPPUNIT_ASSERT(!result_in(refusal).success);
    CPPUNIT_ASSERT_EQUAL(Index{4}, result_in(refusal).match_index);
    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 1"), cluster.terms(2));
    CPPUNIT_ASSERT_EQUAL(Index{4},
                         request_in(cluster.take(1, 2)).prev_log_index);
  }

  void L_09_match_index_does_not_fall_when_results_change_places() {
    HandDriven cluster({.logs = {{1, 1, 1}, {}, {}}});
    cluster.deliver(cluster.take(1, 2));
    cluster.deliver(cluster.take(2, 1));
    cluster.deliver(cluster.take(1, 2));
    const Envelope first = cluster.take(2, 1);
    cluster.deliver(first);
    cluster.propose("x");
    cluster.propose("y");
    cluster.deliver(cluster.take(1, 2));
    cluster.deliver(cluster.take(2, 1));
    cluster.deliver(cluster.take(1, 2));
    const Envelope second = cluster.take(2, 1);
    CPPUNIT_ASSERT_EQUAL(Index{3}, result_in(first).match_index);
    CPPUNIT_ASSERT_EQUAL(Index{5}, result_in(second).match_index);

    cluster.drop_all();
    cluster.deliver(second);
    cluster.deliver(first);
    cluster.tick_to_heartbeat();

    CPPUNIT_ASSERT_EQUAL(Index{5}, cluster.leader().match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{6}, cluster.leader().next_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{5}, cluster.leader().commit_index());
    CPPUNIT_ASSERT_EQUAL(Index{5},
                         request_in(cluster.take(1, 2)).prev_log_index);
  }

  void L_11_a_late_refusal_changes_nothing() {
    HandDriven cluster({.logs = {{1, 1, 1, 1, 1}, {1, 1}, {}}});
    cluster.deliver(cluster.take(1, 2));
    const Envelope refusal = cluster.take(2, 1);
    cluster.deliver(refusal);
    cluster.deliver(cluster.take(1, 2));
    cluster.deliver(cluster.take(2, 1));
    cluster.drop_all();
    const Index commit_index = cluster.leader().commit_index();

    cluster.deliver(refusal);
    cluster.tick_to_heartbeat();

    CPPUNIT_ASSERT_EQUAL(Index{5}, cluster.leader().match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{6}, cluster.leader().next_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{5}, commit_index);
    CPPUNIT_ASSERT_EQUAL(Index{5}, cluster.leader().commit_index());
    CPPUNIT_ASSERT_EQUAL(Index{5},
                         request_in(cluster.take(1, 2)).prev_log_index);
  }

  // A success of an earlier life of the leader proves 3; that 10 entries are
  // not there is news.
  void L_11_a_refusal_never_reaches_below_match_index() {
    HandDriven cluster({.logs = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1}, {}, {}}});
    AppendEntriesResult result = {
        .term = 1, .success = true, .match_index = 3, .match_term = 1};
    cluster.deliver({.from = 2, .to = 1, .message = result});
    result = {.term = 1, .success = false, .match_index = 1, .match_term = 1};
    cluster.deliver({.from = 2, .to = 1, .message = result});
    CPPUNIT_ASSERT_EQUAL(Index{3}, cluster.leader().match_index(2));
    CPPUNIT_ASSERT_EQUAL(Index{4}, cluster.leader().next_index(2));
  }

  void L_12_next_index_stays_at_1_however_often_it_is_refused() {
    HandDriven cluster({.logs = {{1, 1, 1}, {}, {}}});
    cluster.drop_all();
    for (Index probe = 0; probe < 20; ++probe) {
      cluster.deliver({.from = 2,
                       .to = 1,
                       .message = AppendEntriesResult{
                           .term = 1, .success = false, .match_index = 0}});
      cluster.tick_to_heartbeat();
      const AppendEntries args = request_in(cluster.take(1, 2));
      cluster.drop_all();
      CPPUNIT_ASSERT_EQUAL(Index{0}, args.prev_log_index);
    }
  }

  void L_18_a_lagging_commit_index_catches_up_without_a_write() {
    HandDriven cluster({});
    cluster.settle_heartbeats(1);
    const Index index = cluster.propose("x");
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(index, cluster.node(3).log().last_index());
    CPPUNIT_ASSERT_EQUAL(index - 1, cluster.node(3).commit_index());

    cluster.settle_heartbeats(1);

    CPPUNIT_ASSERT_EQUAL(index, cluster.node(3).commit_index());
    CPPUNIT_ASSERT_EQUAL(index, cluster.applied(3).size());
  }

  void L_19_a_lost_probe_is_followed_by_another() {
    HandDriven cluster({.logs = {{1, 1, 1}, {1}, {1}}});
    cluster.drop_all();
    cluster.propose("x");
    CPPUNIT_ASSERT(!cluster.has(1, 2));

    cluster.settle_heartbeats(1);

    CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 1"), cluster.terms(2));
    CPPUNIT_ASSERT_EQUAL(Index{4}, cluster.leader().commit_index());
  }

  void L_20_an_entry_over_the_limit_goes_alone() {
    HandDriven cluster({.message_bytes_max = 10});
    cluster.cut(2);
    for (std::size_t size : {50u, 4u, 4u, 4u, 50u, 50u, 1u}) {
      cluster.propose(std::string(size, 'x'));
    }
    cluster.settle_heartbeats(1);
    cluster.heal(2);
    cluster.tick_to_heartbeat();
    cluster.deliver(cluster.take(1, 2));
    cluster.deliver(cluster.take(2, 1));

    std::vector<std::size_t> sizes;
    while (cluster.has(1, 2)) {
      const Envelope request = cluster.take(1, 2);
      sizes.push_back(request_in(request).entries.size());
      cluster.deliver(request);
      cluster.settle();
    }
    cluster.settle_heartbeats(1);

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sizes.front());
    CPPUNIT_ASSERT(cluster.disk(2) == cluster.disk(1));
    CPPUNIT_ASSERT(cluster.applied(2) == cluster.applied(1));
  }

  // Of the messages that it does not answer, the first holds the entries; the
  // others ask how far it has come, and none is larger than a heartbeat.
  void L_27_a_dead_follower_costs_one_empty_probe_a_heartbeat() {
    HandDriven cluster({});
    cluster.cut(3);
    cluster.propose("x");
    cluster.settle();
    const std::size_t messages = cluster.sent(1, 3);
    const std::size_t bytes = cluster.command_bytes_sent();
    for (int heartbeat = 0; heartbeat < 100; ++heartbeat) {
      cluster.propose("y");
      cluster.settle_heartbeats(1);
    }

    CPPUNIT_ASSERT_EQUAL(messages + 100, cluster.sent(1, 3));
    // All of them went to node 2, each once.
    CPPUNIT_ASSERT_EQUAL(bytes + 100, cluster.command_bytes_sent());
    cluster.heal(3);
    cluster.settle_heartbeats(2);
    CPPUNIT_ASSERT(cluster.disk(3) == cluster.disk(1));
  }

  // One entry a message. The first that is sent is there already, the second
  // conflicts: a success that stores nothing is progress all the same.
  void L_29_each_success_moves_a_follower_forward() {
    HandDriven cluster({.term = 4,
                        .logs = {{2, 2, 2, 2, 4}, {2, 2, 2, 3}},
                        .message_bytes_max = 1});
    Index match_index = 0;
    for (int message = 0; cluster.has(1, 2); ++message) {
      CPPUNIT_ASSERT(message < 10);
      cluster.deliver(cluster.take(1, 2));
      const Envelope result = cluster.take(2, 1);
      if (result_in(result).success) {
        CPPUNIT_ASSERT(result_in(result).match_index > match_index);
        match_index = result_in(result).match_index;
      }
      cluster.deliver(result);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("2 2 2 2 4"), cluster.terms(2));
    CPPUNIT_ASSERT_EQUAL(Index{5}, cluster.leader().commit_index());
  }

  void L_30_answers_from_all_without_the_entry_commit_nothing() {
    HandDriven cluster({.logs = {{}, {}, {}, {}, {}}});
    const Index index = cluster.propose("x");
    cluster.settle();
    CPPUNIT_ASSERT_EQUAL(index, cluster.applied(1).size());

    cluster.propose("y");
    for (NodeId peer = 2; peer <= 5; ++peer) {
      cluster.take(1, peer);
      cluster.deliver({.from = peer,
                       .to = 1,
                       .message = AppendEntriesResult{.term = 1,
                                                      .success = true,
                                                      .match_index = index,
                                                      .match_term = 1}});
    }

    CPPUNIT_ASSERT_EQUAL(index, cluster.applied(1).size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReplicationScenariosTest);

}  // namespace
}  // namespace raft
