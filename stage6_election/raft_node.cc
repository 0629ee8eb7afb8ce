#include "raft_node.h"

#include <algorithm>
#include <string>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

// Unlike the paper, a message from so far in the future is refused: no cluster
// gets there by elections, so it is damaged, and who adopted its term would
// spoil the terms that are left for all. So terms never wrap.
constexpr Term kTermStepMax = Term{1} << 32;

// True if the leader, or the candidate, that a call names is its sender.
template <typename T>
bool is_from(NodeId, const T&) {
  return true;
}
bool is_from(NodeId from, const AppendEntries& args) {
  return args.leader_id == from;
}
bool is_from(NodeId from, const RequestVote& args) {
  return args.candidate_id == from;
}

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

RaftNode::RaftNode(Config config, Stored stored)
    : config_(std::move(config)),
      random_(config_.seed),
      hard_state_(stored.hard_state),
      log_(std::move(stored.log)),
      taken_hard_state_(hard_state_),
      taken_index_(log_.last_index()),
      durable_index_(log_.last_index()) {
  CHECK(config_.id != kNobody);
  CHECK(config_.heartbeat_ticks < config_.election_ticks_min);
  CHECK(config_.election_ticks_min <= config_.election_ticks_max);
  CHECK(log_.last_term() <= hard_state_.current_term);
  reset_election_timer();
}

void RaftNode::tick() {
  reads_.tick();
  fail(reads_.take_late());
  // A question that got no result by now may be lost.
  if (question_ != 0 && --question_ticks_left_ <= 0) send_question();
  for (auto& [peer, progress] : progress_) ++progress.silent_ticks;
  if (--ticks_left_ > 0) return;
  // Followers, candidates: nobody led for a whole timeout (§5.2).
  if (!is_leader()) return become_candidate();
  ticks_left_ = config_.heartbeat_ticks;
  // Leaders: a message that got no result by now is taken for lost, and the
  // follower is asked again, for ever (§5.3).
  for (auto& [peer, progress] : progress_) progress.is_heartbeat_due = true;
}

int RaftNode::idle_ticks() const {
  CHECK(ticks_left_ > 0);
  // A read may be late at any tick, and a question lost.
  const bool is_counting_more = !reads_.is_empty() || question_ != 0;
  return is_counting_more ? 0 : ticks_left_ - 1;
}

std::optional<Index> RaftNode::propose(std::string command) {
  CHECK(!command.empty());
  if (!is_leader() || is_overloaded()) return std::nullopt;
  uncommitted_bytes_ += command.size();
  // Leaders: a command enters the log here; its answer waits until it is
  // applied (§5.3).
  const Index index = log_.last_index() + 1;
  append({hard_state_.current_term, index, std::move(command)});
  return index;
}

void RaftNode::receive(const Envelope& envelope) {
  CHECK(envelope.to == config_.id);
  std::visit(
      [&](const auto& message) {
        const Term current_term = hard_state_.current_term;
        const bool is_damaged = !is_from(envelope.from, message) ||
                                (message.term > current_term &&
                                 message.term - current_term > kTermStepMax);
        // A call gets a result all the same: who sent it waits for one.
        if (is_damaged) return refuse(envelope.from, message);
        // All servers: whoever sees a later term, in a call or in a result,
        // adopts it and follows (§5.1).
        if (message.term > current_term) {
          become_follower(message.term, kNobody);
        }
        handle(envelope.from, message);
      },
      envelope.message);
}

Output RaftNode::take_output() {
  // What the last Output held is durable by now, and so is a copy to count, or
  // a vote.
  durable_index_ = taken_index_;
  if (role_ == Role::kCandidate) count_votes();
  Output output = take_output_beside_disk();
  const bool is_waited_for = !output.committed.empty() || !output.reads.empty();
  if (is_leader() && is_waited_for) return output;
  if (has_question()) ask_leader();
  if (hard_state_ != taken_hard_state_) output.hard_state = hard_state_;
  taken_hard_state_ = hard_state_;
  output.entries = log_.from(taken_index_ + 1, SIZE_MAX);
  taken_index_ = log_.last_index();
  output.messages = std::exchange(outbox_, {});
  return output;
}

Output RaftNode::take_output_beside_disk() {
  Output output;
  if (is_leader()) {
    advance_commit_index();
    start_round();
    send_news(output);
  }
  // All servers: what is committed is applied, in log order (§5.3). After a
  // restart that is the whole log, and a round must not take as long as that.
  std::size_t bytes = 0;
  while (last_applied_ < commit_index_ && bytes < config_.apply_bytes_max) {
    output.committed.push_back(log_.at(++last_applied_));
    bytes += output.committed.back().command.size();
  }
  answer_reads(output);
  return output;
}

bool RaftNode::needs_disk() const {
  // A candidate's votes are counted once its own is durable.
  if (role_ == Role::kCandidate) return true;
  return hard_state_ != taken_hard_state_ || taken_index_ < log_.last_index() ||
         !outbox_.empty() || has_question();
}

bool RaftNode::hears_from_majority() const {
  std::size_t heard = 1;  // from itself
  for (const auto& [peer, progress] : progress_) {
    if (progress.silent_ticks <= config_.election_ticks_max) ++heard;
  }
  return heard >= majority();
}

bool RaftNode::is_overloaded() const {
  return is_leader() && uncommitted_bytes_ >= config_.uncommitted_bytes_max;
}

void RaftNode::become_follower(Term term, NodeId leader) {
  CHECK(term >= hard_state_.current_term);
  // The vote is for the whole term, whatever happens in it (§5.2).
  if (term > hard_state_.current_term) hard_state_ = {term, kNobody};
  if (is_leader()) {
    fail(reads_.take_unconfirmed());
    reset_election_timer();
  }
  role_ = Role::kFollower;
  set_leader(leader);
  progress_.clear();
}

void RaftNode::become_candidate() {
  CHECK(!is_leader());
  // Candidates: a new term, a vote for oneself, a new timeout, and a call for
  // votes to everybody else (§5.2). Unlike the paper's, it is not repeated: the
  // next one is for the next term.
  hard_state_ = {hard_state_.current_term + 1, config_.id};
  role_ = Role::kCandidate;
  set_leader(kNobody);
  votes_.clear();
  reset_election_timer();
  for (NodeId peer : config_.peers) {
    send(peer,
         RequestVote{.term = hard_state_.current_term,
                     .candidate_id = config_.id,
                     .last_log_index = log_.last_index(),
                     .last_log_term = log_.last_term()});
  }
}

void RaftNode::count_votes() {
  CHECK(role_ == Role::kCandidate);
  // A candidate's vote for itself counts once it is durable, like any other.
  // Before that, nobody can have been asked.
  if (hard_state_ != taken_hard_state_) return;
  votes_.insert(config_.id);
  // Candidates: a majority of votes makes a leader (§5.2).
  if (votes_.size() >= majority()) become_leader();
}

void RaftNode::become_leader() {
  CHECK(role_ == Role::kCandidate);
  CHECK(hard_state_.voted_for == config_.id);
  CHECK(votes_.size() >= majority());
  role_ = Role::kLeader;
  set_leader(config_.id);
  ticks_left_ = config_.heartbeat_ticks;
  uncommitted_bytes_ = 0;
  round_ = 0;
  // Leaders start by assuming that every follower has all they have (§5.3).
  CHECK(progress_.empty());
  for (NodeId peer : config_.peers) {
    progress_[peer].next_index = log_.last_index() + 1;
  }
  // An entry without a command opens the term: once it is committed, the leader
  // knows what is (§8). It goes out as the first heartbeat (§5.2).
  append({hard_state_.current_term, log_.last_index() + 1, ""});
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
  // Only an entry of the leader's own term is counted; older ones are committed
  // with it (§5.4.2, Fig. 8).
  if (log_.term_at(n) != hard_state_.current_term) return;
  for (Index index = commit_index_ + 1; index <= n; ++index) {
    const bool is_ours = log_.term_at(index) == hard_state_.current_term;
    if (is_ours) uncommitted_bytes_ -= log_.command_at(index).size();
  }
  commit_to(n);
}

void RaftNode::commit_to(Index index) {
  CHECK(index <= log_.last_index());
  commit_index_ = std::max(commit_index_, index);
}

void RaftNode::handle(NodeId from, const AppendEntries& args) {
  // AppendEntries 1: refuse a leader of an older term (§5.1).
  if (args.term < hard_state_.current_term) return refuse(from, args);
  const bool is_led = leader_ != kNobody && leader_ != args.leader_id;
  if (is_leader() || is_led) {
    // Election Safety (Fig. 3)
    fatal("node " + std::to_string(args.leader_id) + " leads term " +
          std::to_string(args.term) + ", but node " + std::to_string(leader_) +
          " does: somebody has voted twice. Was a data directory lost?");
  }
  // Candidates: somebody else has won (§5.2).
  become_follower(args.term, args.leader_id);
  reset_election_timer();
  if (!is_in_order(args)) return refuse(from, args);
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
       AppendEntriesResult{.term = hard_state_.current_term,
                           .success = true,
                           .match_index = last_new,
                           .match_term = log_.term_at(last_new),
                           .round = args.round});
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
  // To somebody who has led an older term this says nothing about a round of
  // the present one.
  const bool is_current = args.term == hard_state_.current_term;
  send(to,
       AppendEntriesResult{.term = hard_state_.current_term,
                           .success = false,
                           .match_index = probe,
                           .match_term = log_.term_at(probe),
                           .round = is_current ? args.round : 0});
}

void RaftNode::refuse(NodeId to, const RequestVote&) {
  send(to, RequestVoteResult{.term = hard_state_.current_term});
}

void RaftNode::handle(NodeId from, const AppendEntriesResult& result) {
  const auto found = progress_.find(from);
  // What was said to a leader of an older term, be it this one, may no longer
  // be true.
  if (found == progress_.end()) return;
  if (result.term != hard_state_.current_term) return;
  // A follower proves no more than it was sent. One that claims more is broken,
  // and is not believed: what it says of an entry that is not there yet would
  // be counted for that entry, and must not end the leader either. Neither does
  // it know a round that has not begun.
  if (result.match_index > log_.last_index()) return;
  if (result.round > round_) return;
  Progress& progress = found->second;
  progress.silent_ticks = 0;
  progress.acknowledged_round =
      std::max(progress.acknowledged_round, result.round);
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

void RaftNode::handle(NodeId from, const RequestVote& args) {
  // RequestVote 1: refuse a candidate of an older term (§5.1).
  // RequestVote 2: one vote a term, first come, first served (§5.2), and only
  // for a log that is at least as up-to-date as ours (§5.4.1).
  const NodeId voted_for = hard_state_.voted_for;
  const bool is_granted =
      args.term == hard_state_.current_term &&
      (voted_for == kNobody || voted_for == args.candidate_id) &&
      log_.is_reached_by(args.last_log_index, args.last_log_term);
  if (is_granted) {
    hard_state_.voted_for = args.candidate_id;
    reset_election_timer();
  }
  send(from,
       RequestVoteResult{.term = hard_state_.current_term,
                         .vote_granted = is_granted});
}

void RaftNode::handle(NodeId from, const RequestVoteResult& result) {
  if (role_ != Role::kCandidate) return;
  // The grant of an earlier candidacy is none for this one.
  if (result.term != hard_state_.current_term || !result.vote_granted) return;
  const auto& peers = config_.peers;
  if (std::find(peers.begin(), peers.end(), from) == peers.end()) return;
  votes_.insert(from);
}

void RaftNode::append(const Entry& entry) {
  CHECK(entry.index > taken_index_);
  log_.append(entry);
}

void RaftNode::send(NodeId to, Message message) {
  outbox_.push_back({config_.id, to, std::move(message)});
}

// What to send is decided here and not at each proposal: one message for
// everything that has queued up, and none to a follower that still owes a
// result, unless a heartbeat is due.
void RaftNode::send_news(Output& output) {
  CHECK(is_leader());
  // These messages do not wait for the disk, so this must be there already.
  CHECK(hard_state_ == taken_hard_state_);
  for (auto& [peer, progress] : progress_) {
    const bool has_news = progress.next_index <= log_.last_index() ||
                          progress.sent_round < round_;
    if (progress.is_heartbeat_due || (has_news && !progress.is_waiting)) {
      output.early_messages.push_back(
          {config_.id, peer, next_append_entries(progress)});
    }
  }
}

AppendEntries RaftNode::next_append_entries(Progress& progress) {
  const Index prev = progress.next_index - 1;
  AppendEntries args{.term = hard_state_.current_term,
                     .leader_id = config_.id,
                     .prev_log_index = prev,
                     .prev_log_term = log_.term_at(prev),
                     .leader_commit = commit_index_,
                     .round = round_};
  // A follower that owes a result may be dead, or drowning: it is asked how far
  // it has come, and gets the entries again when it has said so.
  if (!progress.is_waiting) {
    args.entries = log_.from(prev + 1, config_.message_bytes_max);
    progress.sent_round = round_;
  }
  progress.is_waiting = true;
  progress.is_heartbeat_due = false;
  return args;
}

void RaftNode::reset_election_timer() {
  // Drawn anew each time, so that not the same ones collide again (§5.2).
  const auto span = static_cast<std::uint64_t>(config_.election_ticks_max -
                                               config_.election_ticks_min);
  ticks_left_ =
      config_.election_ticks_min + static_cast<int>(random_() % (span + 1));
}

}  // namespace raft
