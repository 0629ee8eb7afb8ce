#include "kv_store.h"

#include <algorithm>
#include <charconv>

#include "common/netstrings.h"

namespace raft {
namespace {

// Of the keys and values in a listing.
constexpr std::size_t kListingBytesMax = 4 * 1024 * 1024;

// How many words of a command say whose it is: "as", the client, the serial.
constexpr std::size_t kSessionWords = 3;

std::size_t value_bytes(const ApplyResult& result) {
  return result.value ? result.value->size() : 0;
}

// Takes the words that say whose command it is off the front.
bool take_session(std::vector<std::string>& words, Command& command) {
  if (words.front() != "as") return true;
  if (words.size() <= kSessionWords || words[1].empty()) return false;
  command.client_id = words[1];
  const std::string& serial = words[2];
  const char* end = serial.data() + serial.size();
  const auto [stop, error] =
      std::from_chars(serial.data(), end, command.serial);
  if (stop != end || error != std::errc() || command.serial == 0) return false;
  words.erase(words.begin(), words.begin() + kSessionWords);
  return true;
}

}  // namespace

std::string encode(const Command& command) {
  std::vector<std::string_view> words;
  const std::string serial = std::to_string(command.serial);
  if (!command.client_id.empty()) words = {"as", command.client_id, serial};
  switch (command.operation) {
    case Operation::kPut:
      words.insert(words.end(), {"put", command.key, command.value});
      break;
    case Operation::kDelete:
      words.insert(words.end(), {"delete", command.key});
      break;
    case Operation::kCas:
      words.insert(words.end(), {"cas", command.key, command.value});
      if (command.expected) words.push_back(*command.expected);
      break;
  }
  return join_netstrings(words);
}

std::optional<Command> decode(const std::string& text) {
  auto words = split_netstrings(text);
  Command command;
  if (!words || words->empty() || !take_session(*words, command)) {
    return std::nullopt;
  }
  const std::string& name = words->front();
  const std::size_t size = words->size();
  if (size < 2) return std::nullopt;
  command.key = (*words)[1];
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

ApplyResult KvStore::apply(const Command& command, Index index, Term term) {
  const std::lock_guard lock(mutex_);
  last_applied_ = std::max(last_applied_, index);
  if (!command.client_id.empty()) return execute_once(command, index, term);
  ApplyResult result = execute(command);
  result.index = index;
  result.term = term;
  return result;
}

// A client numbers its commands; the state machine remembers, for each client,
// the number of the latest and its result (§8). All of it is decided by the
// log, so it is the same on every node, and after every restart.
ApplyResult KvStore::execute_once(const Command& command,
                                  Index index,
                                  Term term) {
  const auto found = sessions_.find(command.client_id);
  const bool is_new = found == sessions_.end();
  const bool is_first = command.serial == 1;
  ApplyResult refusal{.index = index, .term = term};
  // Whoever has been forgotten may have done this already: nobody knows.
  refusal.status = ApplyStatus::kSessionExpired;
  if (is_new && !is_first) return refusal;
  Session& session = is_new ? sessions_[command.client_id] : found->second;
  touch(session, command.client_id);
  if (command.serial == session.serial) return session.result;
  refusal.status = ApplyStatus::kStaleSerial;
  if (command.serial < session.serial) return refusal;

  ApplyResult result = execute(command);
  result.index = index;
  result.term = term;
  session_bytes_ += value_bytes(result) - value_bytes(session.result);
  session.serial = command.serial;
  session.result = result;
  evict_sessions();
  return result;
}

// Moves the session behind all others in the order of their use.
void KvStore::touch(Session& session, const std::string& client_id) {
  if (session.serial == 0) {
    session.use = uses_.insert(uses_.end(), client_id);
  } else {
    uses_.splice(uses_.end(), uses_, session.use);
  }
}

// The longest unused ones go, but never the one that was just used.
void KvStore::evict_sessions() {
  while (uses_.size() > 1 && (uses_.size() > limits_.sessions_max ||
                              session_bytes_ > limits_.session_bytes_max)) {
    const auto oldest = sessions_.find(uses_.front());
    session_bytes_ -= value_bytes(oldest->second.result);
    sessions_.erase(oldest);
    uses_.pop_front();
  }
}

ApplyResult KvStore::execute(const Command& command) {
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

Listing KvStore::list(const std::string& prefix,
                      const std::string& after,
                      std::size_t entries_max) const {
  const std::lock_guard lock(mutex_);
  Listing listing;
  std::size_t bytes = 0;
  auto next =
      after < prefix ? values_.lower_bound(prefix) : values_.upper_bound(after);
  for (; next != values_.end() && next->key().starts_with(prefix); ++next) {
    bytes += next->key().size() + next->value().size();
    const bool is_full = listing.entries.size() == entries_max ||
                         (bytes > kListingBytesMax && !listing.entries.empty());
    if (is_full) {
      listing.has_more = true;
      break;
    }
    listing.entries.emplace_back(next->key(), next->value());
  }
  return listing;
}

Index KvStore::last_applied() const {
  const std::lock_guard lock(mutex_);
  return last_applied_;
}

std::size_t KvStore::size() const {
  const std::lock_guard lock(mutex_);
  return values_.size();
}

std::size_t KvStore::sessions() const {
  const std::lock_guard lock(mutex_);
  return sessions_.size();
}

}  // namespace raft
