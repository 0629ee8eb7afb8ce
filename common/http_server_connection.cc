#include "common/http_server_connection.h"

#include <cerrno>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <utility>

#include "common/check.h"
#include "common/http_answer_writer.h"

namespace raft {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::int64_t kDrainTimeoutMs = 30'000;

// One large answer is no reason to keep its memory for ever.
constexpr std::size_t kKeptBytes = 16 * 1024;

}  // namespace

HttpServerConnection::HttpServerConnection(int descriptor,
                                           const HttpServerOptions& options)
    : descriptor_(descriptor),
      outlet_(std::make_shared<HttpOutlet>(descriptor)),
      options_(options),
      reader_(options.head_bytes_max, options.body_bytes_max),
      deadline_(deadline_in_ms(options.idle_timeout_ms)) {}

HttpServerConnection::~HttpServerConnection() {
  outlet_->close();
}

// Not when more of the client's has come already, or comes: its next request,
// or its end, has a say in how this answer is sent.
std::shared_ptr<HttpOutlet> HttpServerConnection::offer() {
  CHECK(is_busy_);
  if (is_closing_ || is_head_ || has_ended_ || reader_.waiting_bytes() > 0) {
    return nullptr;
  }
  outlet_->offer(requests_);
  is_offered_ = true;
  return outlet_;
}

void HttpServerConnection::settle() {
  if (!std::exchange(is_offered_, false)) return;
  auto left = outlet_->take_back();
  if (!left) return;
  is_busy_ = false;
  output_ = std::move(*left);
  deadline_ = deadline_in_ms(options_.idle_timeout_ms);
}

bool HttpServerConnection::receive() {
  CHECK(!is_offered_);
  static thread_local char chunk[kChunkBytes];
  const ssize_t size = ::recv(descriptor_, chunk, sizeof chunk, 0);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0) {
    // A half-close: what has arrived is answered first.
    has_ended_ = true;
    return !is_draining() || !output_.empty();
  }
  if (is_draining()) return true;
  reader_.append({chunk, static_cast<std::size_t>(size)});
  return true;
}

// While the client leaves answers unread it gets no further one: they would
// pile up here.
std::optional<HttpRequest> HttpServerConnection::next() {
  if (is_busy_ || is_closing_ || !output_.empty()) return std::nullopt;
  auto request = reader_.next();
  if (request) {
    ++requests_;
    is_busy_ = true;
    has_begun_ = false;
    is_head_ = request->method == "HEAD";
    is_closing_ = !reader_.is_kept_alive();
    // Nobody knows when the answer comes.
    deadline_ = Deadline::max();
    return request;
  }
  if (reader_.is_midway() && !std::exchange(has_begun_, true)) {
    deadline_ = deadline_in_ms(options_.request_timeout_ms);
  }
  if (reader_.refusal()) {
    is_over_ = !refuse(*reader_.refusal());
  } else if (has_ended_) {
    is_over_ = true;
  } else if (reader_.take_expectation()) {
    output_ += "HTTP/1.1 100 Continue\r\n\r\n";
    is_over_ = !flush();
  }
  return std::nullopt;
}

bool HttpServerConnection::answer(const HttpAnswer& answer) {
  CHECK(is_busy_);
  CHECK(!is_offered_);
  is_busy_ = false;
  if (has_ended_ && !reader_.is_midway()) is_closing_ = true;
  append_answer(
      output_, answer, {.is_last = is_closing_, .has_body = !is_head_});
  deadline_ = deadline_in_ms(options_.idle_timeout_ms);
  return flush();
}

bool HttpServerConnection::refuse(const HttpRefusal& refusal) {
  is_closing_ = true;
  const HttpAnswer answer =
      options_.error_answer(refusal.status, refusal.code, refusal.message);
  append_answer(output_, answer, {.is_last = true});
  deadline_ = deadline_in_ms(kDrainTimeoutMs);
  return flush();
}

bool HttpServerConnection::flush() {
  while (sent_ < output_.size()) {
    const ssize_t size = ::send(descriptor_,
                                output_.data() + sent_,
                                output_.size() - sent_,
                                MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return errno == EAGAIN;
    sent_ += static_cast<std::size_t>(size);
  }
  output_.clear();
  sent_ = 0;
  if (output_.capacity() > kKeptBytes) output_.shrink_to_fit();
  if (!is_draining()) return true;
  if (has_ended_) return false;
  // Whatever the client still sends is read, and thrown away, until it closes:
  // data left unread would make the kernel reset the connection, and the client
  // might never see the answer (RFC 9112 §9.6).
  deadline_ = deadline_in_ms(kDrainTimeoutMs);
  return ::shutdown(descriptor_, SHUT_WR) == 0;
}

bool HttpServerConnection::time_out() {
  const bool is_halfway =
      !is_busy_ && !is_closing_ && output_.empty() && reader_.is_midway();
  return is_halfway &&
         refuse({.status = 408,
                 .code = "bad_request",
                 .message = "the request took too long to arrive; nothing was "
                            "changed"});
}

// Then reads end behind what has arrived, as after a half-close.
void HttpServerConnection::finish() {
  // Fails when the client was faster: there is nothing left to end.
  ::shutdown(descriptor_, SHUT_RD);
}

std::uint32_t HttpServerConnection::wanted_events() const {
  std::uint32_t events = 0;
  // Requests that come ahead of their turn wait here up to a limit, and behind
  // it in the kernel.
  const bool is_ahead = !is_draining() && (is_busy_ || !output_.empty());
  const bool has_enough =
      is_ahead && reader_.waiting_bytes() > options_.head_bytes_max;
  if (!has_ended_ && !has_enough) events |= EPOLLIN;
  if (!output_.empty()) events |= EPOLLOUT;
  return events;
}

}  // namespace raft
