#include "kv_store.h"

#include "common/netstrings.h"

namespace raft {

std::string encode(const Command& command) {
  switch (command.operation) {
    case Operation::kPut:
      return join_netstrings({"put", command.key, command.value});
    case Operation::kDelete:
      return join_netstrings({"delete", command.key});
    case Operation::kCas:
      if (!command.expected) {
        return join_netstrings({"cas", command.key, command.value});
      }
      return join_netstrings(
          {"cas", command.key, command.value, *command.expected});
  }
  return "";
}

std::optional<Command> decode(const std::string& text) {
  const auto words = split_netstrings(text);
  if (!words || words->size() < 2) return std::nullopt;
  const std::string& name = words->front();
  const std::size_t size = words->size();
  Command command{.key = (*words)[1]};
  if (name == "delete" && size == 2) {
    command.operation = Operation::kDelete;
    return command;
  }
  if (size < 3) return std::nullopt;
  command.value = (*words)[2];
  if (name == "put" && size == 3) return command;
  if (name != "cas" || size > 4) return std::nullopt;
  command.operation = Operation::kCas;
  if (size == 4) command.expected = (*words)[3];
  return command;
}

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
          is_present ? std::optional<std::string>(found->value())
                     : std::nullopt;
      if (present != command.expected) {
        return {.status = ApplyStatus::kConflict, .value = present};
      }
      break;
  }
  // One that is there makes room for the new one, in the same place.
  const auto next = is_present ? values_.erase(found) : found;
  values_.emplace_hint(next, command.key, command.value);
  return {};
}

std::optional<std::string> KvStore::get(const std::string& key) const {
  const std::lock_guard lock(mutex_);
  const auto found = values_.find(key);
  if (found == values_.end()) return std::nullopt;
  return std::string(found->value());
}

std::size_t KvStore::size() const {
  const std::lock_guard lock(mutex_);
  return values_.size();
}

}  // namespace raft
