// The client's end of a connection to an HTTP/1.1 server: sends requests,
// receives answers, and never waits past a deadline.
//
// Owned and used by one thread at a time. After the first failure the
// connection is of no more use: an answer that comes late would be taken for
// that to the next request.
#pragma once

#include <memory>
#include <string>

#include "common/deadline.h"
#include "common/http.h"
#include "common/result.h"

namespace raft {

class HttpConnection {
 public:
  // Connects to HOST:PORT. Fails when that is no address, nobody listens
  // there, or nobody answers before `deadline`.
  static Result<HttpConnection> connect(const std::string& address,
                                        Deadline deadline);

  HttpConnection(HttpConnection&&) noexcept;
  HttpConnection& operator=(HttpConnection&&) noexcept;
  ~HttpConnection();

  // Sends a request; framing and Host are added. After a failure it may have
  // been sent in part or as a whole.
  Result<void> send(const HttpRequest& request, Deadline deadline);

  // The same without any waiting. What the socket does not take at once is not
  // sent, and ends the connection: then there is no answer.
  void send_at_once(const HttpRequest& request);

  // The answer to the oldest request that has none yet. Fails when the
  // connection ends first, `deadline` passes, or what comes is no HTTP.
  Result<HttpAnswer> receive(Deadline deadline);

  // True while there is nothing to receive, and the server has not said that it
  // closes the connection. Between two requests anything else means that the
  // server has ended it.
  bool is_quiet() const;

  // For poll(2): readable when something has come that receive() has not seen.
  int descriptor() const;

 private:
  struct Impl;
  explicit HttpConnection(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
