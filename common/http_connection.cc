#include "common/http_connection.h"

#include <sys/socket.h>
#include <utility>

#include "common/check.h"
#include "common/client_socket.h"
#include "common/http_answer_reader.h"

namespace raft {
namespace {

// A newline would end the head, or begin another request.
bool fits_on_a_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) ==
         std::string_view::npos;
}

void append_header(std::string& head,
                   std::string_view name,
                   std::string_view value) {
  CHECK(fits_on_a_line(name));
  CHECK(fits_on_a_line(value));
  head.append(name).append(": ").append(value).append("\r\n");
}

// Head and body in one piece, for one system call.
std::string message_of(const HttpRequest& request, const std::string& host) {
  constexpr std::size_t kHeadBytes = 512;  // about
  CHECK(fits_on_a_line(request.method));
  CHECK(fits_on_a_line(request.target));
  CHECK(request.target.find(' ') == std::string::npos);
  std::string message;
  message.reserve(kHeadBytes + request.body.size());
  message.append(request.method).append(" ").append(request.target);
  message += " HTTP/1.1\r\n";
  append_header(message, "Host", host);
  for (const auto& [name, value] : request.headers) {
    append_header(message, name, value);
  }
  // Where a body has a meaning its length is said, even if that is 0.
  if (!request.body.empty() || request.method != "GET") {
    append_header(
        message, "Content-Length", std::to_string(request.body.size()));
  }
  return message.append("\r\n").append(request.body);
}

}  // namespace

struct HttpConnection::Impl {
  ClientSocket socket;
  const std::string host;
  HttpAnswerReader reader = {};
};

HttpConnection::HttpConnection(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

HttpConnection::HttpConnection(HttpConnection&&) noexcept = default;
HttpConnection& HttpConnection::operator=(HttpConnection&&) noexcept = default;
HttpConnection::~HttpConnection() = default;

Result<HttpConnection> HttpConnection::connect(const std::string& address,
                                               Deadline deadline) {
  auto socket = ClientSocket::connect(address, deadline);
  if (!socket) return tl::make_unexpected(socket.error());
  return HttpConnection(
      std::make_unique<Impl>(Impl{std::move(*socket), address}));
}

Result<void> HttpConnection::send(const HttpRequest& request,
                                  Deadline deadline) {
  return impl_->socket.send(message_of(request, impl_->host), deadline);
}

void HttpConnection::send_at_once(const HttpRequest& request) {
  const std::string message = message_of(request, impl_->host);
  const auto sent = ::send(descriptor(),
                           message.data(),
                           message.size(),
                           MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(message.size())) return;
  ::shutdown(descriptor(), SHUT_RDWR);
}

Result<HttpAnswer> HttpConnection::receive(Deadline deadline) {
  HttpAnswerReader& reader = impl_->reader;
  while (true) {
    auto answer = reader.next();
    if (answer) return std::move(*answer);
    if (!reader.error().empty()) return failure(reader.error());
    const auto size = impl_->socket.receive(reader.input(), deadline);
    if (!size) return tl::make_unexpected(size.error());
    if (*size == 0) reader.end();
  }
}

bool HttpConnection::is_quiet() const {
  return impl_->reader.is_reusable() && impl_->socket.is_quiet();
}

int HttpConnection::descriptor() const {
  return impl_->socket.descriptor();
}

}  // namespace raft
