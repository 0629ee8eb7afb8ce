// What becomes of messages, under a seed: each arrives after a while, later
// than one that was sent after it, twice, or not at all.
#pragma once

#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "common/node_id.h"

namespace raft {

using Microseconds = std::uint64_t;  // of virtual time

struct NetworkWeather {
  std::uint64_t loss = 0;  // of 1000 messages
  std::uint64_t duplication = 0;
  std::uint64_t straying = 0;  // that take up to a hundred times as long
  Microseconds delay_max = 2'000;
};

class SimNetwork {
 public:
  SimNetwork(NetworkWeather weather, NodeId nodes, std::uint64_t seed)
      : weather_(weather), nodes_(nodes), random_(seed) {}

  // When the copies of a message from one node to another arrive, from now.
  std::vector<Microseconds> delays(NodeId from, NodeId to);

  // Cuts other links than before: none, those of a node, those between two
  // halves, or some, one way or both.
  void change_cuts();

  // No cuts, no losses, no doubles, no strays.
  void calm_down();

 private:
  bool happens(std::uint64_t of_1000);
  Microseconds delay();

  NetworkWeather weather_;
  const NodeId nodes_;
  std::mt19937_64 random_;
  std::set<std::pair<NodeId, NodeId>> cut_;  // from, to
};

}  // namespace raft
