// [since stage2_naive_repl]
// The peer addresses of a cluster of three, for the suites of the transport.
#pragma once

#include <string>

#include "common/cluster.h"
#include "tests/reserved_port.h"

namespace raft {

// Addresses for nodes 1 to 3, kept free for them.
class ThreePorts {
 public:
  ThreePorts() {
    for (NodeId id = 1; id <= 3; ++id) {
      cluster_.nodes.push_back({.id = id, .peer = ports_[id - 1].address()});
    }
  }

  const Cluster& cluster() const { return cluster_; }
  std::string peer(NodeId id) const { return cluster_.find(id)->peer; }

 private:
  const ReservedPort ports_[3];
  Cluster cluster_ = {.cluster_id = "test", .leader = 1};
};

}  // namespace raft
