// Who is in the cluster and where: from a file of --cluster, or built in.
//
//   {"cluster_id": "demo", "leader": 1,
//    "nodes": [{"id": 1, "client": "127.0.0.1:7001",
//               "peer": "127.0.0.1:7101"}, …]}
//
// Plain values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/node_id.h"
#include "common/result.h"

namespace raft {

struct NodeAddress {
  NodeId id = kNobody;
  std::string client = {};  // HOST:PORT for clients
  std::string peer = {};  // HOST:PORT for the other nodes
  bool operator==(const NodeAddress&) const = default;
};

struct Cluster {
  std::string cluster_id = {};  // never empty
  NodeId leader = kNobody;  // where the leader is fixed
  std::vector<NodeAddress> nodes = {};  // by ascending id, never empty

  // Nothing (nullptr) for an id that is not in the cluster.
  const NodeAddress* find(NodeId id) const;
};

inline constexpr std::uint64_t kNodesMax = 99;

// True for HOST:PORT with a port that can be told to others, so not 0.
bool is_address(const std::string& address);

// Nodes 1 to `nodes` on 127.0.0.1: client port base_port + id, peer port
// base_port + 100 + id. REQUIRES: 1 <= nodes <= kNodesMax
Cluster built_in_cluster(std::uint64_t nodes, std::uint64_t base_port);

// The cluster that `text` describes. Fails, saying what is wrong, for an empty
// set, a duplicate id or address, or an unknown leader.
Result<Cluster> parse_cluster(const std::string& text);

// The same from a file; the error names it.
Result<Cluster> read_cluster(const std::string& file);

}  // namespace raft
