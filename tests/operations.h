// Operations on the key "k", in words short enough for a list of them:
//
//   {put({0, 1}, "a"), unknown(erase({2, 3})), get({4, 5}, "a")}
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/history.h"

namespace raft {

using Value = std::optional<std::string>;  // nothing: absent

// When an operation begins and ends.
struct Span {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
};

inline Operation put(Span span, const std::string& value) {
  return {.kind = Operation::Kind::kPut,
          .key = "k",
          .value = value,
          .outcome = Operation::Outcome::kOk,
          .invoked_ns = span.from,
          .returned_ns = span.to};
}

// Of a get that finds nothing: kNotFound.
inline Operation get(Span span, const Value& result) {
  return {.kind = Operation::Kind::kGet,
          .key = "k",
          .outcome =
              result ? Operation::Outcome::kOk : Operation::Outcome::kNotFound,
          .result = result,
          .invoked_ns = span.from,
          .returned_ns = span.to};
}

inline Operation cas(Span span,
                     const Value& expected,
                     const std::string& value) {
  Operation operation = put(span, value);
  operation.kind = Operation::Kind::kCas;
  operation.expected = expected;
  return operation;
}

inline Operation conflict(Span span,
                          const Value& expected,
                          const Value& found) {
  Operation operation = cas(span, expected, "never");
  operation.outcome = Operation::Outcome::kConflict;
  operation.result = found;
  return operation;
}

inline Operation erase(Span span) {
  Operation operation = put(span, "");
  operation.kind = Operation::Kind::kDelete;
  return operation;
}

inline Operation erase_of_nothing(Span span) {
  Operation operation = erase(span);
  operation.outcome = Operation::Outcome::kNotFound;
  return operation;
}

inline Operation unknown(Operation operation) {
  operation.outcome = Operation::Outcome::kUnknown;
  operation.returned_ns = 0;
  return operation;
}

inline Operation not_executed(Operation operation) {
  operation.outcome = Operation::Outcome::kNotExecuted;
  return operation;
}

inline Operation on(const std::string& key, Operation operation) {
  operation.key = key;
  return operation;
}

}  // namespace raft
