// What leaders commit, and what they know of the others.
#include <algorithm>

#include "tests/invariants_require.h"

namespace raft {

void Invariants::note_committed(const SimServer& server, Seen& seen) {
  const RaftNode& node = server.node();
  const std::size_t known = committed_.size();
  while (seen.committed < node.commit_index()) {
    const Index index = ++seen.committed;
    const Entry& entry = node.log().at(index);
    if (index > committed_.size()) {
      committed_.push_back(entry);
      committed_in_.push_back(node.current_term());
    }
    require(entry == committed_[index - 1],
            "State Machine Safety (Fig. 3, §5.4.3)",
            server,
            "it commits another entry than was committed at",
            index);
  }
  if (committed_.size() == known) return;
  for (const SimServer& other : servers_) {
    if (leads(other)) check_has_committed(other, known + 1);
  }
}

void Invariants::check_leader(const SimServer& server, Seen& seen) {
  const Term term = server.node().current_term();
  if (!leads(server)) {
    seen.leads_in = 0;
    return;
  }
  if (seen.leads_in == term) return;
  seen.leads_in = term;
  seen.match_index.clear();
  const NodeId leader = leaders_.emplace(term, server.id()).first->second;
  require(leader == server.id(),
          "Election Safety (Fig. 3, §5.2)",
          server,
          "it leads, as another one did, in term",
          term);
  check_has_committed(server, 1);
}

// Of a leader of a later term than that in which they were committed, from
// `first` on.
void Invariants::check_has_committed(const SimServer& leader,
                                     Index first) const {
  const RaftNode& node = leader.node();
  for (Index index = first; index <= committed_.size(); ++index) {
    const Entry& entry = committed_[index - 1];
    require(committed_in_[index - 1] >= node.current_term() ||
                node.log().matches(index, entry.term),
            "Leader Completeness (Fig. 3, §5.4)",
            leader,
            "it leads without what an earlier leader has committed at",
            index);
  }
}

void Invariants::check_committed_is_durable() const {
  if (committed_.empty()) return;
  const Entry& last = committed_.back();
  const auto holders = std::count_if(
      servers_.begin(), servers_.end(), [&](const SimServer& server) {
        return has_stored(server, last);
      });
  require(static_cast<std::size_t>(holders) > servers_.size() / 2,
          "a majority holds what is committed (§5.3)",
          servers_.front(),
          "too few disks have the last one,",
          last.index);
}

void Invariants::check_progress(const SimServer& leader, Seen& seen) const {
  const RaftNode& node = leader.node();
  for (const SimServer& server : servers_) {
    if (server.id() == leader.id()) continue;
    const Index match_index = node.match_index(server.id());
    const Index next_index = node.next_index(server.id());
    require(
        match_index < next_index && next_index <= node.log().last_index() + 1,
        "matchIndex < nextIndex <= the log's end + 1 (Fig. 2)",
        server,
        "they are not, the second is",
        next_index);
    Index& before = seen.match_index[server.id()];
    require(before <= match_index,
            "matchIndex increases monotonically (Fig. 2)",
            server,
            "it falls to",
            match_index);
    before = match_index;
    // Under a later leader it may hold something else by now.
    const bool is_current =
        server.durable().ballot.current_term <= node.current_term();
    if (match_index == 0 || !is_current) continue;
    require(match_index <= node.log().last_index() &&
                has_stored(server, node.log().at(match_index)),
            "matchIndex is known to be replicated (Fig. 2)",
            server,
            "the leader counts what is not on its disk,",
            match_index);
  }
}

}  // namespace raft
