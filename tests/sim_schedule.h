// Virtual time, and what is to happen when.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tests/sim_network.h"

namespace raft {

class SimSchedule {
 public:
  using Event = std::function<void()>;

  Microseconds now() const { return now_; }

  // `event` happens after `delay`, and after all that was to happen then.
  void at(Microseconds delay, Event event) {
    items_.push_back({now_ + delay, ++numbers_, std::move(event)});
    std::push_heap(items_.begin(), items_.end(), is_later);
  }

  // Lets all happen up to `end`.
  void run_until(Microseconds end) {
    while (!items_.empty() && items_.front().at <= end) {
      std::pop_heap(items_.begin(), items_.end(), is_later);
      const Item item = std::move(items_.back());
      items_.pop_back();
      now_ = item.at;
      item.event();
    }
    now_ = end;
  }

 private:
  struct Item {
    Microseconds at = 0;
    std::uint64_t number = 0;
    Event event = {};
  };

  static bool is_later(const Item& a, const Item& b) {
    return std::pair(a.at, a.number) > std::pair(b.at, b.number);
  }

  Microseconds now_ = 0;
  std::uint64_t numbers_ = 0;
  std::vector<Item> items_;  // a heap
};

}  // namespace raft
