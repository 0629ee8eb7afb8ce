// How long to wait before the next try: twice as long each time, within bounds,
// and a random part of that, so that many clients don't come back at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <random>
#include <thread>

#include "common/deadline.h"

namespace raft {

class Backoff {
 public:
  // REQUIRES: 0 < first_ms, first_ms <= longest_ms
  Backoff(std::int64_t first_ms, std::int64_t longest_ms)
      : next_ms_(first_ms), longest_ms_(longest_ms) {}

  // Waits. False, at once, when `deadline` would pass meanwhile.
  bool wait(Deadline deadline) {
    thread_local std::mt19937_64 random(std::random_device{}());
    const auto ms =
        std::uniform_int_distribution(next_ms_ / 2, next_ms_)(random);
    next_ms_ = std::min(2 * next_ms_, longest_ms_);
    const auto until = deadline_in_ms(ms);
    if (until >= deadline) return false;
    std::this_thread::sleep_until(until);
    return true;
  }

 private:
  std::int64_t next_ms_;
  const std::int64_t longest_ms_;
};

}  // namespace raft
