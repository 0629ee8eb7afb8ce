#include "client.h"

#include <utility>

namespace raft {
namespace {

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

Client::Client(std::string server) : server_(std::move(server)) {}

Reply Client::get(const std::string& key) {
  return call(request("get", key));
}

Reply Client::put(const std::string& key, const std::string& value) {
  return call(request("put", key).add("value", value));
}

Reply Client::remove(const std::string& key) {
  return call(request("delete", key));
}

Reply Client::cas(const std::string& key,
                  const std::optional<std::string>& expected,
                  const std::string& value) {
  return call(request("cas", key)
                  .add_or_null("expected", expected)
                  .add("value", value));
}

Reply Client::status() {
  return call(JsonWriter().add("op", "status"));
}

Reply Client::call(const JsonWriter& request) {
  if (!connection_) {
    auto connection = LineConnection::connect(server_, Deadline::max());
    if (!connection) {
      return {.outcome = Outcome::kNotExecuted,
              .message = connection.error().message};
    }
    connection_ = std::move(*connection);
  }
  const auto sent = connection_->send(request.text(), Deadline::max());
  if (!sent) return {.message = sent.error().message};
  const auto line = connection_->receive(Deadline::max());
  if (!line) return {.message = line.error().message};
  return reply_to(*line);
}

}  // namespace raft
