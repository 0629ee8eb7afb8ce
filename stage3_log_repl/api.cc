#include "api.h"

#include "common/check.h"
#include "server.h"

namespace raft {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 1024 * 1024;

std::string error(const std::string& code, const std::string& message) {
  return JsonWriter()
      .add("ok", false)
      .add("error", code)
      .add("message", message)
      .text();
}

// The same, for a write of which this is known: it was not executed.
std::string refusal(const std::string& code, const std::string& message) {
  return JsonWriter()
      .add("ok", false)
      .add("error", code)
      .add("message", message)
      .add("outcome", "not_executed")
      .text();
}

std::string bad_request(const std::string& message) {
  return refusal("bad_request", message + "; nothing was changed");
}

Result<std::string> key_of(const JsonObject& request) {
  auto key = request.string("key");
  if (key && (key->empty() || key->size() > kKeyBytesMax)) {
    return failure("field \"key\" must have 1 to 1024 bytes, not " +
                   std::to_string(key->size()));
  }
  return key;
}

Error value_too_long(const std::string& name, std::size_t size) {
  return {"field \"" + name + "\" must have at most 1048576 bytes, not " +
          std::to_string(size)};
}

Result<std::string> value_of(const JsonObject& request) {
  auto value = request.string("value");
  if (value && value->size() > kValueBytesMax) {
    return tl::make_unexpected(value_too_long("value", value->size()));
  }
  return value;
}

Result<std::optional<std::string>> expected_of(const JsonObject& request) {
  auto expected = request.string_or_null("expected");
  if (expected && *expected && (*expected)->size() > kValueBytesMax) {
    return tl::make_unexpected(value_too_long("expected", (*expected)->size()));
  }
  return expected;
}

Result<Command> command_of(const JsonObject& request, const std::string& op) {
  const auto key = key_of(request);
  if (!key) return tl::make_unexpected(key.error());
  if (op == "delete") {
    return Command{.operation = Operation::kDelete, .key = *key};
  }
  const auto value = value_of(request);
  if (!value) return tl::make_unexpected(value.error());
  if (op == "put") {
    return Command{.operation = Operation::kPut, .key = *key, .value = *value};
  }
  const auto expected = expected_of(request);
  if (!expected) return tl::make_unexpected(expected.error());
  return Command{.operation = Operation::kCas,
                 .key = *key,
                 .value = *value,
                 .expected = *expected};
}

std::string answer_to(const ApplyResult& applied) {
  switch (applied.status) {
    case ApplyStatus::kDone:
      return JsonWriter().add("ok", true).text();
    case ApplyStatus::kNotFound:
      return refusal("not_found", "no such key; nothing was changed");
    case ApplyStatus::kConflict:
      return JsonWriter()
          .add("ok", false)
          .add("error", "conflict")
          .add("message", "the key holds another value; nothing was changed")
          .add_or_null("value", applied.value)
          .add("outcome", "not_executed")
          .text();
  }
  CHECK(false);
}

std::string not_leader(const ServerStatus& status) {
  return JsonWriter()
      .add("ok", false)
      .add("error", "not_leader")
      .add("message",
           "node " + std::to_string(status.id) +
               " is a follower and changed nothing; send writes to the leader "
               "at " +
               status.leader_client_address)
      .add("leader", status.leader_client_address)
      .add("outcome", "not_executed")
      .text();
}

std::string timeout() {
  return JsonWriter()
      .add("ok", false)
      .add("error", "timeout")
      .add("message",
           "no majority confirmed the write in time; some nodes may hold it")
      .add("outcome", "unknown")
      .text();
}

}  // namespace

Api::Api(Server& server, const std::string& address)
    : server_(server),
      lines_({.address = address,
              .handler = [this](std::string_view line) { return answer(line); },
              .too_long_answer = refusal(
                  "too_large",
                  "a line may have 2097152 bytes; nothing was changed and the "
                  "connection is closed"),
              .too_many_answer = refusal(
                  "unavailable",
                  "too many connections; nothing was changed, try again")}) {}

void Api::stop() {
  lines_.stop();
}

std::string Api::answer(std::string_view line) {
  const auto request = JsonObject::parse(line);
  if (!request) return bad_request(request.error().message);
  const auto op = request->string("op");
  if (!op) return bad_request(op.error().message);
  if (*op == "get") return get(*request);
  if (*op == "put" || *op == "delete" || *op == "cas") {
    return write(*request, *op);
  }
  if (*op == "status") return status();
  return bad_request("unknown op; use get, put, delete, cas or status");
}

std::string Api::write(const JsonObject& request, const std::string& op) {
  const auto command = command_of(request, op);
  if (!command) return bad_request(command.error().message);
  const WriteResult result = server_.write(*command);
  switch (result.status) {
    case WriteStatus::kApplied:
      return answer_to(result.applied);
    case WriteStatus::kNotLeader:
      return not_leader(server_.status());
    case WriteStatus::kUnavailable:
      return refusal("unavailable",
                     "no majority can be reached; nothing was changed");
    case WriteStatus::kTimeout:
      return timeout();
  }
  CHECK(false);
}

std::string Api::get(const JsonObject& request) {
  const auto key = key_of(request);
  if (!key) return bad_request(key.error().message);
  const auto value = server_.read(*key);
  if (!value) return error("not_found", "no such key");
  return JsonWriter().add("ok", true).add("value", *value).text();
}

std::string Api::status() {
  const ServerStatus status = server_.status();
  return JsonWriter()
      .add("ok", true)
      .add("stage", status.stage)
      .add("id", status.id)
      .add("role", status.role == Role::kLeader ? "leader" : "follower")
      .add("leader", status.leader)
      .add("leader_client_address", status.leader_client_address)
      .add("commit_index", status.commit_index)
      .add("last_applied", status.last_applied)
      .add("last_log_index", status.last_log_index)
      .add("keys", status.keys)
      .text();
}

}  // namespace raft
