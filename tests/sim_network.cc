#include "tests/sim_network.h"

#include <algorithm>

#include "tests/sim_luck.h"

namespace raft {
namespace {

constexpr Microseconds kCalmDelayMax = 2'000;
constexpr std::uint64_t kStraysMax = 100;

bool has_bit(std::uint64_t bits, NodeId node) {
  return (bits >> node & 1) != 0;
}

// Whether one of the nodes is a leaf that does not see the other.
bool is_hidden(NodeId a, NodeId b, NodeId nodes, std::uint64_t dice) {
  const auto is_leaf = [&](NodeId node) {
    return node != 1 + dice % nodes && has_bit(dice >> 8, node);
  };
  const auto seen_by = [&](NodeId leaf) {
    const NodeId other = 1 + (dice >> (16 + 4 * leaf)) % nodes;
    return is_leaf(other) ? 1 + dice % nodes : other;
  };
  return (is_leaf(a) && seen_by(a) != b) || (is_leaf(b) && seen_by(b) != a);
}

}  // namespace

std::vector<Microseconds> SimNetwork::delays(NodeId from, NodeId to) {
  Luck luck({seed_, from, to, ++sent_[{from, to}]});
  const auto delay = [&] { return 1 + luck.below(weather_.delay_max); };
  std::vector<Microseconds> copies;
  const bool is_lost = luck.happens(weather_.loss);
  if (is_lost || cuts_.contains({from, to})) return copies;
  copies.push_back(delay());
  if (luck.happens(weather_.duplication)) copies.push_back(delay());
  // One copy goes astray; it may be the only one.
  if (luck.happens(weather_.straying)) {
    if (luck.happens(300)) copies.clear();
    copies.push_back(delay() * (1 + luck.below(kStraysMax)));
  }
  return copies;
}

void SimNetwork::cut(CutShape shape, NodeId around, std::uint64_t dice) {
  cuts_.clear();
  Luck luck({dice});
  const std::uint64_t ways = luck.below(3);  // both, in only, out only
  const std::uint64_t half = luck.next();
  const NodeId other =
      1 + (around + luck.below(std::max<NodeId>(nodes_ - 1, 1))) % nodes_;
  for (NodeId from = 1; from <= nodes_; ++from) {
    for (NodeId to = 1; to <= nodes_; ++to) {
      const bool is_chance = luck.happens(300);
      const bool is_split = has_bit(half, from) != has_bit(half, to);
      bool is_cut = false;
      switch (shape) {
        case CutShape::kNone:
          break;
        case CutShape::kAlone:
          is_cut = (from == around && ways != 1) || (to == around && ways != 2);
          break;
        case CutShape::kHalves:
          is_cut =
              is_split && (ways == 0 || has_bit(half, from) == (ways == 1));
          break;
        case CutShape::kSome:
          is_cut = is_chance;
          break;
        case CutShape::kTriangle:
          is_cut = (from == around && to == other) ||
                   (from == other && to == around);
          break;
        case CutShape::kLeaves:
          is_cut = is_hidden(from, to, nodes_, half);
          break;
        case CutShape::kChain:
          is_cut = std::max(from, to) - std::min(from, to) > 1;
          break;
      }
      if (is_cut) cuts_.insert({from, to});
    }
  }
}

void SimNetwork::calm_down() {
  cuts_.clear();
  weather_ = {.delay_max = std::min(weather_.delay_max, kCalmDelayMax)};
}

}  // namespace raft
