// One client of an HttpServer: its socket, which never blocks, what it has sent
// and what it still has to get.
//
// Inside common/ only; belongs to the server's thread. Each step says whether
// the connection lives on; one that does not is to be destroyed. Once a request
// has been offered to other threads, settle() comes before any further step.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "common/deadline.h"
#include "common/http_outlet.h"
#include "common/http_request_reader.h"
#include "common/http_server.h"

namespace raft {

class HttpServerConnection {
 public:
  // Takes over `descriptor`. `options` must outlive this.
  HttpServerConnection(int descriptor, const HttpServerOptions& options);
  ~HttpServerConnection();

  HttpServerConnection(const HttpServerConnection&) = delete;
  HttpServerConnection& operator=(const HttpServerConnection&) = delete;

  // Takes in what has come.
  bool receive();

  // The next request, once it is there as a whole and the client has taken the
  // answer to the one before it. When there is none, is_over() may change.
  std::optional<HttpRequest> next();

  // Lets the thread that answers the request which next() has returned last
  // send the answer itself; nothing if this one is better answered here.
  // REQUIRES: is_busy()
  std::shared_ptr<HttpOutlet> offer();

  // Ends the offer, if there is one, and takes note of what was sent meanwhile.
  void settle();

  // Answers the request that next() has returned last.
  // REQUIRES: is_busy()
  bool answer(const HttpAnswer& answer);

  // Answers what is no request, and ends the conversation.
  bool refuse(const HttpRefusal& refusal);

  // Sends what the socket takes.
  bool flush();

  // The deadline has passed: says so to a client that is halfway through a
  // request, and ends the conversation.
  bool time_out();

  // No further request is answered than those that have arrived, in the kernel
  // or here.
  void finish();

  bool is_busy() const { return is_busy_; }  // an answer is owed
  bool is_over() const { return is_over_; }
  Deadline deadline() const { return deadline_; }

  // How many requests next() has returned.
  std::uint64_t requests() const { return requests_; }

  // What epoll is to wait for, and what it does wait for.
  std::uint32_t wanted_events() const;
  std::uint32_t polled_events = 0;

  int descriptor() const { return descriptor_; }

 private:
  bool is_draining() const { return is_closing_ && !is_busy_; }

  const int descriptor_;
  const std::shared_ptr<HttpOutlet> outlet_;
  const HttpServerOptions& options_;
  HttpRequestReader reader_;
  std::string output_;
  std::size_t sent_ = 0;  // of output_
  std::uint64_t requests_ = 0;
  bool has_begun_ = false;  // the next request, and its deadline
  bool is_busy_ = false;
  bool is_offered_ = false;  // to be settled
  bool is_head_ = false;  // a HEAD request, whose answer has no body
  bool is_closing_ = false;  // once the answer and the output are sent
  bool has_ended_ = false;  // the client sends no more
  bool is_over_ = false;
  Deadline deadline_;
};

}  // namespace raft
