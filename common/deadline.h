// Points in time that a wait must not pass, on the clock that never jumps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace raft {

using Clock = std::chrono::steady_clock;
using Deadline = Clock::time_point;

inline Deadline deadline_in_ms(std::int64_t timeout_ms) {
  return Clock::now() + std::chrono::milliseconds(timeout_ms);
}

// Microseconds until `deadline`; 0 when it has passed.
inline std::int64_t microseconds_until(Deadline deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
      deadline - Clock::now());
  return std::max<std::int64_t>(0, left.count());
}

}  // namespace raft
