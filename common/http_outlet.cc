#include "common/http_outlet.h"

#include <algorithm>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

// Enough for a send that is nearly done.
constexpr int kYieldsMax = 50;

}  // namespace

void HttpOutlet::offer(std::uint64_t request) {
  CHECK(request != 0);
  const std::lock_guard lock(mutex_);
  CHECK(offered_ == 0);
  CHECK(!left_);
  offered_ = request;
}

std::optional<std::string> HttpOutlet::take_back() {
  // A quick client's next request may be here before send() has returned. To
  // sleep for the rest of it would cost as much as the wake it has saved.
  std::unique_lock lock(mutex_, std::try_to_lock);
  for (int i = 0; i < kYieldsMax && !lock.owns_lock(); ++i) {
    std::this_thread::yield();
    if (lock.try_lock()) break;
  }
  if (!lock.owns_lock()) lock.lock();
  offered_ = 0;
  return std::exchange(left_, std::nullopt);
}

void HttpOutlet::close() {
  const std::lock_guard lock(mutex_);
  offered_ = 0;
  ::close(descriptor_);
}

HttpOutlet::Sent HttpOutlet::send(std::uint64_t request,
                                  std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (offered_ != request) return Sent::kNothing;
  offered_ = 0;
  const ssize_t size = ::send(
      descriptor_, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  const auto sent = static_cast<std::size_t>(std::max<ssize_t>(size, 0));
  left_ = bytes.substr(sent);
  return left_->empty() ? Sent::kAll : Sent::kPart;
}

}  // namespace raft
