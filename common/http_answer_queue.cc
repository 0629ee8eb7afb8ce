#include "common/http_answer_queue.h"

#include <string>
#include <utility>

#include "common/check.h"
#include "common/http_answer_writer.h"

namespace raft {
namespace {

// With more unanswered requests than this their answers are likely to come
// together, and one wake of the server's thread is enough for all of them.
constexpr int kFewRequests = 2;

}  // namespace

void HttpAnswerQueue::open() {
  owner_ = std::this_thread::get_id();
}

void HttpAnswerQueue::expect() {
  ++unanswered_;
}

void HttpAnswerQueue::give(Item item, HttpOutlet* outlet) {
  CHECK(item.answer);
  const bool are_few = unanswered_-- <= kFewRequests;
  // While answers wait here the server's thread is awake, or will be.
  if (outlet != nullptr && are_few && std::this_thread::get_id() != owner_ &&
      is_empty()) {
    std::string bytes;
    append_answer(bytes, *item.answer, {});
    const HttpOutlet::Sent sent = outlet->send(item.request, bytes);
    if (sent == HttpOutlet::Sent::kAll) return;
    if (sent == HttpOutlet::Sent::kPart) item.answer.reset();
  }
  add(std::move(item));
}

bool HttpAnswerQueue::is_empty() const {
  const std::lock_guard lock(mutex_);
  return items_.empty();
}

void HttpAnswerQueue::take(std::vector<Item>& items) {
  CHECK(items.empty());
  const std::lock_guard lock(mutex_);
  items.swap(items_);
}

void HttpAnswerQueue::close() {
  const std::lock_guard lock(mutex_);
  is_closed_ = true;
  items_.clear();
}

// Those that queue up before the server's thread looks share a wake. It looks
// before it waits, so it need not wake itself.
void HttpAnswerQueue::add(Item item) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return;
    is_first = items_.empty();
    items_.push_back(std::move(item));
  }
  if (is_first && std::this_thread::get_id() != owner_) poller_.wake();
}

}  // namespace raft
