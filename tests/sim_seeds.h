// Runs of many seeds, in a process apart, so that a CHECK that fails in one is
// found as well as a violated property; and what is said of one that fails.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/sim.h"

namespace raft {

struct Failure {
  SimOptions options = {};
  Violation violation = {};
};

struct SeedsReport {
  std::uint64_t done = 0;
  SimReport sum = {};  // trace_hash: of all the hashes
  std::optional<Failure> failure = {};  // of the last one, which ends it
};

// Adds up what runs were like; the hashes become one of both, in their order.
void add(SimReport& sum, const SimReport& report);

// Runs `options` with its seed and those that follow, `count` of them, in a
// child of this process. REQUIRES: this process has one thread.
SeedsReport run_seeds(SimOptions options, std::uint64_t count);

// A failure made small, in at most `trials_max` runs.
Failure shrink_failure(const Failure& failure,
                       int trials_max,
                       const std::function<void(int)>& progress);

// One line: the seed and what was left out, what is violated, where the paper
// says so, and the command that replays it.
std::string receipt(const Failure& failure);

}  // namespace raft
