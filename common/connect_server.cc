#include "common/connect_server.h"

#include <atomic>
#include <charconv>
#include <utility>

#include <Poco/String.h>

#include "common/deadline.h"
#include "common/http_server.h"
#include "common/timer.h"

namespace raft {
namespace {

using Refusal = tl::unexpected<HttpAnswer>;

Refusal refuse(ConnectCode code, const std::string& message) {
  return tl::make_unexpected(answer_of({code, message}));
}

// The same with the status and the header that HTTP has for it.
Refusal refuse(int status,
               const HttpHeaders& headers,
               const std::string& message) {
  HttpAnswer answer = answer_of({ConnectCode::kUnimplemented, message});
  answer.status = status;
  answer.headers.insert(answer.headers.end(), headers.begin(), headers.end());
  return tl::make_unexpected(std::move(answer));
}

// What the headers of a call ask for.
struct CallTerms {
  ConnectEncoding encoding = ConnectEncoding::kProto;
  std::optional<std::int64_t> timeout_ms = {};
};

tl::expected<CallTerms, HttpAnswer> read_terms(const HttpHeaders& headers) {
  const auto type = header_in(headers, "Content-Type");
  const auto encoding = encoding_of(type.value_or(""));
  if (!encoding) {
    return refuse(415,
                  {{"Accept-Post", "application/proto, application/json"}},
                  "send Content-Type: application/proto or application/json");
  }
  const auto version = header_in(headers, "Connect-Protocol-Version");
  if (version && *version != "1") {
    return refuse(ConnectCode::kInvalidArgument,
                  "Connect-Protocol-Version must be 1");
  }
  const auto coding = header_in(headers, "Content-Encoding");
  if (coding && Poco::icompare(*coding, "identity") != 0) {
    return refuse(501,
                  {{"Accept-Encoding", "identity"}},
                  "the only Content-Encoding that is supported is identity");
  }
  CallTerms terms{.encoding = *encoding};
  const auto timeout = header_in(headers, "Connect-Timeout-Ms");
  if (!timeout) return terms;
  std::int64_t ms = 0;
  const char* const end = timeout->data() + timeout->size();
  const auto read = std::from_chars(timeout->data(), end, ms);
  constexpr std::size_t kDigitsMax = 10;
  if (read.ec != std::errc() || read.ptr != end || ms <= 0 ||
      timeout->size() > kDigitsMax) {
    return refuse(ConnectCode::kInvalidArgument,
                  "Connect-Timeout-Ms must be a positive number of at most 10 "
                  "digits");
  }
  terms.timeout_ms = ms;
  return terms;
}

// What the HttpServer refuses, in the words of this protocol.
HttpAnswer refusal_of(int status, const std::string& message) {
  switch (status) {
    case 408:
      return answer_of({ConnectCode::kDeadlineExceeded, message});
    case 413:
    case 431:
      return answer_of({ConnectCode::kResourceExhausted, message});
    case 501:
    case 505:
      return answer_of({ConnectCode::kUnimplemented, message});
    case 503:
      return answer_of({ConnectCode::kUnavailable, message});
    default:
      return answer_of({ConnectCode::kInvalidArgument, message});
  }
}

}  // namespace

struct ConnectReply::Call {
  ~Call() {
    if (is_done) return;
    finish(answer_of({ConnectCode::kUnavailable, "no answer was given"}));
  }

  // Only the first answer counts.
  void finish(HttpAnswer answer) {
    if (is_done.exchange(true)) return;
    if (alarm != 0) timer->cancel(alarm);
    reply(std::move(answer));
  }

  const HttpServerOptions::Reply reply;
  const ConnectEncoding encoding;
  const std::shared_ptr<Timer> timer;
  // At the deadline, if there is one. May go off before this is set: then there
  // is nothing to cancel.
  std::atomic<std::uint64_t> alarm = 0;
  std::atomic<bool> is_done = false;
};

ConnectReply::ConnectReply(std::shared_ptr<Call> call)
    : call_(std::move(call)) {}

void ConnectReply::answer(const google::protobuf::Message& response) const {
  call_->finish(
      {.status = 200,
       .headers = {{"Content-Type", content_type_of(call_->encoding)}},
       .body = encode_message(response, call_->encoding)});
}

void ConnectReply::fail(const ConnectError& error) const {
  call_->finish(answer_of(error));
}

class ConnectServer::Impl {
 public:
  explicit Impl(ConnectServerOptions options)
      : prefix_("/" + options.service + "/"),
        methods_(std::move(options.methods)),
        server_(
            {.address = options.address,
             .handler =
                 [this](HttpRequest request, HttpServerOptions::Reply reply) {
                   serve(request, std::move(reply));
                 },
             .error_answer =
                 [](int status, std::string, std::string message) {
                   return refusal_of(status, message);
                 },
             .body_bytes_max = options.body_bytes_max}) {}

  ~Impl() { stop(); }

  void stop() {
    server_.stop();
    timer_->stop();
  }

  std::uint16_t port() const { return server_.port(); }

 private:
  void serve(const HttpRequest& http, HttpServerOptions::Reply reply) {
    const auto method = find_method(http);
    if (!method) return reply(method.error());
    const auto terms = read_terms(http.headers);
    if (!terms) return reply(terms.error());
    const auto request = (*method)->make_request();
    const auto decoded = decode_message(http.body, terms->encoding, *request);
    if (!decoded) {
      return reply(
          answer_of({ConnectCode::kInvalidArgument, decoded.error().message}));
    }
    const auto call = std::make_shared<ConnectReply::Call>(
        std::move(reply), terms->encoding, timer_);
    const ConnectReply answer(call);
    if (terms->timeout_ms) {
      call->alarm =
          timer_->call_at(deadline_in_ms(*terms->timeout_ms), [answer] {
            answer.fail({ConnectCode::kDeadlineExceeded,
                         "no answer within Connect-Timeout-Ms"});
          });
    }
    (*method)->handler(*request, answer);
  }

  tl::expected<const ConnectMethod*, HttpAnswer> find_method(
      const HttpRequest& http) const {
    const std::string path(http.path());
    if (path.rfind(prefix_, 0) != 0) {
      return refuse(404, {}, "no such path: calls go to " + prefix_);
    }
    for (const ConnectMethod& method : methods_) {
      if (path.compare(prefix_.size(), path.npos, method.name) != 0) continue;
      if (http.method == "POST") return &method;
      return refuse(405, {{"Allow", "POST"}}, "a call is a POST");
    }
    return refuse(ConnectCode::kUnimplemented, "no such method: " + path);
  }

  const std::string prefix_;
  const std::vector<ConnectMethod> methods_;
  const std::shared_ptr<Timer> timer_ = std::make_shared<Timer>();
  HttpServer server_;  // last: its thread calls the rest
};

ConnectServer::ConnectServer(ConnectServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

ConnectServer::~ConnectServer() = default;

void ConnectServer::stop() {
  impl_->stop();
}

std::uint16_t ConnectServer::port() const {
  return impl_->port();
}

}  // namespace raft
