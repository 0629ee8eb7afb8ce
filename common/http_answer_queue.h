// The way of answers from whoever gives them to the thread of an HttpServer,
// or past it: when few requests are unanswered, the answer is sent at once, by
// the thread that gives it (see http_outlet.h).
//
// Inside common/ only. give() and is_empty() may be called from any thread, the
// others belong to the server's.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "common/http.h"
#include "common/http_outlet.h"
#include "common/poller.h"

namespace raft {

class HttpAnswerQueue {
 public:
  struct Item {
    std::uint64_t connection = 0;
    std::uint64_t request = 0;  // which one of the connection's
    // Nothing when the answer is sent in part, and the rest is in the outlet.
    std::optional<HttpAnswer> answer = {};
  };

  // `poller`, on which the server's thread waits, must outlive this.
  explicit HttpAnswerQueue(Poller& poller) : poller_(poller) {}

  // The calling thread is the server's. To be called first.
  void open();

  // One more request is unanswered.
  void expect();

  // Answers a request, through `outlet` if there is one and it has been offered
  // there. Does nothing after close(). Does not block.
  // REQUIRES: item.answer; an expect() for each give().
  void give(Item item, HttpOutlet* outlet);

  bool is_empty() const;

  // Swaps `items`, which must be empty, for those that wait here.
  void take(std::vector<Item>& items);

  void close();

 private:
  void add(Item item);

  Poller& poller_;
  std::thread::id owner_;
  std::atomic<int> unanswered_ = 0;
  mutable std::mutex mutex_;  // for the two below
  std::vector<Item> items_;
  bool is_closed_ = false;
};

}  // namespace raft
