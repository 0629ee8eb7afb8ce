// A queue from many threads to one.
#pragma once

#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "common/deadline.h"

namespace raft {

template <typename T>
class Inbox {
 public:
  // From any thread.
  void push(T item) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
    }
    filled_.notify_one();
  }

  // The oldest item, when there is one; nothing once the inbox is closed and
  // empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  // All items, as soon as there is one; none when `deadline` passes first;
  // nothing once the inbox is closed and empty.
  std::optional<std::vector<T>> pop_all(Deadline deadline) {
    std::unique_lock lock(mutex_);
    filled_.wait_until(
        lock, deadline, [this] { return closed_ || !items_.empty(); });
    if (closed_ && items_.empty()) return std::nullopt;
    std::vector<T> items(std::make_move_iterator(items_.begin()),
                         std::make_move_iterator(items_.end()));
    items_.clear();
    return items;
  }

  // What is in it can still be popped. REQUIRES: no push() from here on.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    filled_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable filled_;
  std::deque<T> items_;
  bool closed_ = false;
};

}  // namespace raft
