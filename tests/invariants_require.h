// What the parts of the invariants have in common: how they fail, and what a
// server holds.
#pragma once

#include <string>
#include <vector>

#include "tests/invariants.h"

namespace raft {

inline void require(bool holds,
                    const char* property,
                    const SimServer& server,
                    const char* what,
                    Index index) {
  if (holds) return;
  throw Violation{.property = property,
                  .detail = "server " + std::to_string(server.id()) + ": " +
                            what + " " + std::to_string(index)};
}

// What a server holds: in memory, or on its disk while it is down.
inline Index last_index(const SimServer& server) {
  return server.is_running() ? server.node().log().last_index()
                             : server.durable().entries.size();
}

inline Entry entry_at(const SimServer& server, Index index) {
  return server.is_running() ? server.node().log().at(index)
                             : server.durable().entries[index - 1];
}

inline bool leads(const SimServer& server) {
  return server.is_running() && server.node().role() == Role::kLeader;
}

inline bool has_stored(const SimServer& server, const Entry& entry) {
  const std::vector<Entry>& stored = server.durable().entries;
  return entry.index <= stored.size() && stored[entry.index - 1] == entry;
}

}  // namespace raft
