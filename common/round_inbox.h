// A queue from many threads, worked off in rounds: whoever is in a round has
// what the rounds work on to itself, so that needs no lock of its own.
//
// The owner's thread waits for items and for a time. A thread that brings an
// item may begin a round itself when nobody is in one, and spares the two a
// hand-over: to wake a thread that sleeps costs more than most rounds do.
//
//   RoundInbox<Item> inbox;
//   // The owner's thread:                     // One that brings an item:
//   while (auto items = inbox.await()) {       auto items = inbox.push_in(x);
//     work_on(*items);                         if (!items) return;
//     inbox.end_round(next_time);              work_on(*items);
//   }                                          inbox.end_round(next_time);
//
// At first the round is the owner's, which ends it once all is set up. It may
// leave a round for a while, to do something that has to be in no round.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/deadline.h"

namespace raft {

template <typename T>
class RoundInbox {
 public:
  using Items = std::vector<T>;

  // From any thread: for the next round, which somebody else begins.
  void push(T item) {
    bool is_free = false;
    {
      const std::lock_guard lock(mutex_);
      items_.push_back(std::move(item));
      is_free = !is_in_round_;
    }
    // Otherwise the end of the round finds the item.
    if (is_free) changed_.notify_one();
  }

  // From any thread: the same, and if nobody is in a round one begins, with all
  // that has come. The caller ends it. Nothing if the item waits for another
  // thread's round, be it one that the owner returns to.
  std::optional<Items> push_in(T item) {
    const std::lock_guard lock(mutex_);
    items_.push_back(std::move(item));
    if (is_in_round_ || is_returning_) return std::nullopt;
    return begin();
  }

  // By the owner's thread: begins a round with all that has come, as soon as
  // there is something; without anything once the time has come that the last
  // round has named. Nothing once the inbox is closed and empty.
  std::optional<Items> await() {
    std::unique_lock lock(mutex_);
    while (is_in_round_ || !has_cause()) {
      // Whoever is in a round may name another time.
      sleeps_until_ = is_in_round_ ? Deadline::max() : wake_at_;
      if (is_in_round_) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, wake_at_);
      }
    }
    sleeps_until_ = Deadline::min();
    if (is_closed_ && items_.empty()) return std::nullopt;
    return begin();
  }

  // By whoever is in a round: it ends, and the owner's thread begins the next
  // one at `wake_at` if no item comes before.
  void end_round(Deadline wake_at) {
    bool is_early = false;
    {
      const std::lock_guard lock(mutex_);
      CHECK(is_in_round_);
      is_in_round_ = false;
      wake_at_ = wake_at;
      is_early = is_returning_ || has_cause() || wake_at_ < sleeps_until_;
    }
    if (is_early) changed_.notify_one();
  }

  // By the owner's thread, in a round: it goes away, and threads that bring
  // something may do rounds of their own meanwhile. What was only pushed waits
  // for one of those, for stand_in(), or for the owner. It is back as soon as
  // nobody is in a round.
  void leave_round() {
    const std::lock_guard lock(mutex_);
    CHECK(is_in_round_);
    is_in_round_ = false;
    is_away_ = true;
  }
  void return_to_round() {
    std::unique_lock lock(mutex_);
    is_returning_ = true;
    changed_.wait(lock, [this] { return !is_in_round_; });
    is_returning_ = false;
    is_away_ = false;
    is_in_round_ = true;
  }

  // From any thread, if the owner is away: a round begins, even one with
  // nothing. The caller ends it. Nothing if the owner is there, or somebody is
  // in a round.
  std::optional<Items> stand_in() {
    const std::lock_guard lock(mutex_);
    if (!is_away_ || is_in_round_ || is_returning_) return std::nullopt;
    return begin();
  }

  // What is in it still comes out. REQUIRES: no push from here on.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      is_closed_ = true;
    }
    changed_.notify_one();
  }

 private:
  // With mutex_ held, as the next one.
  Items begin() {
    is_in_round_ = true;
    return std::exchange(items_, {});
  }

  bool has_cause() const {
    return is_closed_ || !items_.empty() || Clock::now() >= wake_at_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  Items items_;
  bool is_in_round_ = true;
  bool is_away_ = false;  // the owner, which has left a round
  bool is_returning_ = false;  // the owner, to that
  bool is_closed_ = false;
  Deadline wake_at_ = Deadline::max();  // as the last round has named it
  Deadline sleeps_until_ = Deadline::min();  // the owner's thread, if it sleeps
};

}  // namespace raft
