// Functions that are called when their time has come, on a thread of the
// timer's own.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

#include "common/deadline.h"

namespace raft {

class Timer {
 public:
  Timer();

  // Stops.
  ~Timer();

  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;

  // Calls `function`, which must not block, at `deadline`, unless it is
  // cancelled or the timer stops before. Returns a name for it that is never 0.
  std::uint64_t call_at(Deadline deadline, std::function<void()> function);

  // Forgets a function, which may be under way. Does nothing when it was called
  // or cancelled.
  void cancel(std::uint64_t name);

  // No function is under way any more when this returns, and none is called
  // from here on. May be repeated, but not by a function.
  void stop();

 private:
  struct Entry {
    std::uint64_t name = 0;
    std::function<void()> function = {};
  };

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;
  std::uint64_t last_name_ = 0;
  std::map<std::uint64_t, Deadline> deadlines_;  // by name
  std::multimap<Deadline, Entry> entries_;
  std::thread thread_;  // last: it uses the rest
};

}  // namespace raft
