// See nodes.h: the leader is fixed, it is node 1, and so is its term.
#pragma once

#include <utility>
#include <vector>

#include "raft_node.h"
#include "tests/logs.h"

namespace raft {

inline constexpr NodeId kLeader = 1;
inline constexpr Term kTerm = 4;  // where a test needs no other

struct NodeSpec {
  NodeId id = kLeader;
  NodeId nodes = 3;  // of the cluster: 1, 2, … nodes
  Term term = 1;
  RaftLog log = {};  // what its storage held
  std::size_t message_bytes_max = 1024 * 1024;
  std::uint64_t seed = 1;  // of what is random
};

inline constexpr int kHeartbeatTicks = 3;
inline constexpr int kSilentTicksMax = 10 * kHeartbeatTicks;

inline RaftNode node_of(NodeSpec spec) {
  Config config{.id = spec.id,
                .leader = kLeader,
                .term = spec.term,
                .heartbeat_ticks = kHeartbeatTicks,
                .message_bytes_max = spec.message_bytes_max};
  for (NodeId peer = 1; peer <= spec.nodes; ++peer) {
    if (peer != spec.id) config.peers.push_back(peer);
  }
  return RaftNode(std::move(config), std::move(spec.log));
}

// Node 1 leads anyway.
template <typename CarryOut>
void make_leader(RaftNode&, NodeId, const CarryOut&) {}

// A leader that has sent its first messages, to which nobody has answered. It
// has an entry of its term.
inline RaftNode started_leader_in(NodeSpec spec) {
  if (spec.log.last_term() != spec.term) {
    spec.log.append(entry_of(spec.log.last_index() + 1, spec.term));
  }
  RaftNode node = node_of(std::move(spec));
  node.take_output();
  return node;
}

// What an Output wants to be sent before it is persisted, and in all.
inline std::vector<Envelope> early_messages_of(const Output&) {
  return {};
}
inline std::vector<Envelope> messages_of(const Output& output) {
  return output.messages;
}

// What a node puts out while that takes its time: nothing.
inline Output output_beside_disk_of(RaftNode&) {
  return {};
}

// What storage holds, and what an Output does to it.
struct Disk {
  std::vector<Entry> entries = {};
};
inline void persist(Disk& disk, const Output& output) {
  if (output.entries.empty()) return;
  disk.entries.resize(output.entries.front().index - 1);
  disk.entries.insert(
      disk.entries.end(), output.entries.begin(), output.entries.end());
}

// A node of spec.term that starts on `disk`. Its log in `spec` is ignored.
inline RaftNode node_on(const Disk& disk, NodeSpec spec) {
  for (const Entry& entry : disk.entries) spec.log.append(entry);
  return node_of(std::move(spec));
}

// What is on the disk of a node whose log has the given terms.
inline Disk disk_of(const NodeSpec&, const std::vector<Term>& terms) {
  return {.entries = entries_of(1, terms)};
}

}  // namespace raft
