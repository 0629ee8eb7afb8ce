// The client's end of a TCP connection, with a deadline for each wait: what the
// connections of common/ stand on, for them only.
//
// Owned and used by one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <Poco/Net/StreamSocket.h>

#include "common/deadline.h"
#include "common/result.h"

namespace raft {

class ClientSocket {
 public:
  // Connects to HOST:PORT. Fails when that is no address, nobody listens
  // there, or nobody answers before `deadline`.
  static Result<ClientSocket> connect(const std::string& address,
                                      Deadline deadline);

  // Sends all of `data`, in one system call if there is room. After a failure
  // part of it may have been sent.
  Result<void> send(std::string_view data, Deadline deadline);

  // Waits until something has come and appends it to `input`; returns its size,
  // 0 at the end of the connection. Fails when `deadline` passes or the
  // connection breaks.
  Result<std::size_t> receive(std::string& input, Deadline deadline);

  // True while nothing is there to be received, an end included.
  bool is_quiet() const;

  // For poll(2).
  int descriptor() const;

 private:
  template <typename Step>
  int until(Deadline deadline, const Step& step);
  void set_timeout(std::int64_t ms);

  Poco::Net::StreamSocket socket_ = {};
  std::int64_t timeout_ms_ = 0;  // what the socket was told
};

}  // namespace raft
