#include "common/poller.h"

#include <algorithm>
#include <cerrno>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/check.h"

namespace raft {
namespace {

constexpr std::uint64_t kWaking = 0;

}  // namespace

Poller::Poller()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      waking_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  CHECK(epoll_ >= 0);
  CHECK(waking_ >= 0);
  control(EPOLL_CTL_ADD, waking_, kWaking, EPOLLIN);
}

Poller::~Poller() {
  ::close(epoll_);
  ::close(waking_);
}

void Poller::add(int descriptor, std::uint64_t id, std::uint32_t events) {
  CHECK(id != kWaking);
  control(EPOLL_CTL_ADD, descriptor, id, events);
}

void Poller::change(int descriptor, std::uint64_t id, std::uint32_t events) {
  control(EPOLL_CTL_MOD, descriptor, id, events);
}

std::span<const epoll_event> Poller::wait(int timeout_ms) {
  const int count = epoll_wait(
      epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  CHECK(count >= 0 || errno == EINTR);
  const auto end = events_.begin() + std::max(count, 0);
  const auto waking =
      std::find_if(events_.begin(), end, [](const epoll_event& event) {
        return event.data.u64 == kWaking;
      });
  if (waking == end) return {events_.begin(), end};
  std::uint64_t wakes = 0;
  CHECK(::read(waking_, &wakes, sizeof wakes) >= 0 || errno == EAGAIN);
  std::swap(*waking, *(end - 1));
  return {events_.begin(), end - 1};
}

void Poller::wake() {
  const std::uint64_t one = 1;
  CHECK(::write(waking_, &one, sizeof one) >= 0 || errno == EAGAIN);
}

void Poller::control(int operation,
                     int descriptor,
                     std::uint64_t id,
                     std::uint32_t events) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = id;
  CHECK(epoll_ctl(epoll_, operation, descriptor, &event) == 0);
}

}  // namespace raft
