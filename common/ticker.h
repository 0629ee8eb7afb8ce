// When the ticks of something are due that may sleep through some of them.
//
// Not thread-safe. Asks no clock: whoever calls says what time it is.
#pragma once

#include <chrono>

#include "common/deadline.h"

namespace raft {

class Ticker {
 public:
  // The first tick is due at `first`.
  Ticker(Deadline first, std::chrono::milliseconds tick)
      : tick_(tick), next_(first) {}

  // The next `idle` ticks will only count: none of them has to be on time. The
  // time at which to wake.
  Deadline sleep(int idle) {
    idle_ = idle;
    return next_ + idle * tick_;
  }

  // How many of the idle ticks have passed by `now`, since the last call. They
  // are older than anything that comes now.
  int make_up(Deadline now) {
    int count = 0;
    for (; idle_ > 0 && now >= next_; --idle_) {
      next_ += tick_;
      ++count;
    }
    return count;
  }

  // Whoever was away until `now`, for the processor was taken, or a disk was
  // slow, may not have heard what was said meanwhile: if the next tick is late
  // by a whole one, it gives time to.
  void put_off(Deadline now) {
    if (now >= next_ + tick_) next_ = now + tick_;
  }

  // True if a tick is due, which is done with that. One at a time: those that
  // are missed are not made up for, or a pause would look like a silence.
  bool take_due(Deadline now) {
    if (now < next_) return false;
    next_ = now + tick_;
    return true;
  }

 private:
  const std::chrono::milliseconds tick_;
  Deadline next_;
  int idle_ = 0;
};

}  // namespace raft
