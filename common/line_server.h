// A TCP server for text lines: one request a line, one answer a line.
//
// Each connection has a thread of its own (Poco::Net::TCPServer), which reads a
// line, calls the handler, and sends the answer: the requests of a connection
// are answered in order, those of different connections at the same time. What
// has arrived together is answered together.
//
// A client may do anything without harm to another one: say nothing, trickle,
// send a line of any length (it is drained, not stored), never read its
// answers, half-close (its complete lines are answered first), or vanish.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace raft {

struct LineServerOptions {
  std::string address = {};  // HOST:PORT; port 0 lets the kernel pick one
  // From a line (without its newline) to the answer (without newline). Called
  // by many threads at once; must not throw. A trailing \r is part of the line.
  std::function<std::string(std::string_view)> handler = {};
  // The answer to a longer line, after which the connection is closed.
  std::size_t line_bytes_max = 2 * 1024 * 1024;
  std::string too_long_answer = {};
  // The answer to one connection too many, which is then closed.
  int connections_max = 1024;
  std::string too_many_answer = {};
  // A connection that is silent, or does not read, for this long is closed.
  int idle_timeout_ms = 300'000;
  // How long stop() waits for clients to take their answers.
  int stop_timeout_ms = 8'000;
};

class LineServer {
 public:
  // Listens at once; ends the process with a clear line when it can't.
  explicit LineServer(LineServerOptions options);

  // Stops.
  ~LineServer();

  LineServer(const LineServer&) = delete;
  LineServer& operator=(const LineServer&) = delete;

  // Accepts no further connection, answers every line that has arrived, closes
  // the connections, and returns when all of that is done. May be repeated.
  void stop();

  // The port it listens on, never 0.
  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
