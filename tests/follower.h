// A follower on its own, and what one call of its leader does to it.
#pragma once

#include <cppunit/extensions/HelperMacros.h>
#include <utility>
#include <vector>

#include "tests/logs.h"
#include "tests/nodes.h"

namespace raft {

inline constexpr NodeId kSelf = 2;

// What a message did: how it was answered, and what else became due.
struct Step {
  AppendEntriesResult result = {};
  Output output = {};
};

// Node 2, a follower of node 1, whose log has the given terms.
inline RaftNode follower_of(std::vector<Term> terms) {
  return node_of({.id = kSelf, .term = kTerm, .log = log_of(std::move(terms))});
}

// AppendEntries of the leader, for entries of the given terms behind `prev`.
inline AppendEntries append(Index prev_index,
                            Term prev_term,
                            std::vector<Term> terms = {},
                            Index leader_commit = 0) {
  return {.term = kTerm,
          .leader_id = kLeader,
          .prev_log_index = prev_index,
          .prev_log_term = prev_term,
          .entries = entries_of(prev_index + 1, std::move(terms)),
          .leader_commit = leader_commit};
}

inline Step step(RaftNode& node, const AppendEntries& args) {
  node.receive({.from = args.leader_id, .to = kSelf, .message = args});
  Step done{.output = node.take_output()};
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, done.output.messages.size());
  const Envelope& answer = done.output.messages.front();
  CPPUNIT_ASSERT_EQUAL(args.leader_id, answer.to);
  done.result = std::get<AppendEntriesResult>(answer.message);
  return done;
}

}  // namespace raft
