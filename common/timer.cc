#include "common/timer.h"

#include <utility>

namespace raft {

Timer::Timer() : thread_([this] { run(); }) {}

Timer::~Timer() {
  stop();
}

std::uint64_t Timer::call_at(Deadline deadline,
                             std::function<void()> function) {
  bool is_first = false;
  std::uint64_t name = 0;
  {
    const std::lock_guard lock(mutex_);
    name = ++last_name_;
    deadlines_.emplace(name, deadline);
    const auto added =
        entries_.emplace(deadline, Entry{name, std::move(function)});
    is_first = added == entries_.begin();
  }
  if (is_first) changed_.notify_one();
  return name;
}

void Timer::cancel(std::uint64_t name) {
  std::function<void()> forgotten;  // ends after the lock
  const std::lock_guard lock(mutex_);
  const auto deadline = deadlines_.extract(name);
  if (deadline.empty()) return;
  auto [entry, end] = entries_.equal_range(deadline.mapped());
  while (entry->second.name != name) ++entry;
  forgotten = std::move(entry->second.function);
  entries_.erase(entry);
}

void Timer::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  if (thread_.joinable()) thread_.join();
  entries_.clear();
  deadlines_.clear();
}

void Timer::run() {
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (entries_.empty()) {
      changed_.wait(lock);
      continue;
    }
    const auto first = entries_.begin();
    if (first->first > Clock::now()) {
      const Deadline deadline = first->first;
      changed_.wait_until(lock, deadline);
      continue;
    }
    std::function<void()> function = std::move(first->second.function);
    deadlines_.erase(first->second.name);
    entries_.erase(first);
    lock.unlock();
    function();
    function = nullptr;
    lock.lock();
  }
}

}  // namespace raft
