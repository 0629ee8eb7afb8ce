#include "tests/invariants.h"

#include <algorithm>

#include "tests/invariants_require.h"

namespace raft {
namespace {

// Whether a log that was being written when its server crashed is found as it
// was before, or with a part of the batch, from its first entry on.
bool is_recovery_of(const std::vector<Entry>& found,
                    std::vector<Entry> log,
                    const std::vector<Entry>& batch) {
  if (found == log) return true;
  if (!batch.empty()) log.resize(batch.front().index - 1);
  for (const Entry& entry : batch) {
    log.push_back(entry);
    if (found == log) return true;
  }
  return false;
}

}  // namespace

void Invariants::check_start(const SimServer& server) {
  seen_.erase(server.id());
  const Durable& found = server.durable();
  const Durable& before = server.durable_before();
  const CoreWork& doubt = server.in_doubt();
  require(is_recovery_of(found.entries, before.entries, doubt.entries),
          "the log outlives a crash (Fig. 2, persistent state)",
          server,
          "recovery found another log, whose end is",
          found.entries.size());
  require(found.ballot == before.ballot ||
              (doubt.ballot && found.ballot == *doubt.ballot),
          "term and vote outlive a crash (Fig. 2, persistent state)",
          server,
          "recovery found another vote, or another term:",
          found.ballot.current_term);
}

void Invariants::check_message(const SimServer& server,
                               const Envelope& envelope) {
  const char* stable =
      "updated on stable storage before responding to RPCs (Fig. 2)";
  const Claims claims = claims_in(envelope);
  const Ballot& ballot = server.durable().ballot;
  require(claims.term <= ballot.current_term,
          stable,
          server,
          "it speaks of a term that is not durable,",
          claims.term);
  // What was promised in an earlier term binds nobody in a later one: a server
  // that has gone there, in the same write, need not keep it on its disk.
  const bool is_bygone = claims.term < ballot.current_term;
  if (claims.vote != kNobody) {
    require(is_bygone || ballot == Ballot{claims.term, claims.vote},
            stable,
            server,
            "it tells of a vote that is not durable, for",
            claims.vote);
    NodeId& told = votes_[{server.id(), claims.term}];
    require(told == kNobody || told == claims.vote,
            "one vote a term (§5.2)",
            server,
            "it votes for two in term",
            claims.term);
    told = claims.vote;
  }
  if (claims.acknowledged == 0 || is_bygone) return;
  const std::vector<Entry>& stored = server.durable().entries;
  require(claims.acknowledged <= stored.size() &&
              stored[claims.acknowledged - 1].term == claims.acknowledged_term,
          stable,
          server,
          "it acknowledges what is not durable, entry",
          claims.acknowledged);
}

void Invariants::check_step(const SimServer& server) {
  if (!server.is_running()) {
    seen_.erase(server.id());
    return;
  }
  Seen& seen = seen_[server.id()];
  check_ballot(server, seen);
  check_log(server, seen);
  check_indexes(server, seen);
  note_committed(server, seen);
  check_applied(server, seen);
  check_leader(server, seen);
  check_committed_is_durable();
  for (const SimServer& each : servers_) {
    if (leads(each)) check_progress(each, seen_[each.id()]);
  }
}

bool Invariants::may_agree() const {
  std::size_t leaders = 0;
  for (const SimServer& server : servers_) {
    if (!server.is_running()) return false;
    const bool has_all =
        server.applied().size() == committed_.size() &&
        server.node().log().last_index() == committed_.size() &&
        ballot_of(server.node()).current_term ==
            ballot_of(servers_.front().node()).current_term;
    if (!has_all) return false;
    if (leads(server)) ++leaders;
  }
  return leaders == 1;
}

void Invariants::check_agreement() const {
  for (const SimServer& server : servers_) {
    require(server.is_running() && server.applied() == committed_ &&
                server.node().log().last_index() == committed_.size(),
            "liveness (§5.3, \"retries indefinitely\")",
            server,
            "all is well, but it does not have what is committed, up to",
            committed_.size());
  }
  require(may_agree(),
          "liveness (§5.2, an election chooses one leader)",
          servers_.front(),
          "all is well, but there is no leader whom all follow; terms so far:",
          leaders_.size());
}

void Invariants::check_ballot(const SimServer& server, Seen& seen) const {
  const Ballot ballot = ballot_of(server.node());
  require(seen.ballot.current_term <= ballot.current_term,
          "the current term increases monotonically (Fig. 2, §5.1)",
          server,
          "it falls to",
          ballot.current_term);
  require(seen.ballot.current_term < ballot.current_term ||
              seen.ballot.voted_for == kNobody ||
              seen.ballot.voted_for == ballot.voted_for,
          "one vote a term (§5.2)",
          server,
          "it changes its vote in term",
          ballot.current_term);
  seen.ballot = ballot;
}

void Invariants::check_indexes(const SimServer& server, Seen& seen) const {
  const RaftNode& node = server.node();
  require(node.last_applied() <= node.commit_index() &&
              node.commit_index() <= node.log().last_index(),
          "lastApplied <= commitIndex <= the log's end (Fig. 2)",
          server,
          "they are not at",
          node.commit_index());
  require(seen.commit_index <= node.commit_index() &&
              seen.last_applied <= node.last_applied(),
          "indexes increase monotonically (Fig. 2, volatile state)",
          server,
          "one falls to",
          node.commit_index());
  const bool has_committed = leads(server) && seen.leads_in != 0 &&
                             seen.leads_in == node.current_term() &&
                             seen.commit_index < node.commit_index();
  require(!has_committed ||
              node.log().term_at(node.commit_index()) == node.current_term(),
          "only entries of the leader's term are committed by counting "
          "(§5.4.2, Fig. 8)",
          server,
          "it commits one of another term,",
          node.commit_index());
  seen.commit_index = node.commit_index();
  seen.last_applied = node.last_applied();
}

void Invariants::check_log(const SimServer& server, Seen& seen) const {
  const RaftNode& node = server.node();
  const RaftLog& log = node.log();
  require(log.last_term() <= node.current_term(),
          "no entry is of a later term than its holder (§5.1)",
          server,
          "one is of term",
          log.last_term());
  const bool has_same_end =
      seen.log.size() == log.last_index() &&
      (seen.log.empty() || seen.log.back() == log.at(log.last_index()));
  if (has_same_end) return;
  // Whatever is new or another is behind the common part.
  Index common = std::min<Index>(seen.log.size(), log.last_index());
  while (common > 0 && seen.log[common - 1] != log.at(common)) --common;
  require(!leads(server) || seen.leads_in != node.current_term() ||
              common == seen.log.size(),
          "Leader Append-Only (Fig. 3, §5.3)",
          server,
          "the leader deletes or overwrites from",
          common + 1);
  seen.committed = std::min(seen.committed, common);
  seen.log.resize(common);
  for (Index index = common + 1; index <= log.last_index(); ++index) {
    seen.log.push_back(log.at(index));
  }
  for (const SimServer& other : servers_) {
    check_log_matching(server, other, common);
  }
}

void Invariants::check_log_matching(const SimServer& a,
                                    const SimServer& b,
                                    Index checked) const {
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
            "it has another entry than another server at",
            index);
    if (has_same_term && index <= checked) return;
  }
}

void Invariants::check_applied(const SimServer& server, Seen& seen) const {
  const std::vector<Entry>& applied = server.applied();
  for (; seen.applied < applied.size(); ++seen.applied) {
    const Entry& entry = applied[seen.applied];
    require(entry.index == seen.applied + 1,
            "applied in log order, each once (§5.3)",
            server,
            "another entry stands at",
            seen.applied + 1);
    require(entry.index <= committed_.size() &&
                entry == committed_[entry.index - 1],
            "State Machine Safety (Fig. 3, §5.4.3)",
            server,
            "it applies another entry than was committed at",
            entry.index);
  }
}

}  // namespace raft
