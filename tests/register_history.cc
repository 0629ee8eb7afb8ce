#include "tests/register_history.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace raft {

RegisterHistory::RegisterHistory(const std::vector<Operation>& operations) {
  for (std::size_t i = 0; i < operations.size(); ++i) add(operations[i], i);
  std::ranges::stable_sort(events_, {}, [](const Event& event) {
    return std::pair(event.time_ns, event.is_return);
  });
  find_seen();
}

void RegisterHistory::add(const Operation& operation, std::size_t index) {
  const auto says = step_of(operation);
  if (!says) return;
  steps_.push_back(
      {.operation = index,
       .returns = operation.outcome != Operation::Outcome::kUnknown,
       .needs = says->needs,
       .needed = value_id(says->needed),
       .is_write = says->is_write,
       .made = value_id(says->made)});
  const std::size_t step = steps_.size() - 1;
  events_.push_back({.time_ns = operation.invoked_ns, .step = step});
  if (!steps_[step].returns) return;
  CHECK(operation.invoked_ns <= operation.returned_ns);
  events_.push_back(
      {.time_ns = operation.returned_ns, .is_return = true, .step = step});
}

ValueId RegisterHistory::value_id(const std::optional<std::string>& value) {
  if (!value) return kAbsent;
  const auto [found, is_new] = ids_.try_emplace(*value, values_.size());
  if (is_new) values_.push_back(value);
  return found->second;
}

void RegisterHistory::find_seen() {
  seen_until_.resize(values_.size(), 0);
  bool has_changed = false;
  const auto see = [&](ValueId value, std::size_t until) {
    if (seen_until_[value] >= until) return;
    seen_until_[value] = until;
    has_changed = true;
  };
  for (std::size_t i = 0; i < events_.size(); ++i) {
    const Step& step = steps_[events_[i].step];
    if (step.needs == Needs::kValue && step.returns) see(step.needed, i);
  }
  do {
    has_changed = false;
    for (const Step& step : steps_) {
      if (step.needs == Needs::kValue && !step.returns) {
        see(step.needed, seen_until_[step.made]);
      }
    }
  } while (has_changed);
}

}  // namespace raft
