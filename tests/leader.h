// A leader on its own: results come in by hand, and its messages are looked at.
#pragma once

#include <cppunit/extensions/HelperMacros.h>
#include <utility>
#include <vector>

#include "tests/logs.h"
#include "tests/nodes.h"

namespace raft {

// A leader that has sent its first messages, to which nobody has answered. Its
// log has the given terms, and if none of them is kTerm, one entry of that.
inline RaftNode started_leader_of(std::vector<Term> terms, NodeId nodes = 3) {
  return started_leader_in(
      {.nodes = nodes, .term = kTerm, .log = log_of(std::move(terms))});
}

inline void success(RaftNode& node, NodeId from, Index match_index) {
  node.receive(
      {.from = from,
       .to = kLeader,
       .message = AppendEntriesResult{
           .term = kTerm, .success = true, .match_index = match_index}});
}

inline void refusal(RaftNode& node, NodeId from, Index probe, Term probe_term) {
  node.receive({.from = from,
                .to = kLeader,
                .message = AppendEntriesResult{.term = kTerm,
                                               .success = false,
                                               .match_index = probe,
                                               .match_term = probe_term}});
}

inline std::vector<AppendEntries> sent(const Output& output, NodeId to) {
  std::vector<AppendEntries> found;
  for (const Envelope& envelope : messages_of(output)) {
    if (envelope.to != to) continue;
    found.push_back(std::get<AppendEntries>(envelope.message));
  }
  return found;
}

inline AppendEntries only(const Output& output, NodeId to) {
  const auto found = sent(output, to);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
  return found.front();
}

inline void tick_to_heartbeat(RaftNode& node) {
  for (int i = 0; i < kHeartbeatTicks; ++i) node.tick();
}

}  // namespace raft
