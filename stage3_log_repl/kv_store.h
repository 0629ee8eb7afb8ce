// The state machine: a map from keys to values, and what a command does to it.
//
// apply() is deterministic: the same commands in the same order give the same
// map and the same results, whoever applies them and when.
//
// Any thread may call; each call takes effect at one instant.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "common/key_value.h"

namespace raft {

enum class Operation { kPut, kDelete, kCas };

struct Command {
  Operation operation = Operation::kPut;
  std::string key = {};
  std::string value = {};  // put, cas: the new value
  std::optional<std::string> expected = {};  // cas: nothing for "absent"
  bool operator==(const Command&) const = default;
};

// A command as the text that travels between nodes, and back. Decoding gives
// nothing for a text that is no command.
std::string encode(const Command& command);
std::optional<Command> decode(const std::string& text);

enum class ApplyStatus {
  kDone,
  kNotFound,  // delete of an absent key
  kConflict,  // cas found another value
};

struct ApplyResult {
  ApplyStatus status = ApplyStatus::kDone;
  // After a conflict: what the key holds, nothing if it is absent.
  std::optional<std::string> value = {};
  bool operator==(const ApplyResult&) const = default;
};

class KvStore {
 public:
  // Carries out a write. Changes nothing unless the result is kDone.
  ApplyResult apply(const Command& command);

  // The value of `key`; nothing if it is absent.
  std::optional<std::string> get(const std::string& key) const;

  // How many keys have a value.
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::set<KeyValue, std::less<>> values_;
};

}  // namespace raft
