#include "tests/register_step.h"

namespace raft {
namespace {

using Needs = RegisterStep::Needs;
using Outcome = Operation::Outcome;

}  // namespace

bool RegisterStep::fits(const std::optional<std::string>& value) const {
  switch (needs) {
    case Needs::kAnything:
      return true;
    case Needs::kValue:
      return value == needed;
    case Needs::kPresent:
      return value.has_value();
    case Needs::kNever:
      break;
  }
  return false;
}

std::optional<RegisterStep> step_of(const Operation& operation) {
  using Kind = Operation::Kind;
  switch (operation.outcome) {
    case Outcome::kNotExecuted:
      return std::nullopt;
    case Outcome::kNotFound:
      return RegisterStep{.needs = Needs::kValue};
    case Outcome::kConflict:
      return RegisterStep{.needs = operation.result == operation.expected
                                       ? Needs::kNever
                                       : Needs::kValue,
                          .needed = operation.result};
    case Outcome::kOk:
    case Outcome::kUnknown:
      break;
  }
  switch (operation.kind) {
    case Kind::kGet:
      if (operation.outcome == Outcome::kUnknown) return std::nullopt;
      return RegisterStep{.needs = Needs::kValue, .needed = operation.result};
    case Kind::kPut:
      return RegisterStep{.is_write = true, .made = operation.value};
    case Kind::kCas:
      if (operation.outcome == Outcome::kUnknown &&
          operation.expected == operation.value) {
        return std::nullopt;
      }
      return RegisterStep{.needs = Needs::kValue,
                          .needed = operation.expected,
                          .is_write = operation.expected != operation.value,
                          .made = operation.value};
    case Kind::kDelete:
      return RegisterStep{.needs = Needs::kPresent, .is_write = true};
  }
  return std::nullopt;
}

}  // namespace raft
