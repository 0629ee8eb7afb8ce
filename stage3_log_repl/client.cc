#include "client.h"

#include <utility>

#include "common/backoff.h"

namespace raft {
namespace {

constexpr std::int64_t kFirstPauseMs = 10;
constexpr std::int64_t kLongestPauseMs = 1000;

constexpr char kUnknownAdvice[] =
    "; a write may or may not have been executed: read the key before you "
    "write it again";

JsonWriter request(const char* op, const std::string& key) {
  JsonWriter writer;
  writer.add("op", op).add("key", key);
  return writer;
}

// The outcome that an error of the server stands for.
Outcome outcome_of(const JsonObject& answer) {
  const auto code = answer.string("error");
  if (code == "bad_request" || code == "too_large") return Outcome::kBadRequest;
  if (code == "not_found" || code == "conflict") {
    return Outcome::kNotFoundOrMismatch;
  }
  // A request without an outcome is a read: nothing was to be executed.
  const auto outcome = answer.string("outcome");
  return outcome == "unknown" ? Outcome::kUnknown : Outcome::kNotExecuted;
}

// True if the same request may be done by a later try, and can't do harm.
bool is_worth_another_try(const Reply& reply) {
  if (reply.outcome != Outcome::kNotExecuted) return false;
  if (reply.json.empty()) return true;  // nobody answered
  const auto answer = JsonObject::parse(reply.json);
  return answer && answer->string("error") == "unavailable";
}

Reply reply_to(const std::string& line) {
  const auto answer = JsonObject::parse(line);
  const auto ok = answer ? answer->boolean("ok") : failure("");
  if (!ok) {
    return {.outcome = Outcome::kUnknown,
            .message = "the server's answer makes no sense: " + line};
  }
  Reply reply{.outcome = *ok ? Outcome::kDone : outcome_of(*answer),
              .json = line};
  const auto value = answer->string("value");
  if (value) reply.value = *value;
  if (!*ok) reply.message = answer->string("message").value_or(line);
  return reply;
}

}  // namespace

Client::Client(std::string server, std::int64_t timeout_ms)
    : server_(std::move(server)), timeout_ms_(timeout_ms) {}

Reply Client::get(const std::string& key) {
  return call(request("get", key), Kind::kRead);
}

Reply Client::put(const std::string& key, const std::string& value) {
  return call(request("put", key).add("value", value), Kind::kWrite);
}

Reply Client::remove(const std::string& key) {
  return call(request("delete", key), Kind::kWrite);
}

Reply Client::cas(const std::string& key,
                  const std::optional<std::string>& expected,
                  const std::string& value) {
  return call(
      request("cas", key).add_or_null("expected", expected).add("value", value),
      Kind::kWrite);
}

Reply Client::status() {
  return call(JsonWriter().add("op", "status"), Kind::kRead);
}

Reply Client::call(const JsonWriter& request, Kind kind) {
  const Deadline deadline = deadline_in_ms(timeout_ms_);
  Backoff backoff(kFirstPauseMs, kLongestPauseMs);
  while (true) {
    Reply reply = attempt(request, deadline);
    // A read has nothing to execute, so it can't have been executed halfway.
    if (kind == Kind::kRead && reply.outcome == Outcome::kUnknown) {
      reply.outcome = Outcome::kNotExecuted;
    }
    if (!is_worth_another_try(reply)) return reply;
    if (!backoff.wait(deadline)) {
      reply.message +=
          "; gave up, the limit is " + std::to_string(timeout_ms_) + " ms";
      return reply;
    }
  }
}

Reply Client::attempt(const JsonWriter& request, Deadline deadline) {
  // A server that restarted has ended the connection: that is better noticed
  // before the request is sent than after, when its outcome is unknown.
  if (connection_ && !connection_->is_quiet()) connection_.reset();
  if (!connection_) {
    auto connection = LineConnection::connect(server_, deadline);
    if (!connection) {
      return {.outcome = Outcome::kNotExecuted,
              .message = connection.error().message};
    }
    connection_ = std::move(*connection);
  }
  const auto sent = connection_->send(request.text(), deadline);
  const auto line =
      sent ? connection_->receive(deadline) : tl::make_unexpected(sent.error());
  if (line) return reply_to(*line);
  // An answer that comes late must not be taken for the next one.
  connection_.reset();
  return {.outcome = Outcome::kUnknown,
          .message = line.error().message + kUnknownAdvice};
}

}  // namespace raft
