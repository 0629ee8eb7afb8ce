// A network of its own for each node of a test cluster, by Linux's network
// namespaces: links between nodes can be cut below everything that the servers
// know of, connections that are established included.
//
// All of it lies in namespaces that are made here: this thread moves into a
// new one, with a bridge to one for each node, and the machine's own network is
// neither used nor changed. Needs root and iproute2.
//
// For the main thread, before it starts others.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/node_id.h"
#include "common/result.h"

namespace raft {

class NodeNetworks {
 public:
  // Networks for nodes 1 to `nodes`. Fails where the machine does not allow it,
  // and says why. REQUIRES: nodes < 200
  static Result<std::unique_ptr<NodeNetworks>> make(std::uint64_t nodes);

  // Removes the nodes' namespaces. REQUIRES: the nodes have ended.
  ~NodeNetworks();

  NodeNetworks(const NodeNetworks&) = delete;
  NodeNetworks& operator=(const NodeNetworks&) = delete;

  // A node's address, and what goes before a command to run it there.
  static std::string host(NodeId node);
  std::vector<std::string> launcher(NodeId node) const;

  // From now on nothing that `from` sends reaches `to`.
  void cut(NodeId from, NodeId to);

  // All arrives again.
  void heal();

 private:
  NodeNetworks() = default;

  Result<void> add(NodeId node);
  std::string name(NodeId node) const;

  std::set<NodeId> nodes_;
  std::set<std::pair<NodeId, NodeId>> cut_;
};

}  // namespace raft
