// What becomes of messages, under a seed: each arrives after a while, later
// than one that was sent after it, twice, or not at all.
//
// The fate of the n-th message from one node to another depends on nothing but
// the seed and n, so that a run that is changed a little stays much the same.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "common/node_id.h"

namespace raft {

using Microseconds = std::uint64_t;  // of virtual time

struct NetworkWeather {
  std::uint64_t loss = 0;  // of 1000 messages
  std::uint64_t duplication = 0;
  std::uint64_t straying = 0;  // of which a copy takes up to 100 times as long
  Microseconds delay_max = 2'000;
};

// What becomes of the links. `around` is the node that matters most, if the
// shape has one, and `dice` decides on the rest.
enum class CutShape {
  kNone,
  kAlone,  // a node from all others, one way or both
  kHalves,  // two groups from each other, one way or both
  kSome,  // any links, each way by itself
  kTriangle,  // a node and one other; the rest sees both
  kLeaves,  // some nodes see one other node each; the rest see each other
  kChain,  // each node sees its neighbours
};
inline constexpr std::uint64_t kCutShapes = 7;

class SimNetwork {
 public:
  using Link = std::pair<NodeId, NodeId>;  // from, to

  SimNetwork(NetworkWeather weather, NodeId nodes, std::uint64_t seed)
      : weather_(weather), nodes_(nodes), seed_(seed) {}

  // When the copies of a message from one node to another arrive, from now.
  std::vector<Microseconds> delays(NodeId from, NodeId to);

  // Cuts other links than before.
  void cut(CutShape shape, NodeId around, std::uint64_t dice);

  // The links that are cut.
  const std::set<Link>& cuts() const { return cuts_; }

  // No cuts, no losses, no doubles, no strays, short delays.
  void calm_down();

 private:
  NetworkWeather weather_;
  const NodeId nodes_;
  const std::uint64_t seed_;
  std::map<Link, std::uint64_t> sent_;
  std::set<Link> cuts_;
};

}  // namespace raft
