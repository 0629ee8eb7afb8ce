// [since stage2_naive_repl]
// The core of naive replication: what it does, message by message, and at the
// end what goes wrong with it, which is why there is a paper to read.
#include <cppunit/extensions/HelperMacros.h>

#include "raft_node.h"

namespace raft {
namespace {

// Node `id` of a cluster of nodes 1 to `nodes`, of which 1 leads.
RaftNode node_of(NodeId id, NodeId nodes) {
  Config config{.id = id, .leader = 1};
  for (NodeId peer = 1; peer <= nodes; ++peer) {
    if (peer != id) config.peers.push_back(peer);
  }
  return RaftNode(std::move(config));
}

Envelope request(Index index,
                 const std::string& command,
                 NodeId to = 2,
                 NodeId from = 1) {
  const Entry entry{.index = index, .command = command};
  return {.from = from,
          .to = to,
          .message = AppendEntries{.leader_id = from, .entry = entry}};
}

Envelope result(NodeId from, Index index, bool success = true) {
  return {.from = from,
          .to = 1,
          .message = AppendEntriesResult{.index = index, .success = success}};
}

std::vector<Entry> committed(RaftNode& node) {
  const Output output = node.take_output();
  CPPUNIT_ASSERT(output.messages.empty());
  return output.committed;
}

std::vector<Envelope> messages(RaftNode& node) {
  const Output output = node.take_output();
  CPPUNIT_ASSERT(output.committed.empty());
  return output.messages;
}

// What a follower's map is made of: all that it carries out.
std::vector<std::string> carry_out(const std::vector<Envelope>& requests) {
  RaftNode follower = node_of(2, 3);
  std::vector<std::string> commands;
  for (const Envelope& envelope : requests) {
    follower.receive(envelope);
    for (const Entry& entry : follower.take_output().committed) {
      commands.push_back(entry.command);
    }
  }
  return commands;
}

using Commands = std::vector<std::string>;

class NaiveNodeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NaiveNodeTest);
  CPPUNIT_TEST(a_node_with_nothing_to_do_puts_nothing_out);
  CPPUNIT_TEST(a_follower_takes_no_proposals);
  CPPUNIT_TEST(a_proposal_goes_to_each_peer_once);
  CPPUNIT_TEST(proposals_are_counted_from_one);
  CPPUNIT_TEST(a_leader_alone_commits_at_once);
  CPPUNIT_TEST(an_entry_is_committed_exactly_at_the_majority);
  CPPUNIT_TEST(a_result_counts_once_however_often_it_comes);
  CPPUNIT_TEST(a_failure_does_not_count);
  CPPUNIT_TEST(results_for_entries_that_nobody_waits_for_mean_nothing);
  CPPUNIT_TEST(entries_commit_in_the_order_of_their_majorities);
  CPPUNIT_TEST(what_is_forgotten_never_commits);
  CPPUNIT_TEST(a_follower_carries_out_at_once_and_answers);
  CPPUNIT_TEST(a_follower_answers_each_request_once_in_order);
  CPPUNIT_TEST(requests_from_another_than_the_leader_are_refused);
  CPPUNIT_TEST(a_leader_refuses_requests);
  CPPUNIT_TEST(a_follower_ignores_results);
  CPPUNIT_TEST(what_was_taken_is_gone);
  CPPUNIT_TEST(a_gap_goes_unnoticed_which_log_matching_fig_3_forbids);
  CPPUNIT_TEST(two_orders_make_two_maps_which_fig_3_forbids);
  CPPUNIT_TEST(a_repeat_is_carried_out_twice_which_5_5_forbids);
  CPPUNIT_TEST(what_never_commits_is_carried_out_which_5_3_forbids);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_node_with_nothing_to_do_puts_nothing_out() {
    RaftNode leader = node_of(1, 3);
    RaftNode follower = node_of(2, 3);
    CPPUNIT_ASSERT(leader.role() == Role::kLeader);
    CPPUNIT_ASSERT(follower.role() == Role::kFollower);
    CPPUNIT_ASSERT_EQUAL(NodeId{1}, follower.leader());
    CPPUNIT_ASSERT(leader.take_output().empty());
    CPPUNIT_ASSERT(follower.take_output().empty());
  }

  void a_follower_takes_no_proposals() {
    RaftNode follower = node_of(2, 3);
    CPPUNIT_ASSERT(follower.propose("x") == std::nullopt);
    CPPUNIT_ASSERT(follower.take_output().empty());
  }

  void a_proposal_goes_to_each_peer_once() {
    RaftNode leader = node_of(1, 4);
    leader.propose("x");
    const std::vector<Envelope> wanted = {
        request(1, "x", 2), request(1, "x", 3), request(1, "x", 4)};
    CPPUNIT_ASSERT(messages(leader) == wanted);
  }

  void proposals_are_counted_from_one() {
    RaftNode leader = node_of(1, 2);
    CPPUNIT_ASSERT(leader.propose("x") == Index{1});
    CPPUNIT_ASSERT(leader.propose("x") == Index{2});
    leader.forget(2);
    CPPUNIT_ASSERT(leader.propose("x") == Index{3});
    const std::vector<Envelope> wanted = {
        request(1, "x"), request(2, "x"), request(3, "x")};
    CPPUNIT_ASSERT(messages(leader) == wanted);
  }

  void a_leader_alone_commits_at_once() {
    RaftNode leader = node_of(1, 1);
    leader.propose("x");
    CPPUNIT_ASSERT(committed(leader) == (std::vector<Entry>{{1, "x"}}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, leader.copies(1));
  }

  void an_entry_is_committed_exactly_at_the_majority() {
    for (NodeId nodes = 2; nodes <= 7; ++nodes) {
      RaftNode leader = node_of(1, nodes);
      CPPUNIT_ASSERT_EQUAL(std::size_t{nodes / 2 + 1}, leader.majority());
      leader.propose("x");
      CPPUNIT_ASSERT_EQUAL(std::size_t{nodes - 1}, messages(leader).size());
      for (NodeId copies = 1; copies <= nodes / 2; ++copies) {
        CPPUNIT_ASSERT_EQUAL(std::size_t{copies}, leader.copies(1));
        CPPUNIT_ASSERT(leader.take_output().empty());
        leader.receive(result(copies + 1, 1));
      }
      CPPUNIT_ASSERT(committed(leader) == (std::vector<Entry>{{1, "x"}}));
      for (NodeId late = nodes / 2 + 2; late <= nodes; ++late) {
        leader.receive(result(late, 1));
        CPPUNIT_ASSERT(leader.take_output().empty());
      }
    }
  }

  void a_result_counts_once_however_often_it_comes() {
    RaftNode leader = node_of(1, 5);
    leader.propose("x");
    leader.take_output();
    for (int i = 0; i < 5; ++i) leader.receive(result(2, 1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, leader.copies(1));
    CPPUNIT_ASSERT(leader.take_output().empty());
  }

  void a_failure_does_not_count() {
    RaftNode leader = node_of(1, 3);
    leader.propose("x");
    leader.take_output();
    leader.receive(result(2, 1, false));
    leader.receive(result(3, 1, false));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, leader.copies(1));
    CPPUNIT_ASSERT(leader.take_output().empty());
    leader.receive(result(3, 1));
    CPPUNIT_ASSERT(committed(leader) == (std::vector<Entry>{{1, "x"}}));
  }

  void results_for_entries_that_nobody_waits_for_mean_nothing() {
    RaftNode leader = node_of(1, 3);
    leader.receive(result(2, 0));
    leader.receive(result(2, 1));
    leader.receive(result(2, 99));
    CPPUNIT_ASSERT(leader.take_output().empty());
    leader.propose("x");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, leader.copies(1));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, leader.copies(2));
  }

  void entries_commit_in_the_order_of_their_majorities() {
    RaftNode leader = node_of(1, 3);
    leader.propose("x");
    leader.propose("y");
    leader.propose("z");
    leader.take_output();
    leader.receive(result(2, 3));
    leader.receive(result(3, 1));
    leader.receive(result(3, 3));
    leader.receive(result(2, 2));
    const std::vector<Entry> wanted = {{3, "z"}, {1, "x"}, {2, "y"}};
    CPPUNIT_ASSERT(committed(leader) == wanted);
  }

  void what_is_forgotten_never_commits() {
    RaftNode leader = node_of(1, 3);
    leader.propose("x");
    leader.propose("y");
    leader.take_output();
    leader.forget(1);
    leader.forget(7);
    leader.receive(result(2, 1));
    leader.receive(result(3, 1));
    CPPUNIT_ASSERT(leader.take_output().empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, leader.copies(1));
    leader.receive(result(2, 2));
    CPPUNIT_ASSERT(committed(leader) == (std::vector<Entry>{{2, "y"}}));
  }

  void a_follower_carries_out_at_once_and_answers() {
    RaftNode follower = node_of(2, 5);
    follower.receive(request(1, "x"));
    const Output output = follower.take_output();
    CPPUNIT_ASSERT(output.committed == (std::vector<Entry>{{1, "x"}}));
    CPPUNIT_ASSERT(output.messages == (std::vector<Envelope>{result(2, 1)}));
  }

  void a_follower_answers_each_request_once_in_order() {
    RaftNode follower = node_of(2, 5);
    for (const Index index : {1, 2, 2, 7, 3}) {
      follower.receive(request(index, "x"));
    }
    const std::vector<Envelope> wanted = {
        result(2, 1), result(2, 2), result(2, 2), result(2, 7), result(2, 3)};
    CPPUNIT_ASSERT(follower.take_output().messages == wanted);
    CPPUNIT_ASSERT(follower.take_output().empty());
  }

  void requests_from_another_than_the_leader_are_refused() {
    RaftNode follower = node_of(2, 5);
    follower.receive(request(1, "x", 2, 3));
    const std::vector<Envelope> wanted = {
        {.from = 2, .to = 3, .message = AppendEntriesResult{.index = 1}}};
    CPPUNIT_ASSERT(messages(follower) == wanted);
  }

  void a_leader_refuses_requests() {
    RaftNode leader = node_of(1, 3);
    leader.receive(request(1, "x", 1, 2));
    const std::vector<Envelope> wanted = {
        {.from = 1, .to = 2, .message = AppendEntriesResult{.index = 1}}};
    CPPUNIT_ASSERT(messages(leader) == wanted);
  }

  void a_follower_ignores_results() {
    RaftNode follower = node_of(2, 3);
    Envelope envelope = result(3, 1);
    envelope.to = 2;
    follower.receive(envelope);
    CPPUNIT_ASSERT(follower.take_output().empty());
  }

  void what_was_taken_is_gone() {
    RaftNode leader = node_of(1, 3);
    leader.propose("x");
    leader.receive(result(2, 1));
    const Output output = leader.take_output();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, output.committed.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, output.messages.size());
    CPPUNIT_ASSERT(leader.take_output().empty());
  }

  // Log Matching (Fig. 3) makes a follower refuse what comes after a gap. This
  // one misses "x" and will never know.
  void a_gap_goes_unnoticed_which_log_matching_fig_3_forbids() {
    RaftNode follower = node_of(2, 3);
    follower.receive(request(2, "y"));
    const Output output = follower.take_output();
    CPPUNIT_ASSERT(output.committed == (std::vector<Entry>{{2, "y"}}));
    CPPUNIT_ASSERT(output.messages == (std::vector<Envelope>{result(2, 2)}));
  }

  // State Machine Safety (Fig. 3): no two servers apply different entries at
  // one place of their histories.
  void two_orders_make_two_maps_which_fig_3_forbids() {
    const Envelope x = request(1, "put k x");
    const Envelope y = request(2, "put k y");
    CPPUNIT_ASSERT(carry_out({x, y}) == (Commands{"put k x", "put k y"}));
    CPPUNIT_ASSERT(carry_out({y, x}) == (Commands{"put k y", "put k x"}));
  }

  // A repeated request must do no harm (§5.5). Here it is as good as new.
  void a_repeat_is_carried_out_twice_which_5_5_forbids() {
    const Envelope x = request(1, "x");
    CPPUNIT_ASSERT(carry_out({x, x}) == (Commands{"x", "x"}));
  }

  // A server applies what is committed, and nothing else (§5.3). Here a reader
  // of the follower sees what the leader has given up, and the leader does not.
  void what_never_commits_is_carried_out_which_5_3_forbids() {
    RaftNode leader = node_of(1, 5);
    leader.propose("x");
    const std::vector<Envelope> sent = messages(leader);
    leader.receive(result(2, 1));
    leader.forget(1);
    CPPUNIT_ASSERT(leader.take_output().empty());
    CPPUNIT_ASSERT(carry_out({sent.front()}) == Commands{"x"});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NaiveNodeTest);

}  // namespace
}  // namespace raft
