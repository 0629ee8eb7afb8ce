// A node on its own in each role, for the suites about elections.
#pragma once

#include <cppunit/extensions/HelperMacros.h>
#include <utility>
#include <vector>

#include "tests/leader.h"
#include "tests/logs.h"
#include "tests/nodes.h"

namespace raft {

inline constexpr NodeId kSelf = 1;

// Node 1 of three in term 4, in each role. None has anything to put out.
inline RaftNode follower(std::vector<Term> terms = {1, 3},
                         NodeId voted_for = kNobody) {
  return node_of({.id = kSelf,
                  .term = kTerm,
                  .log = log_of(std::move(terms)),
                  .voted_for = voted_for});
}

inline RaftNode candidate(NodeId nodes = 3) {
  RaftNode node = node_of(
      {.id = kSelf, .nodes = nodes, .term = kTerm - 1, .log = log_of({1, 3})});
  tick_to_candidacy(node);
  node.take_output();
  node.take_output();
  return node;
}

inline RaftNode in_role(Role role) {
  if (role == Role::kFollower) return follower();
  if (role == Role::kCandidate) return candidate();
  return started_leader_of({1, 3});
}

inline const std::vector<Role> kRoles = {
    Role::kFollower, Role::kCandidate, Role::kLeader};

inline void receive(RaftNode& node, NodeId from, Message message) {
  node.receive({.from = from, .to = kSelf, .message = std::move(message)});
}

inline RequestVote request_of(NodeId candidate_id,
                              Term term,
                              Index last_log_index = 9,
                              Term last_log_term = 9) {
  return {.term = term,
          .candidate_id = candidate_id,
          .last_log_index = last_log_index,
          .last_log_term = last_log_term};
}

// What the node says to a request for its vote.
inline RequestVoteResult ask(RaftNode& node, const RequestVote& args) {
  receive(node, args.candidate_id, args);
  const Output output = node.take_output();
  for (const Envelope& envelope : output.messages) {
    const auto* result = std::get_if<RequestVoteResult>(&envelope.message);
    if (result && envelope.to == args.candidate_id) return *result;
  }
  CPPUNIT_FAIL("no answer");
  return {};
}

inline bool grants(RaftNode& node, const RequestVote& args) {
  return ask(node, args).vote_granted;
}

inline std::vector<Message> one_of_each(Term term) {
  return {AppendEntries{.term = term, .leader_id = 2},
          AppendEntriesResult{.term = term},
          request_of(2, term, 0, 0),
          RequestVoteResult{.term = term},
          ReadIndex{.term = term, .question = 5},
          ReadIndexResult{.term = term, .question = 5}};
}

// How many ticks it takes until the node stands for election.
inline int ticks_to_candidacy(RaftNode& node) {
  const Term before = node.current_term();
  int ticks = 0;
  for (; node.current_term() == before; ++ticks) node.tick();
  return ticks;
}

}  // namespace raft
