#include "common/connect_client.h"

#include <sys/socket.h>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

// The id of the connection, to the poller.
constexpr std::uint64_t kConnection = 1;

Result<void> read(const Result<HttpAnswer>& answer,
                  google::protobuf::Message& response) {
  if (!answer) return tl::make_unexpected(answer.error());
  if (answer->status != 200) return failure(describe_error(*answer));
  const auto type = header_in(answer->headers, "Content-Type");
  if (encoding_of(type.value_or("")) != ConnectEncoding::kProto) {
    return failure("the answer is no protobuf message");
  }
  return decode_message(answer->body, ConnectEncoding::kProto, response);
}

}  // namespace

Result<void> ConnectClient::call(const std::string& method,
                                 const google::protobuf::Message& request,
                                 google::protobuf::Message& response,
                                 Deadline deadline) {
  const HttpRequest http = request_of(method, request);
  const bool was_kept = connection_.has_value();
  auto answer = exchange(http, deadline);
  // The server has restarted, perhaps, since the last call.
  if (!answer && was_kept && Clock::now() < deadline) {
    answer = exchange(http, deadline);
  }
  return read(answer, response);
}

void ConnectClient::begin(const std::string& method,
                          const google::protobuf::Message& request) {
  CHECK(connection_);
  connection_->send_at_once(request_of(method, request));
}

Result<void> ConnectClient::finish(google::protobuf::Message& response,
                                   Deadline deadline) {
  return read(receive(deadline), response);
}

bool ConnectClient::wait(int timeout_ms) {
  return !poller_.wait(timeout_ms).empty();
}

void ConnectClient::stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  // Wakes whoever waits for it.
  if (connection_) ::shutdown(connection_->descriptor(), SHUT_RDWR);
  wake();
}

HttpRequest ConnectClient::request_of(
    const std::string& method, const google::protobuf::Message& request) const {
  return {
      .method = "POST",
      .target = prefix_ + method,
      .headers = {{"Content-Type", content_type_of(ConnectEncoding::kProto)},
                  {"Connect-Protocol-Version", "1"}},
      .body = encode_message(request, ConnectEncoding::kProto)};
}

Result<HttpAnswer> ConnectClient::exchange(const HttpRequest& request,
                                           Deadline deadline) {
  const auto connected = connect(deadline);
  if (!connected) return tl::make_unexpected(connected.error());
  const auto sent = connection_->send(request, deadline);
  if (sent) return receive(deadline);
  disconnect();
  return tl::make_unexpected(sent.error());
}

Result<HttpAnswer> ConnectClient::receive(Deadline deadline) {
  auto answer = connection_->receive(deadline);
  // An answer that comes late would be taken for that to the next request.
  if (!answer) disconnect();
  return answer;
}

Result<void> ConnectClient::connect(Deadline deadline) {
  if (connection_ && connection_->is_quiet()) return {};
  disconnect();
  if (is_stopped()) return failure("stopping");
  auto connection = HttpConnection::connect(address_, deadline);
  if (!connection) return tl::make_unexpected(connection.error());
  const std::lock_guard lock(mutex_);
  if (is_stopped_) return failure("stopping");
  connection_.emplace(std::move(*connection));
  poller_.add(connection_->descriptor(), kConnection, EPOLLIN);
  return {};
}

bool ConnectClient::is_stopped() {
  const std::lock_guard lock(mutex_);
  return is_stopped_;
}

void ConnectClient::disconnect() {
  const std::lock_guard lock(mutex_);
  connection_.reset();
}

}  // namespace raft
