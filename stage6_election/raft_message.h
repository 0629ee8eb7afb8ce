// What the nodes say to each other: entries, arguments and results, as in
// Figure 2, and how a follower asks for a read index (§8, diss. §6.4). Plain
// values: no behaviour, no I/O. Field order is the order of the figure.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "common/node_id.h"

namespace raft {

using Term = std::uint64_t;  // grows monotonically, 0 before any election
using Index = std::uint64_t;  // log position, the first entry is 1 (Fig. 2)

struct Entry {
  Term term = 0;
  Index index = 0;
  std::string command = {};  // opaque to this layer; empty: a no-op (§8)
  bool operator==(const Entry&) const = default;
};

struct AppendEntries {
  Term term = 0;
  NodeId leader_id = kNobody;
  Index prev_log_index = 0;
  Term prev_log_term = 0;
  std::vector<Entry> entries = {};  // empty for heartbeat
  Index leader_commit = 0;
  std::uint64_t round = 0;  // the leader's last round of reads (diss. §6.4)
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
  std::uint64_t round = 0;  // of the request; 0 if that was of another term
  bool operator==(const AppendEntriesResult&) const = default;
};

struct RequestVote {
  Term term = 0;
  NodeId candidate_id = kNobody;
  Index last_log_index = 0;
  Term last_log_term = 0;
  bool operator==(const RequestVote&) const = default;
};

struct RequestVoteResult {
  Term term = 0;
  bool vote_granted = false;
  bool operator==(const RequestVoteResult&) const = default;
};

// Unlike the paper, who asks a follower may read there: it asks its leader how
// far it must have applied the log to answer all that has queued up.
struct ReadIndex {
  Term term = 0;
  std::uint64_t question = 0;  // a name for it, drawn by the follower
  bool operator==(const ReadIndex&) const = default;
};

struct ReadIndexResult {
  Term term = 0;
  std::uint64_t question = 0;
  bool success = false;
  Index read_index = 0;
  bool operator==(const ReadIndexResult&) const = default;
};

using Message = std::variant<AppendEntries,
                             AppendEntriesResult,
                             RequestVote,
                             RequestVoteResult,
                             ReadIndex,
                             ReadIndexResult>;

struct Envelope {
  NodeId from = kNobody;
  NodeId to = kNobody;
  Message message = {};
  bool operator==(const Envelope&) const = default;
};

}  // namespace raft
