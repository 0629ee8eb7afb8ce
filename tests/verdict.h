// What a server's answer says, in words that a table of expectations can hold:
//
//   "ok"   "ok v"   "not_found"   "bad_request not_executed"
//   "conflict not_executed, value v"   "conflict not_executed, value null"
#pragma once

#include <string>

#include "common/json.h"

namespace raft {

// `answer` is a line, or the body of an HTTP answer. "nonsense: …" if it is not
// an answer that a server may give, for instance an error without a message.
inline std::string verdict(const std::string& answer) {
  const auto json = JsonObject::parse(answer);
  const auto ok = json ? json->boolean("ok") : failure("");
  if (!ok) return "nonsense: " + answer;
  if (*ok) {
    const auto value = json->string("value");
    return value ? "ok " + *value : "ok";
  }
  const auto code = json->string("error");
  const auto message = json->string("message");
  if (!code || !message || message->empty()) return "nonsense: " + answer;
  std::string result = *code;
  const auto outcome = json->string("outcome");
  if (outcome) result += " " + *outcome;
  const auto value = json->string_or_null("value");
  if (value) result += ", value " + value->value_or("null");
  return result;
}

}  // namespace raft
