// The part of RaftNode that is about reads: which ones may be answered without
// an entry in the log (§8, diss. §6.4).
#include <algorithm>
#include <utility>

#include "common/check.h"
#include "raft_node.h"

namespace raft {
namespace {

// Followers have no rounds, only questions: a read is in one, or it waits.
constexpr std::uint64_t kQuestionRound = 1;

}  // namespace

void RaftNode::read(ReadId id) {
  reads_.add(kNobody, id, config_.read_ticks_max);
}

void RaftNode::handle(NodeId from, const ReadIndex& args) {
  if (is_leader() && args.term == hard_state_.current_term) {
    return reads_.add(from, args.question, config_.read_ticks_max);
  }
  refuse(from, args);
}

void RaftNode::refuse(NodeId to, const ReadIndex& args) {
  send(to,
       ReadIndexResult{.term = hard_state_.current_term,
                       .question = args.question});
}

void RaftNode::handle(NodeId, const ReadIndexResult& result) {
  // A failure, too, waits for the next attempt, or the question would go to and
  // fro without a pause.
  if (result.question != question_ || !result.success) return;
  if (result.term != hard_state_.current_term) return;
  question_ = 0;
  reads_.confirm(kQuestionRound, result.read_index);
}

// All reads that wait start a round. It is in every message from here on, and
// results give it back.
void RaftNode::start_round() {
  CHECK(is_leader());
  if (!reads_.has_waiting()) return;
  // Leaders: a new one does not know what is committed before an entry of its
  // own term is (§8).
  if (log_.term_at(commit_index_) != hard_state_.current_term) return;
  reads_.start(++round_, commit_index_);
}

// A follower asks for all of its reads that wait, one question at a time.
bool RaftNode::has_question() const {
  return role_ == Role::kFollower && leader_ != kNobody && question_ == 0 &&
         reads_.has_waiting();
}

void RaftNode::ask_leader() {
  // The name is drawn, for a result may outlive the server that asked: a number
  // would come again after a restart, and confirm what it has not seen.
  question_ = random_() | 1;  // not 0
  reads_.start(kQuestionRound, 0);
  send_question();
}

// Once more, if need be, for the same reads, so that a late result to the first
// time serves as well: the way may take longer than we wait.
void RaftNode::send_question() {
  question_ticks_left_ = config_.heartbeat_ticks;
  send(leader_,
       ReadIndex{.term = hard_state_.current_term, .question = question_});
}

void RaftNode::confirm_reads() {
  CHECK(is_leader());
  // Leaders: whoever gives a round back had no later leader when it did, and of
  // any two majorities one member is the same (§8).
  std::vector<std::uint64_t> rounds = {round_};
  for (const auto& [peer, progress] : progress_) {
    rounds.push_back(progress.acknowledged_round);
  }
  std::sort(rounds.begin(), rounds.end(), std::greater<>());
  reads_.confirm(rounds[majority() - 1]);
}

void RaftNode::answer_reads(Output& output) {
  if (is_leader()) confirm_reads();
  output.reads = std::exchange(failed_reads_, {});
  for (const Read& read : reads_.take_done(last_applied_)) {
    if (read.from == kNobody) {
      output.reads.push_back({.id = read.id, .ok = true});
      continue;
    }
    ReadIndexResult result{.term = hard_state_.current_term,
                           .question = read.id,
                           .success = true,
                           .read_index = read.read_index};
    output.early_messages.push_back({config_.id, read.from, result});
  }
}

void RaftNode::fail(const std::vector<Read>& reads) {
  for (const Read& read : reads) {
    if (read.from == kNobody) {
      failed_reads_.push_back({.id = read.id, .ok = false});
      continue;
    }
    send(
        read.from,
        ReadIndexResult{.term = hard_state_.current_term, .question = read.id});
  }
}

void RaftNode::set_leader(NodeId leader) {
  // Another leader is asked for what the last one owes.
  if (leader != leader_) forget_question();
  leader_ = leader;
}

void RaftNode::forget_question() {
  question_ = 0;
  reads_.restart();
}

}  // namespace raft
