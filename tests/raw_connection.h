// A client that may misbehave: it sends any bytes, in any pieces, and looks at
// what comes back. What does not come or can't be sent fails the test.
//
// One thread at a time.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace raft {

class RawConnection {
 public:
  // Connects to HOST:PORT.
  explicit RawConnection(const std::string& address);
  ~RawConnection();

  RawConnection(RawConnection&&) noexcept;
  RawConnection& operator=(RawConnection&&) = delete;

  // All of `bytes`, with nothing added.
  void send(std::string_view bytes);

  // Sends no more; what comes back can still be received.
  void half_close();

  // The next line, without its newline.
  std::string receive_line();

  // The next `size` bytes.
  std::string receive_bytes(std::size_t size);

  // All that is still to come, up to the end of the connection.
  std::string receive_rest();

  // Sends a line and receives the answer.
  std::string ask(const std::string& line);

 private:
  struct Impl;

  // Appends what has arrived to the input; false at the end.
  bool receive();

  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
