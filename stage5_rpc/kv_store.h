// The state machine: a map from keys to values, and what a command does to it;
// and a table of sessions, so that a command that comes twice is done once
// (§8).
//
// apply() is deterministic: the same commands in the same order give the same
// map, the same table and the same results, whoever applies them and when.
//
// Any thread may call; each call takes effect at one instant.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/key_value.h"
#include "raft_message.h"

namespace raft {

enum class Operation { kPut, kDelete, kCas };

struct Command {
  Operation operation = Operation::kPut;
  std::string key = {};
  std::string value = {};  // put, cas: the new value
  std::optional<std::string> expected = {};  // cas: nothing for "absent"
  std::string client_id = {};  // whose session; empty: of none
  std::uint64_t serial = 0;  // in that session: 1, 2, 3, ...
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
  kStaleSerial,  // a later command of the session was here before
  kSessionExpired,  // the table does not hold the session any more
};

struct ApplyResult {
  ApplyStatus status = ApplyStatus::kDone;
  // After a conflict: what the key holds, nothing if it is absent.
  std::optional<std::string> value = {};
  // The entry that did it: for a repeated command, the one that came first.
  Index index = 0;
  Term term = 0;
  bool operator==(const ApplyResult&) const = default;
};

// Some keys with their values, in the order of the keys' bytes.
struct Listing {
  std::vector<std::pair<std::string, std::string>> entries = {};
  bool has_more = false;  // behind them
};

struct KvStoreLimits {
  std::size_t sessions_max = 10'000;
  // Of the values in remembered results: a conflict remembers one.
  std::size_t session_bytes_max = 64 * 1024 * 1024;
};

class KvStore {
 public:
  explicit KvStore(KvStoreLimits limits = {}) : limits_(limits) {}

  // Carries out the write of an entry. Changes no value unless the result is
  // kDone. A repeat of a session's latest command changes nothing either, and
  // has the result of the first time.
  ApplyResult apply(const Command& command, Index index = 0, Term term = 0);

  // The value of `key`; nothing if it is absent.
  std::optional<std::string> get(const std::string& key) const;

  // The keys that begin with `prefix` and come behind `after`: as many as
  // `entries_max`, and fewer when they are large.
  Listing list(const std::string& prefix,
               const std::string& after,
               std::size_t entries_max) const;

  // The entry that was applied last.
  Index last_applied() const;

  // How many keys have a value.
  std::size_t size() const;

  // How many sessions the table holds.
  std::size_t sessions() const;

 private:
  struct Session {
    std::uint64_t serial = 0;  // of the latest command
    ApplyResult result = {};  // of that
    std::list<std::string>::iterator use = {};  // its place in uses_
  };

  ApplyResult execute(const Command& command);
  ApplyResult execute_once(const Command& command, Index index, Term term);
  void touch(Session& session, const std::string& client_id);
  void evict_sessions();

  const KvStoreLimits limits_;
  mutable std::mutex mutex_;
  std::set<KeyValue, std::less<>> values_;
  Index last_applied_ = 0;

  std::unordered_map<std::string, Session> sessions_;
  std::list<std::string> uses_;  // client ids, the longest unused one first
  std::size_t session_bytes_ = 0;  // of the values in their results
};

}  // namespace raft
