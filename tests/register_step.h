// Operations on one key, as steps of a register that does them one at a time.
// Plain values.
#pragma once

#include <optional>
#include <string>

#include "tests/history.h"

namespace raft {

// What an operation asks of the state and makes of it.
struct RegisterStep {
  enum class Needs { kAnything, kValue, kPresent, kNever };

  Needs needs = Needs::kAnything;
  std::optional<std::string> needed = {};  // kValue; nothing: absent
  bool is_write = false;
  std::optional<std::string> made = {};  // nothing: absent

  // Whether it may take effect on a register that has `value`.
  bool fits(const std::optional<std::string>& value) const;
};

// That of an operation that took effect with the outcome that it had or, when
// that is unknown, with one that changes something. Nothing for an operation
// that says nothing: a write that was not executed, a get without an answer.
std::optional<RegisterStep> step_of(const Operation& operation);

}  // namespace raft
