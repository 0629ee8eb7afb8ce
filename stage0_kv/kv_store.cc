#include "kv_store.h"

namespace raft {

ApplyResult KvStore::apply(const Command& command) {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(command.key);
  const bool is_present = found != values_.end();
  switch (command.operation) {
    case Operation::kPut:
      break;
    case Operation::kDelete:
      if (!is_present) return {.status = ApplyStatus::kNotFound};
      values_.erase(found);
      return {};
    case Operation::kCas:
      const std::optional<std::string> present =
          is_present ? std::optional(found->second) : std::nullopt;
      if (present != command.expected) {
        return {.status = ApplyStatus::kConflict, .value = present};
      }
      break;
  }
  values_.insert_or_assign(command.key, command.value);
  return {};
}

std::optional<std::string> KvStore::get(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::size_t KvStore::size() const {
  const std::lock_guard lock(mutex_);
  return values_.size();
}

}  // namespace raft
