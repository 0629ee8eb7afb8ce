// Makes a failing run of the simulator small: leaves out kinds of faults,
// nodes, the end of the chaos and single events, as long as the rest still
// violates the same property.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tests/sim_options.h"

namespace raft {

// The property that a run violates; empty if it violates none.
using Trial = std::function<std::string(const SimOptions&)>;

struct Shrunk {
  SimOptions options = {};
  int trials = 0;
};

// REQUIRES: `options` violates `property`. `events` are the numbers of the
// events in its plan, and `nodes` and `chaos_ms` what its seed brings. Makes at
// most `trials_max` trials, and calls `progress` after each.
Shrunk shrink(SimOptions options,
              const std::string& property,
              std::uint64_t nodes,
              std::uint64_t chaos_ms,
              std::vector<std::uint64_t> events,
              const Trial& trial,
              int trials_max,
              const std::function<void(int)>& progress);

}  // namespace raft
