#include "api_request.h"

#include <algorithm>
#include <charconv>

#include <Poco/String.h>

#include "common/json.h"

namespace raft {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 1024 * 1024;
constexpr std::size_t kClientIdBytesMax = 64;
constexpr std::size_t kListLimitMax = 1000;

constexpr Consistency kDefaultConsistency = Consistency::kLinearizable;

Result<void> check_value(const std::string& name, std::size_t size) {
  if (size <= kValueBytesMax) return {};
  return failure("field \"" + name +
                 "\" must have at most 1048576 bytes, not " +
                 std::to_string(size));
}

// All of `text` as a number from 1 to `max`.
std::optional<std::uint64_t> number_in(std::string_view text,
                                       std::uint64_t max) {
  std::uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (stop != end || error != std::errc()) return std::nullopt;
  if (value < 1 || value > max) return std::nullopt;
  return value;
}

bool is_client_id(std::string_view text) {
  if (text.empty() || text.size() > kClientIdBytesMax) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') ||
           ('0' <= c && c <= '9') || c == '-';
  });
}

// Puts the session that the headers name into `command`; both or none.
Result<void> take_session(const HttpRequest& request, Command& command) {
  const auto client_id = header_in(request.headers, "Raft-Client-Id");
  const auto serial = header_in(request.headers, "Raft-Serial");
  if (!client_id && !serial) return {};
  if (!client_id || !serial) {
    return failure("Raft-Client-Id and Raft-Serial go together");
  }
  if (!is_client_id(*client_id)) {
    return failure(
        "Raft-Client-Id must have 1 to 64 letters, digits and hyphens");
  }
  const auto number = number_in(*serial, UINT64_MAX);
  if (!number) return failure("Raft-Serial must be a number from 1 on");
  command.client_id = *client_id;
  command.serial = *number;
  return {};
}

// The fields of a PUT.
Result<void> take_body(const HttpRequest& request, Command& command) {
  const auto body = JsonObject::parse(request.body);
  if (!body) return tl::make_unexpected(body.error());
  auto value = body->string("value");
  if (!value) return tl::make_unexpected(value.error());
  const auto checked = check_value("value", value->size());
  if (!checked) return checked;
  command.value = std::move(*value);
  if (!body->has("expected")) return {};
  auto expected = body->string_or_null("expected");
  if (!expected) return tl::make_unexpected(expected.error());
  command.operation = Operation::kCas;
  command.expected = std::move(*expected);
  if (!command.expected) return {};
  return check_value("expected", command.expected->size());
}

// What the query says for `name` first; nothing if that is not in it.
Result<std::optional<std::string>> query_value(const HttpRequest& request,
                                               std::string_view name) {
  const auto query = split_query(request.query());
  if (!query) return failure("a bad percent-encoding in the query");
  for (const auto& [key, value] : *query) {
    if (key != name) continue;
    if (first_bad_utf8(value)) return failure("the query is not valid UTF-8");
    return value;
  }
  return std::nullopt;
}

}  // namespace

Result<std::string> key_in(std::string_view segment) {
  auto key = percent_decode(segment);
  if (!key) return failure("a bad percent-encoding in the key");
  if (key->empty() || key->size() > kKeyBytesMax) {
    return failure("a key must have 1 to 1024 bytes, not " +
                   std::to_string(key->size()));
  }
  if (first_bad_utf8(*key)) return failure("the key is not valid UTF-8");
  return *key;
}

bool is_json(const HttpRequest& request) {
  const auto type = header_in(request.headers, "Content-Type");
  if (!type) return true;
  const std::string name = type->substr(0, type->find(';'));
  return Poco::icompare(Poco::trim(name), "application/json") == 0;
}

Result<Command> command_in(const HttpRequest& request, const std::string& key) {
  Command command{.key = key};
  if (!split_query(request.query())) {
    return failure("a bad percent-encoding in the query");
  }
  if (request.method == "DELETE") {
    command.operation = Operation::kDelete;
  } else {
    const auto taken = take_body(request, command);
    if (!taken) return tl::make_unexpected(taken.error());
  }
  const auto taken = take_session(request, command);
  if (!taken) return tl::make_unexpected(taken.error());
  return command;
}

Result<Consistency> consistency_in(const HttpRequest& request) {
  const auto value = query_value(request, "consistency");
  if (!value) return tl::make_unexpected(value.error());
  if (!*value) return kDefaultConsistency;
  if (*value == "stale") return Consistency::kStale;
  if (*value == "linearizable") return Consistency::kLinearizable;
  return failure("consistency must be stale or linearizable, not \"" + **value +
                 "\"");
}

Result<ListRange> list_range_in(const HttpRequest& request) {
  ListRange range;
  const auto prefix = query_value(request, "prefix");
  if (!prefix) return tl::make_unexpected(prefix.error());
  range.prefix = prefix->value_or("");
  const auto after = query_value(request, "after");
  if (!after) return tl::make_unexpected(after.error());
  range.after = after->value_or("");
  const auto limit = query_value(request, "limit");
  if (!limit) return tl::make_unexpected(limit.error());
  if (!*limit) return range;
  const auto number = number_in(**limit, kListLimitMax);
  if (!number) return failure("limit must be a number from 1 to 1000");
  range.limit = *number;
  return range;
}

}  // namespace raft
