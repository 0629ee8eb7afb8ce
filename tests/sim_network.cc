#include "tests/sim_network.h"

#include "tests/sim_content.h"

namespace raft {

std::vector<Microseconds> SimNetwork::delays(NodeId from, NodeId to) {
  std::vector<Microseconds> copies;
  if (cut_.contains({from, to}) || happens(weather_.loss)) return copies;
  copies.push_back(delay());
  if (happens(weather_.duplication)) copies.push_back(delay());
  return copies;
}

void SimNetwork::change_cuts() {
  cut_.clear();
  const std::uint64_t shape = random_below(random_, 5);
  const bool is_one_way = random_below(random_, 2) == 0;
  const NodeId alone = 1 + random_below(random_, nodes_);
  const std::uint64_t half = random_();  // bit n: where node n is
  for (NodeId from = 1; from <= nodes_; ++from) {
    for (NodeId to = 1; to <= nodes_; ++to) {
      const bool is_split = (half >> from & 1) != (half >> to & 1);
      const bool is_from_first = (half >> from & 1) == 0;
      const bool is_cut =
          (shape == 1 && (from == alone || (to == alone && !is_one_way))) ||
          (shape == 2 && (to == alone || (from == alone && !is_one_way))) ||
          (shape == 3 && is_split && (is_from_first || !is_one_way)) ||
          (shape == 4 && happens(300));
      if (is_cut) cut_.insert({from, to});
    }
  }
}

void SimNetwork::calm_down() {
  cut_.clear();
  weather_ = {.delay_max = weather_.delay_max};
}

bool SimNetwork::happens(std::uint64_t of_1000) {
  return random_below(random_, 1000) < of_1000;
}

Microseconds SimNetwork::delay() {
  const Microseconds usual = 1 + random_below(random_, weather_.delay_max);
  return happens(weather_.straying) ? usual * random_below(random_, 100)
                                    : usual;
}

}  // namespace raft
