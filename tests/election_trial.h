// [since stage6_election]
// What an experiment with elections (election_time.h) measures, for whoever
// counts and draws it.
#pragma once

#include <cstdint>
#include <optional>

namespace raft {

// Both ends belong to it.
struct Range {
  std::int64_t min = 0;
  std::int64_t max = 0;
  bool operator==(const Range&) const = default;
};

struct ElectionTrial {
  // From the crash to the new leader; nothing if it was given up.
  std::optional<std::int64_t> time_us = {};
  std::uint64_t terms = 0;  // that it took
  bool operator==(const ElectionTrial&) const = default;
};

}  // namespace raft
