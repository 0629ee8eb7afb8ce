// One server's consensus, as a pure function of its inputs.
//
// A RaftNode does no I/O, owns no thread and reads no clock. The shell around
// it (server.cc) feeds it ticks, proposals, reads and messages, then takes an
// Output and carries it out. The same inputs always give the same outputs, so a
// test can replay any history.
//
// Not thread-safe: one thread at a time, as the paper's Figure 2 assumes.
#pragma once

#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "raft_log.h"
#include "raft_message.h"
#include "read_queue.h"

namespace raft {

struct Config {
  NodeId id = kNobody;
  std::vector<NodeId> peers = {};  // the other nodes; does not contain id
  int election_ticks_min = 15;  // timeouts are drawn from [min, max] (§5.2)
  int election_ticks_max = 30;
  int heartbeat_ticks = 5;  // REQUIRES: < election_ticks_min
  int read_ticks_max = 100;  // then a read fails
  std::uint64_t seed = 0;  // another one for each node, and at each start
  std::size_t message_bytes_max = 1024 * 1024;  // of commands in a message
  std::size_t apply_bytes_max = 1024 * 1024;  // of commands in an Output
  std::size_t uncommitted_bytes_max = 64 * 1024 * 1024;  // of commands
};

using ReadId = std::uint64_t;  // chosen by the shell

// What became of a read. If it is ok, the state machine may be read now, when
// all committed entries of this Output are applied, and the answer is
// linearizable. If not, nobody who leads could be reached; ask again.
struct ReadResult {
  ReadId id = 0;
  bool ok = false;
  bool operator==(const ReadResult&) const = default;
};

// What the shell must do, in the order of the fields. A step may begin only
// when the steps before it are done ("updated on stable storage before
// responding to RPCs", Fig. 2), and the next take_output() says that all of
// this one is done.
struct Output {
  // 1. Send, before the write or beside it: they promise nothing that is not
  // durable yet (diss. §10.2.1). Losing them is allowed.
  std::vector<Envelope> early_messages = {};
  // 2. Persist, replacing the old one.
  std::optional<HardState> hard_state = {};
  // 3. Persist, in the same write, after deleting any stored entry at or past
  // the first index.
  std::vector<Entry> entries = {};
  // 4. Send. Losing them is allowed.
  std::vector<Envelope> messages = {};
  // 5. Apply, each exactly once, in this order. An empty command is a no-op.
  std::vector<Entry> committed = {};
  // 6. Answer.
  std::vector<ReadResult> reads = {};

  bool empty() const {
    return early_messages.empty() && !hard_state && entries.empty() &&
           messages.empty() && committed.empty() && reads.empty();
  }
};

enum class Role { kFollower, kCandidate, kLeader };

class RaftNode {
 public:
  // Starts as a follower, from what stable storage held when the server last
  // stopped.
  explicit RaftNode(Config config, Stored stored = {});

  // One unit of logical time has passed.
  void tick();

  // How many ticks from now on do nothing but count, as long as nothing else
  // happens: a shell may sleep through them, and then tick as often.
  int idle_ticks() const;

  // Appends `command` to a leader's log and returns its index. Returns nothing
  // when this node is not the leader, or is_overloaded(). A returned index is a
  // promise of nothing yet: see Output::committed. Another leader may put
  // another entry in its place, so whoever waits for it must compare the term
  // too. REQUIRES: `command` is not empty.
  std::optional<Index> propose(std::string command);

  // Asks for a read of the state machine that sees all that was committed
  // before, on any node. Output::reads holds the result, once, after at most
  // read_ticks_max ticks. REQUIRES: no read of that id is under way.
  void read(ReadId id);

  // A message has arrived. Duplicates, losses and reorderings are expected.
  // Each AppendEntries and RequestVote is answered exactly once, in order, and
  // each ReadIndex once, but later. A message whose term is more than 2^32
  // ahead, or by another node than it says, is refused and changes nothing.
  void receive(const Envelope& envelope);

  // Moves out all that has become due since the last call. A leader's Output
  // has something to apply or to answer, or else something to persist, never
  // both: what is committed beside the write would be applied before what waits
  // behind it. And nobody is to wait for a disk that he does not need.
  Output take_output();

  // Moves out only what needs no disk, and says nothing of the last Output:
  // that may still be being persisted. So followers get what is new, and what
  // they have stored may be committed before the leader has (diss. §10.2.1).
  // REQUIRES: what earlier Outputs have in `committed` and `reads` is done.
  Output take_output_beside_disk();

  // True if take_output() may have more to do than take_output_beside_disk().
  bool needs_disk() const;

  Role role() const { return role_; }
  NodeId leader() const { return leader_; }  // kNobody when unknown
  Term current_term() const { return hard_state_.current_term; }
  NodeId voted_for() const { return hard_state_.voted_for; }
  Index commit_index() const { return commit_index_; }
  Index last_applied() const { return last_applied_; }
  const RaftLog& log() const { return log_; }

  // What a leader knows of `peer` (Fig. 2, volatile state on leaders).
  // REQUIRES: this node leads, and `peer` is one of its peers.
  Index next_index(NodeId peer) const { return progress_.at(peer).next_index; }
  Index match_index(NodeId peer) const {
    return progress_.at(peer).match_index;
  }
  // In ticks, since its last result, or since the election.
  std::int64_t silent_ticks(NodeId peer) const {
    return progress_.at(peer).silent_ticks;
  }

  // False on a leader that lacks results from a majority for an election
  // timeout: what is proposed now would pile up, and others may lead.
  bool hears_from_majority() const;

  // True on a leader with too many bytes of commands that are not committed.
  bool is_overloaded() const;

 private:
  // What the leader knows of a follower (Fig. 2, volatile state on leaders).
  struct Progress {
    Index next_index = 1;
    Index match_index = 0;
    bool is_waiting = false;  // for the result of a message
    bool is_heartbeat_due = true;
    std::int64_t silent_ticks = 0;  // since the last result
    std::uint64_t sent_round = 0;
    std::uint64_t acknowledged_round = 0;
  };

  // Rules for Servers (Fig. 2).
  void become_follower(Term term, NodeId leader);
  void become_candidate();
  void become_leader();
  void count_votes();
  void advance_commit_index();
  void commit_to(Index index);

  // Receivers (Fig. 2), and what the sender does with each result.
  void handle(NodeId from, const AppendEntries& args);
  void handle(NodeId from, const AppendEntriesResult& result);
  void handle(NodeId from, const RequestVote& args);
  void handle(NodeId from, const RequestVoteResult& result);
  void handle(NodeId from, const ReadIndex& args);
  void handle(NodeId from, const ReadIndexResult& result);

  bool is_leader() const { return role_ == Role::kLeader; }
  void append(const Entry& entry);
  void store(const std::vector<Entry>& entries);
  void refuse(NodeId to, const AppendEntries& args);
  void refuse(NodeId to, const RequestVote& args);
  void refuse(NodeId to, const ReadIndex& args);
  template <typename T>
  void refuse(NodeId, const T&) {}  // a result, for which nobody waits
  void send(NodeId to, Message message);
  void send_news(Output& output);
  AppendEntries next_append_entries(Progress& progress);
  void reset_election_timer();
  std::size_t majority() const { return (config_.peers.size() + 1) / 2 + 1; }

  // Reads (§8, diss. §6.4).
  void start_round();
  bool has_question() const;
  void ask_leader();
  void confirm_reads();
  void answer_reads(Output& output);
  void fail(const std::vector<Read>& reads);
  void set_leader(NodeId leader);
  void send_question();
  void forget_question();

  const Config config_;
  std::mt19937_64 random_;

  // Persistent state on all servers.
  HardState hard_state_;
  RaftLog log_;

  // Volatile state on all servers.
  Index commit_index_ = 0;
  Index last_applied_ = 0;  // handed out in Output::committed
  Role role_ = Role::kFollower;
  NodeId leader_ = kNobody;  // of current_term
  int ticks_left_ = 0;  // to an election or, on a leader, the next heartbeat
  ReadQueue reads_;
  std::uint64_t question_ = 0;  // that the leader owes a result; 0: none
  int question_ticks_left_ = 0;  // to the next attempt

  // Volatile state on candidates.
  std::set<NodeId> votes_;

  // Volatile state on leaders.
  std::map<NodeId, Progress> progress_;
  std::size_t uncommitted_bytes_ = 0;  // of this term's commands
  std::uint64_t round_ = 0;  // of reads, the last one of this term

  // Not yet taken by the shell.
  HardState taken_hard_state_;  // last one handed out to be persisted
  Index taken_index_ = 0;  // last entry handed out to be persisted
  Index durable_index_ = 0;  // last entry that the shell has persisted
  std::vector<Envelope> outbox_;
  std::vector<ReadResult> failed_reads_;
};

}  // namespace raft
