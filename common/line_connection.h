// The client's end of a connection to a LineServer: sends lines, receives
// lines, and never waits past a deadline.
//
// Owned and used by one thread at a time. After the first failure the
// connection is of no more use: an answer that comes late would be taken for
// that to the next line.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "common/deadline.h"
#include "common/result.h"

namespace raft {

class LineConnection {
 public:
  // Connects to HOST:PORT. Fails when that is no address, nobody listens
  // there, or nobody answers before `deadline`.
  static Result<LineConnection> connect(const std::string& address,
                                        Deadline deadline);

  LineConnection(LineConnection&&) noexcept;
  LineConnection& operator=(LineConnection&&) noexcept;
  ~LineConnection();

  // Sends `line` and a newline. After a failure the line may have been sent in
  // part or as a whole. REQUIRES: no newline in `line`.
  Result<void> send(std::string_view line, Deadline deadline);

  // The next line, without its newline. Fails when the connection ends first
  // or `deadline` passes.
  Result<std::string> receive(Deadline deadline);

  // True while there is nothing to receive. Between two requests anything else
  // means that the server has ended the connection.
  bool is_quiet() const;

  // For poll(2): readable when something has come that receive() has not seen.
  int descriptor() const;

 private:
  struct Impl;
  explicit LineConnection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
