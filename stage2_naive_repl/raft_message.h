// What the nodes say to each other. Plain values: no behaviour, no I/O.
//
// There is one kind of request, and its result. It has the name that the paper
// gives to the request that replicates a log (Fig. 2), though nothing here is
// a log: a command is carried out the moment it arrives, and forgotten.
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "common/node_id.h"

namespace raft {

using Index = std::uint64_t;  // the leader's count of its proposals, from 1

struct Entry {
  Index index = 0;
  std::string command = {};  // opaque to this layer
  bool operator==(const Entry&) const = default;
};

struct AppendEntries {
  NodeId leader_id = kNobody;
  Entry entry = {};
  bool operator==(const AppendEntries&) const = default;
};

struct AppendEntriesResult {
  Index index = 0;  // of the entry that it answers
  bool success = false;
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
