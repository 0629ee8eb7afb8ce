// The history of one key in the form in which register_search.h works on it:
// values as numbers, operations as steps, and all that happens in the order of
// time. Constant once made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/history.h"
#include "tests/register_step.h"

namespace raft {

// A value that occurs in the history, by number; kAbsent is no value.
using ValueId = std::size_t;
inline constexpr ValueId kAbsent = 0;

class RegisterHistory {
 public:
  using Needs = RegisterStep::Needs;

  // A RegisterStep with numbers.
  struct Step {
    std::size_t operation = 0;  // its index
    bool returns = false;  // otherwise its outcome is unknown
    Needs needs = Needs::kAnything;
    ValueId needed = kAbsent;
    bool is_write = false;
    ValueId made = kAbsent;

    bool fits(ValueId state) const {
      return needs == Needs::kAnything ||
             (needs == Needs::kValue && state == needed) ||
             (needs == Needs::kPresent && state != kAbsent);
    }
  };

  // A step begins or, if it does, returns.
  struct Event {
    std::uint64_t time_ns = 0;
    bool is_return = false;
    std::size_t step = 0;
  };

  explicit RegisterHistory(const std::vector<Operation>& operations);

  // Those of the operations that say something.
  const std::vector<Step>& steps() const { return steps_; }
  // At the same moment, operations begin before others end: they overlap.
  const std::vector<Event>& events() const { return events_; }
  // By ValueId.
  const std::vector<std::optional<std::string>>& values() const {
    return values_;
  }

  // The last event at which a value is seen: by an operation that needs it and
  // returns, or by one of unknown outcome whose own value is seen. 0 if it
  // never is.
  std::size_t seen_until(ValueId value) const { return seen_until_[value]; }

 private:
  void add(const Operation& operation, std::size_t index);
  ValueId value_id(const std::optional<std::string>& value);
  void find_seen();

  std::vector<std::optional<std::string>> values_ = {std::nullopt};
  std::unordered_map<std::string, ValueId> ids_;
  std::vector<Step> steps_;
  std::vector<Event> events_;
  std::vector<std::size_t> seen_until_;
};

}  // namespace raft
