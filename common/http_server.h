// An HTTP/1.1 server (RFC 9112): one thread and an event loop, however many
// connections there are.
//
// A request is read as a whole and handed to the handler, which answers at once
// or later, from any thread. While one request of a connection is unanswered
// its next one waits: answers come in the order of the requests. An idle
// connection costs its memory and nothing else.
//
// A client may do anything without harm to another one: say nothing, trickle,
// send headers or a body without end, never read its answers (its next request
// waits until it does), half-close, vanish. What is no HTTP, or over a limit,
// is answered as `error_answer` says, and the connection is closed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/http.h"

namespace raft {

struct HttpServerOptions {
  // To be called exactly once for each request, from any thread; does not
  // block. Does nothing when the client has gone or the server has stopped.
  // When few requests are unanswered it sends the answer itself, which is
  // quicker than to wake the server's thread.
  using Reply = std::function<void(HttpAnswer)>;

  std::string address = {};  // HOST:PORT; port 0 lets the kernel pick one
  // Runs on the server's thread, so it must not block, and must not throw.
  std::function<void(HttpRequest, Reply)> handler = {};
  // The answer to what never becomes a request: `code` is a word such as
  // "bad_request" or "too_large", `message` a sentence for a person.
  std::function<HttpAnswer(int status, std::string code, std::string message)>
      error_answer = {};
  std::size_t head_bytes_max = 64 * 1024;  // request line and headers
  std::size_t body_bytes_max = 2 * 1024 * 1024;
  // One more is told so (503) and closed.
  int connections_max = 10'000;
  // A connection without a request, and an answer that nobody reads.
  int idle_timeout_ms = 300'000;
  // From the first byte of a request to its last.
  int request_timeout_ms = 30'000;
  // How long stop() waits for answers, and for clients to take them.
  int stop_timeout_ms = 8'000;
};

class HttpServer {
 public:
  // Listens at once; ends the process with a clear line when it can't.
  explicit HttpServer(HttpServerOptions options);

  // Stops.
  ~HttpServer();

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Accepts no further connection, answers every request that has arrived as a
  // whole, closes the connections, and returns when all of that is done. May be
  // repeated. REQUIRES: not called by the handler, which it would wait for.
  void stop();

  // The port it listens on, never 0.
  std::uint16_t port() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;  // shared with the replies that are still out
};

}  // namespace raft
