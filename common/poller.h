// Waits for many descriptors at once, and for a word from another thread.
//
// Belongs to one thread; wake() may be called from any.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <sys/epoll.h>

namespace raft {

class Poller {
 public:
  Poller();
  ~Poller();

  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  // Watches a descriptor for `events` (EPOLLIN, EPOLLOUT), until it is closed;
  // EPOLLERR and EPOLLHUP are told unasked. `id`, not 0, stands for it.
  void add(int descriptor, std::uint64_t id, std::uint32_t events);
  void change(int descriptor, std::uint64_t id, std::uint32_t events);

  // What has happened (some of it, if it is much), at most `timeout_ms` from
  // now; the id is in data.u64. Valid until the next call.
  std::span<const epoll_event> wait(int timeout_ms);

  // Ends the wait, or the next one.
  void wake();

 private:
  void control(int operation,
               int descriptor,
               std::uint64_t id,
               std::uint32_t events);

  const int epoll_;
  const int waking_;  // an eventfd
  std::array<epoll_event, 256> events_;
};

}  // namespace raft
