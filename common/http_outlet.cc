#include "common/http_outlet.h"

#include <algorithm>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "common/check.h"

namespace raft {

void HttpOutlet::offer(std::uint64_t request) {
  CHECK(request != 0);
  const std::lock_guard lock(mutex_);
  CHECK(offered_ == 0);
  CHECK(!left_);
  offered_ = request;
}

std::optional<std::string> HttpOutlet::take_back() {
  const std::lock_guard lock(mutex_);
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
