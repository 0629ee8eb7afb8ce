#include "raft_node.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

constexpr int kSilentHeartbeatsMax = 10;

// True if the entries are the next ones after prevLogIndex, of terms that a log
// can hold. A leader sends no others, but what a wire brings is not to CHECK.
bool is_in_order(const AppendEntries& args) {
  Index index = args.prev_log_index;
  Term term = args.prev_log_term;
  for (const Entry& entry : args.entries) {
    if (entry.index != ++index || entry.term < term) return false;
    term = entry.term;
  }
  return term <= args.term;
}

}  // namespace

RaftNode::RaftNode(Config config, RaftLog log)
    : config_(std::move(config)),
      log_(std::move(log)),
      taken_index_(log_.last_index()),
      durable_index_(log_.last_index()) {
  CHECK(config_.id != kNobody);
  CHECK(config_.leader != kNobody);
  CHECK(log_.last_term() <= config_.term);
  if (!is_leader()) return;
  // Leaders start by assuming that every follower has all they have (§5.3).
  for (NodeId peer : config_.peers) {
    progress_[peer].next_index = log_.last_index() + 1;
  }
}

void RaftNode::tick() {
  for (auto& [peer, progress] : progress_) ++progress.silent_ticks;
  if (--ticks_left_ > 0) return;
  ticks_left_ = config_.heartbeat_ticks;
  // Leaders: a message that got no result by now is taken for lost, and the
  // follower is asked again, for ever (§5.3).
  for (auto& [peer, progress] : progress_) progress.is_heartbeat_due = true;
}

std::optional<Index> RaftNode::propose(std::string command) {
  if (!is_leader()) return std::nullopt;
  // Leaders: a command enters the log here; its answer waits until it is
  // applied (§5.3).
  const Index index = log_.last_index() + 1;
  append({config_.term, index, std::move(command)});
  return index;
}

void RaftNode::receive(const Envelope& envelope) {
  CHECK(envelope.to == config_.id);
  std::visit([&](const auto& message) { handle(envelope.from, message); },
             envelope.message);
}

Output RaftNode::take_output() {
  // What the last Output held is durable by now, and so is a copy to count.
  durable_index_ = taken_index_;
  if (is_leader()) advance_commit_index();
  Output output;
  output.entries = log_.from(taken_index_ + 1, SIZE_MAX);
  taken_index_ = log_.last_index();
  // What to send is decided here and not at each proposal: one message for
  // everything that has queued up, and none to a follower that still owes a
  // result, unless a heartbeat is due.
  for (auto& [peer, progress] : progress_) {
    const bool has_news =
        !progress.is_waiting && progress.next_index <= log_.last_index();
    if (has_news || progress.is_heartbeat_due) {
      send_append_entries(peer, progress);
    }
  }
  output.messages = std::exchange(outbox_, {});
  // All servers: what is committed is applied, in log order (§5.3). After a
  // restart that is the whole log, and a round must not take as long as that.
  std::size_t bytes = 0;
  while (last_applied_ < commit_index_ && bytes < config_.apply_bytes_max) {
    output.committed.push_back(log_.at(++last_applied_));
    bytes += output.committed.back().command.size();
  }
  return output;
}

Role RaftNode::role() const {
  return config_.id == config_.leader ? Role::kLeader : Role::kFollower;
}

bool RaftNode::hears_from_majority() const {
  const int longest = kSilentHeartbeatsMax * config_.heartbeat_ticks;
  std::size_t heard = 1;  // from itself
  for (const auto& [peer, progress] : progress_) {
    if (progress.silent_ticks <= longest) ++heard;
  }
  return heard >= majority();
}

void RaftNode::advance_commit_index() {
  CHECK(is_leader());
  // Leaders: N is committed once a majority holds it (§5.3). The leader's own
  // copy counts once it is durable, like any other.
  std::vector<Index> matched = {durable_index_};
  for (const auto& [peer, progress] : progress_) {
    matched.push_back(progress.match_index);
  }
  std::sort(matched.begin(), matched.end(), std::greater<>());
  const Index n = matched[majority() - 1];
  // Only an entry of the leader's own term is counted (§5.4.2).
  if (n > commit_index_ && log_.term_at(n) == config_.term) commit_to(n);
}

void RaftNode::commit_to(Index index) {
  CHECK(index <= log_.last_index());
  commit_index_ = std::max(commit_index_, index);
}

void RaftNode::handle(NodeId from, const AppendEntries& args) {
  // AppendEntries 1: refuse another term than the one there is (§5.1), and
  // another leader: two of them would make two histories.
  const bool is_from_leader = !is_leader() &&
                              args.leader_id == config_.leader &&
                              args.term == config_.term;
  if (!is_from_leader || !is_in_order(args)) return refuse(from, args);
  // AppendEntries 2: without the entry before the new ones, the log would have
  // a gap or another history below them (§5.3).
  if (!log_.matches(args.prev_log_index, args.prev_log_term)) {
    return refuse(from, args);
  }
  store(args.entries);
  // AppendEntries 5: follow the leader's commit index, but not past what this
  // call has proved to match.
  const Index last_new = args.prev_log_index + args.entries.size();
  commit_to(std::min(args.leader_commit, last_new));
  send(from,
       AppendEntriesResult{
           config_.term, true, last_new, log_.term_at(last_new)});
}

// AppendEntries 3 and 4: a conflicting entry goes, with all that follow it; an
// entry that is there already stays, with all that follow it, for this call may
// be an old one that comes late.
void RaftNode::store(const std::vector<Entry>& entries) {
  for (const Entry& entry : entries) {
    if (log_.matches(entry.index, entry.term)) {
      // Log Matching (Fig. 3): what has the same index and term is the same.
      CHECK(log_.at(entry.index) == entry);
      continue;
    }
    if (entry.index <= log_.last_index()) {
      // State Machine Safety (Fig. 3): what is committed never goes.
      CHECK(entry.index > commit_index_);
      log_.truncate_from(entry.index);
      taken_index_ = std::min(taken_index_, log_.last_index());
    }
    append(entry);
  }
}

void RaftNode::refuse(NodeId to, const AppendEntries& args) {
  // The next probe may skip every entry of ours that is of a later term than
  // the one the leader has there: none of them can match (§5.3, one probe for
  // each term with conflicts, not for each entry).
  const Index probe =
      log_.last_index_within(args.prev_log_index, args.prev_log_term);
  send(to,
       AppendEntriesResult{config_.term, false, probe, log_.term_at(probe)});
}

void RaftNode::handle(NodeId from, const AppendEntriesResult& result) {
  const auto found = progress_.find(from);
  if (found == progress_.end() || result.term != config_.term) return;
  // A follower proves no more than it was sent. One that claims more is broken,
  // and is not believed: what it says of an entry that is not there yet would
  // be counted for that entry, and must not end the leader either.
  if (result.match_index > log_.last_index()) return;
  Progress& progress = found->second;
  progress.silent_ticks = 0;
  if (result.success) {
    // The follower's log matches ours at least this far (§5.3).
    progress.is_waiting = false;
    progress.match_index = std::max(progress.match_index, result.match_index);
    progress.next_index =
        std::max(progress.next_index, progress.match_index + 1);
    return;
  }
  // A late refusal of an old probe: what is proved to match is not probed.
  if (progress.next_index == progress.match_index + 1) return;
  // The logs differ at prevLogIndex: probe further back (§5.3), past all
  // entries of ours that are of a later term than the follower has there.
  progress.is_waiting = false;
  const Index probe =
      log_.last_index_within(result.match_index, result.match_term);
  progress.next_index = std::max(progress.match_index + 1,
                                 std::min(progress.next_index - 1, probe + 1));
}

void RaftNode::append(const Entry& entry) {
  CHECK(entry.index > taken_index_);
  log_.append(entry);
}

void RaftNode::send(NodeId to, Message message) {
  outbox_.push_back({config_.id, to, std::move(message)});
}

void RaftNode::send_append_entries(NodeId to, Progress& progress) {
  CHECK(is_leader());
  const Index prev = progress.next_index - 1;
  AppendEntries args{.term = config_.term,
                     .leader_id = config_.id,
                     .prev_log_index = prev,
                     .prev_log_term = log_.term_at(prev),
                     .leader_commit = commit_index_};
  // A follower that owes a result may be dead, or drowning: it is asked how far
  // it has come, and gets the entries again when it has said so.
  if (!progress.is_waiting) {
    args.entries = log_.from(prev + 1, config_.message_bytes_max);
  }
  send(to, std::move(args));
  progress.is_waiting = true;
  progress.is_heartbeat_due = false;
}

}  // namespace raft
