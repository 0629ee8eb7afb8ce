#include "tests/invariants.h"

#include <algorithm>
#include <variant>

namespace raft {
namespace {

void require(bool holds,
             const char* property,
             const SimServer& server,
             const char* what,
             Index index) {
  if (holds) return;
  throw Violation{.property = property,
                  .detail = "server " + std::to_string(server.id()) + ": " +
                            what + " at index " + std::to_string(index)};
}

// What a server holds: in memory, or on its disk while it is down.
Index last_index(const SimServer& server) {
  return server.is_running() ? server.node().log().last_index()
                             : server.stored().size();
}

const Entry& entry_at(const SimServer& server, Index index) {
  return server.is_running() ? server.node().log().at(index)
                             : server.stored()[index - 1];
}

}  // namespace

// A log that was being written when its server crashed is found as it was
// before, or with a part of the batch, from its first entry on.
void Invariants::check_start(const SimServer& server) {
  seen_.erase(server.id());
  const std::vector<Entry>& found = server.stored();
  const std::vector<Entry>& batch = server.in_doubt();
  std::vector<Entry> possible = server.stored_before();
  bool is_possible = found == possible;
  if (!batch.empty()) possible.resize(batch.front().index - 1);
  for (const Entry& entry : batch) {
    possible.push_back(entry);
    is_possible = is_possible || found == possible;
  }
  require(is_possible,
          "durability (Fig. 2, \"updated on stable storage before responding "
          "to RPCs\")",
          server,
          "recovery found another log, whose end is",
          found.size());
}

void Invariants::check_message(const SimServer& server,
                               const Envelope& envelope) {
  if (const auto* args = std::get_if<AppendEntries>(&envelope.message)) {
    for (const Entry& entry : args->entries) {
      require(has_stored(server, entry),
              "a fixed leader persists, then sends (§5.3)",
              server,
              "it sends what is not durable",
              entry.index);
    }
    return;
  }
  const auto& result = std::get<AppendEntriesResult>(envelope.message);
  if (!result.success || result.match_index == 0) return;
  const std::vector<Entry>& stored = server.stored();
  require(result.match_index <= stored.size() &&
              stored[result.match_index - 1].term == result.match_term,
          "stable storage before the answer (Fig. 2)",
          server,
          "it acknowledges what is not durable",
          result.match_index);
}

void Invariants::check_step(const SimServer& server) {
  if (!server.is_running()) {
    seen_.erase(server.id());
    return;
  }
  check_indexes(server);
  check_log(server);
  note_committed(server);
  check_applied(server);
  check_committed_is_durable();
  for (const SimServer& each : servers_) {
    if (each.is_running() && each.node().role() == Role::kLeader) {
      check_progress(each);
    }
  }
}

void Invariants::check_agreement() {
  for (const SimServer& server : servers_) {
    require(server.is_running() && server.applied() == committed_ &&
                server.node().log().last_index() == committed_.size(),
            "liveness (§5.3, \"retries indefinitely\")",
            server,
            "all is well, but it does not have what is committed",
            committed_.size());
  }
}

void Invariants::check_indexes(const SimServer& server) {
  const RaftNode& node = server.node();
  Seen& seen = seen_[server.id()];
  const bool is_in_order = node.last_applied() <= node.commit_index() &&
                           node.commit_index() <= node.log().last_index();
  require(is_in_order,
          "lastApplied <= commitIndex <= the log's end (Fig. 2)",
          server,
          "they are not",
          node.commit_index());
  require(seen.commit_index <= node.commit_index() &&
              seen.last_applied <= node.last_applied(),
          "indexes increase monotonically (Fig. 2, volatile state)",
          server,
          "one falls",
          node.commit_index());
  seen.commit_index = node.commit_index();
  seen.last_applied = node.last_applied();
}

void Invariants::check_log(const SimServer& server) {
  const RaftLog& log = server.node().log();
  std::vector<Entry>& seen = seen_[server.id()].log;
  const bool has_same_end =
      seen.size() == log.last_index() &&
      (seen.empty() || seen.back() == log.at(log.last_index()));
  if (has_same_end) return;
  // Whatever is new or another is behind the common part.
  Index common = std::min(seen.size(), log.last_index());
  for (Index index = 1; index <= common; ++index) {
    if (seen[index - 1] != log.at(index)) common = index - 1;
  }
  require(server.node().role() != Role::kLeader || common == seen.size(),
          "Leader Append-Only (Fig. 3, §5.3)",
          server,
          "the leader deletes or overwrites",
          common + 1);
  Index& committed = seen_[server.id()].committed;
  committed = std::min(committed, common);
  seen.resize(common);
  for (Index index = common + 1; index <= log.last_index(); ++index) {
    seen.push_back(log.at(index));
  }
  for (const SimServer& other : servers_) {
    check_log_matching(server, other, common);
  }
}

void Invariants::check_log_matching(const SimServer& a,
                                    const SimServer& b,
                                    Index checked) {
  bool must_match = false;
  for (Index index = std::min(last_index(a), last_index(b)); index > 0;
       --index) {
    const Entry& our = entry_at(a, index);
    const Entry& their = entry_at(b, index);
    const bool has_same_term = our.term == their.term;
    must_match = must_match || has_same_term;
    require(!must_match || our == their,
            "Log Matching (Fig. 3, §5.3)",
            a,
            "it has another entry than another server,",
            index);
    if (has_same_term && index <= checked) return;
  }
}

void Invariants::check_applied(const SimServer& server) {
  const std::vector<Entry>& applied = server.applied();
  Seen& seen = seen_[server.id()];
  for (; seen.applied < applied.size(); ++seen.applied) {
    const Entry& entry = applied[seen.applied];
    require(entry.index == seen.applied + 1,
            "applied in log order, each once (§5.3)",
            server,
            "another entry stands",
            seen.applied + 1);
    require(entry.index <= committed_.size() &&
                entry == committed_[entry.index - 1],
            "State Machine Safety (Fig. 3, §5.4.3)",
            server,
            "it applies another entry than was committed",
            entry.index);
  }
}

void Invariants::note_committed(const SimServer& server) {
  const RaftNode& node = server.node();
  Index& checked = seen_[server.id()].committed;
  while (checked < node.commit_index()) {
    const Index index = ++checked;
    const Entry& entry = node.log().at(index);
    if (index > committed_.size()) committed_.push_back(entry);
    require(entry == committed_[index - 1],
            "State Machine Safety (Fig. 3, §5.4.3)",
            server,
            "it commits another entry than was committed",
            index);
  }
}

void Invariants::check_committed_is_durable() {
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

void Invariants::check_progress(const SimServer& leader) {
  const RaftNode& node = leader.node();
  for (const SimServer& server : servers_) {
    if (server.id() == leader.id()) continue;
    const Index match_index = node.match_index(server.id());
    const Index next_index = node.next_index(server.id());
    require(
        match_index < next_index && next_index <= node.log().last_index() + 1,
        "matchIndex < nextIndex <= the log's end + 1 (Fig. 2)",
        server,
        "they are not, the second",
        next_index);
    Index& seen = seen_[leader.id()].match_index[server.id()];
    require(seen <= match_index,
            "matchIndex increases monotonically (Fig. 2)",
            server,
            "it falls",
            match_index);
    seen = match_index;
    if (match_index == 0) continue;
    require(match_index <= node.log().last_index() &&
                has_stored(server, node.log().at(match_index)),
            "matchIndex is known to be replicated (Fig. 2)",
            server,
            "the leader counts what is not on its disk",
            match_index);
  }
}

bool Invariants::has_stored(const SimServer& server, const Entry& entry) const {
  const std::vector<Entry>& stored = server.stored();
  return entry.index <= stored.size() && stored[entry.index - 1] == entry;
}

}  // namespace raft
