// What the nodes say to each other: entries, arguments and results, as in
// Figure 2. Plain values: no behaviour, no I/O. Field order is the order of the
// figure.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/node_id.h"

namespace raft {

using Term = std::uint64_t;  // of the leader; fixed here, never 0
using Index = std::uint64_t;  // log position, the first entry is 1 (Fig. 2)

struct Entry {
  Term term = 0;
  Index index = 0;
  std::string command = {};  // opaque to this layer
  bool operator==(const Entry&) const = default;
};

struct AppendEntries {
  Term term = 0;
  NodeId leader_id = kNobody;
  Index prev_log_index = 0;
  Term prev_log_term = 0;
  std::vector<Entry> entries = {};  // empty for heartbeat
  Index leader_commit = 0;
  bool operator==(const AppendEntries&) const = default;
};

// Unlike the paper's, our results are messages and not returns of a call, so
// this one says what it answers. After success: how far the follower's log is
// proved to match. After failure: the last entry of the follower worth probing.
struct AppendEntriesResult {
  Term term = 0;
  bool success = false;
  Index match_index = 0;
  Term match_term = 0;  // of the follower's entry at match_index
  bool operator==(const AppendEntriesResult&) const = default;
};

using Message = std::variant<AppendEntries, AppendEntriesResult>;

struct Envelope {
  NodeId from = kNobody;
  NodeId to = kNobody;
  Message message = {};
  bool operator==(const Envelope&) const = default;
};

}  // namespace raft
