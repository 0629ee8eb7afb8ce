// A port for a server that a test is going to start, and to restart: picked by
// the kernel, so that tests can run side by side, and kept from everybody who
// asks the kernel for one.
//
//   const ReservedPort port;
//   ChildProcess server({.command = {…, port.address()}});
//
// It is bound, but nobody listens: connections are refused until the server
// does, which Linux allows because both set SO_REUSEADDR. The object must
// outlive the server. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace raft {

class ReservedPort {
 public:
  ReservedPort();
  ~ReservedPort();

  // Port `number` itself; nothing if it belongs to somebody else, another
  // ReservedPort included.
  static std::optional<ReservedPort> take(std::uint16_t number);

  ReservedPort(ReservedPort&& other) noexcept;
  ReservedPort& operator=(ReservedPort&&) = delete;

  // Never 0.
  std::uint16_t number() const { return number_; }

  // "127.0.0.1:NUMBER"
  std::string address() const;

 private:
  explicit ReservedPort(int socket) : socket_(socket) {}

  // False if the port is taken. 0 is a port of the kernel's choice.
  bool bind_to(std::uint16_t number);

  int socket_ = -1;
  std::uint16_t number_ = 0;
};

}  // namespace raft
