// How the suites of the core make nodes without knowing a stage's Config: here
// the leader is fixed, it is node 1, and so is its term.
#pragma once

#include <utility>

#include "raft_node.h"

namespace raft {

inline constexpr NodeId kLeader = 1;

struct NodeSpec {
  NodeId id = kLeader;
  NodeId nodes = 3;  // of the cluster: 1, 2, … nodes
  Term term = 1;
  RaftLog log = {};  // what its storage held
  std::size_t message_bytes_max = 1024 * 1024;
};

inline constexpr int kHeartbeatTicks = 3;

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

}  // namespace raft
