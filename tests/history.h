// What several clients asked of a key/value store, when, and what they were
// told: recorded while they run, and kept in a file so that it can be judged
// again by linearizability.h.
//
//   History history;
//   const std::size_t id = history.begin({.client = 1, .kind = ..., ...});
//   ...                                    // send the request, wait
//   history.end(id, Operation::Outcome::kOk, value);
//
// A History may be used by many threads, each operation by one of them; the
// rest are plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "common/result.h"

namespace raft {

struct Operation {
  enum class Kind { kGet, kPut, kCas, kDelete };

  enum class Outcome {
    kOk,
    kNotFound,  // get or delete: the key was absent
    kConflict,  // cas: the key was not as expected but had `result`
    kNotExecuted,  // surely without effect, and nothing was learned
    kUnknown,  // had its effect at any time since it was invoked, or has yet to
               // have it, or never will
  };

  std::uint64_t client = 0;
  Kind kind = Kind::kGet;
  std::string key = {};
  std::optional<std::string> expected = {};  // cas; nothing: must be absent
  std::string value = {};  // put and cas: what is to be stored
  Outcome outcome = Outcome::kUnknown;
  // What the key had, as seen by a get (kOk) or a cas (kConflict); nothing:
  // it was absent.
  std::optional<std::string> result = {};
  std::uint64_t invoked_ns = 0;  // since the beginning of the history
  std::uint64_t returned_ns = 0;  // of no meaning when the outcome is unknown

  bool operator==(const Operation&) const = default;
};

// One line for a person:
//   client 3: cas "k" "v" -> "w" = conflict, found "x"  [0.1, 0.2] s
std::string describe(const Operation& operation);

class History {
 public:
  History() : start_(Clock::now()) {}

  // `operation` is invoked now; its times, outcome and result are filled in
  // here. Returns what to call end() with. Never ended, it is unknown.
  std::size_t begin(Operation operation);

  // It returns now.
  void end(std::size_t id,
           Operation::Outcome outcome,
           std::optional<std::string> result = {});

  // All operations so far, in the order in which they were invoked.
  std::vector<Operation> operations() const;

 private:
  std::uint64_t now_ns() const;

  const Clock::time_point start_;
  mutable std::mutex mutex_;
  std::vector<Operation> operations_;
};

// One operation as a line of JSON, and back; fails, saying what is wrong, for
// an outcome that an operation of this kind can't have, or a return before the
// invocation.
std::string to_json(const Operation& operation);
Result<Operation> operation_of_json(const std::string& line);

// A file of such lines. Errors name the file, and the line.
Result<void> save_history(const std::string& file,
                          const std::vector<Operation>& operations);
Result<std::vector<Operation>> load_history(const std::string& file);

}  // namespace raft
