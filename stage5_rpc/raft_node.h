// One server's part in replication, as a pure function of its inputs.
//
// A RaftNode does no I/O, owns no thread and reads no clock. The shell around
// it (server.cc) feeds it ticks, proposals and messages, then takes an Output
// and carries it out. The same inputs always give the same outputs, so a test
// can replay any history.
//
// The leader and its term are fixed for ever. While it is away nobody writes.
//
// Not thread-safe: one thread at a time, as the paper's Figure 2 assumes.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "raft_log.h"
#include "raft_message.h"

namespace raft {

struct Config {
  NodeId id = kNobody;
  std::vector<NodeId> peers = {};  // the other nodes; does not contain id
  NodeId leader = kNobody;  // fixed for ever
  Term term = 1;  // of that leader
  int heartbeat_ticks = 5;
  std::size_t message_bytes_max = 1024 * 1024;  // of commands in a message
  std::size_t apply_bytes_max = 1024 * 1024;  // of commands in an Output
};

// What the shell must do, in the order of the fields. A step may begin only
// when the steps before it are done ("updated on stable storage before
// responding to RPCs", Fig. 2), and taking the next Output says that all of
// this one is done.
struct Output {
  // 1. Persist, after deleting any stored entry at or past the first index.
  std::vector<Entry> entries = {};
  // 2. Send. Losing them is allowed.
  std::vector<Envelope> messages = {};
  // 3. Apply, each exactly once, in this order.
  std::vector<Entry> committed = {};

  bool empty() const {
    return entries.empty() && messages.empty() && committed.empty();
  }
};

enum class Role { kFollower, kLeader };

class RaftNode {
 public:
  // `log` is what stable storage held when the server last stopped.
  explicit RaftNode(Config config, RaftLog log = {});

  // One unit of logical time has passed.
  void tick();

  // Appends `command` to the leader's log and returns its index. Returns
  // nothing when this node is not the leader. A returned index is a promise of
  // nothing yet: see Output::committed.
  std::optional<Index> propose(std::string command);

  // A message has arrived. Duplicates, losses and reorderings are expected.
  // Each request is answered exactly once, in order.
  void receive(const Envelope& envelope);

  // Moves out all that has become due since the last call.
  Output take_output();

  Role role() const;
  NodeId leader() const { return config_.leader; }
  Term current_term() const { return config_.term; }
  Index commit_index() const { return commit_index_; }
  Index last_applied() const { return last_applied_; }
  const RaftLog& log() const { return log_; }

  // What a leader knows of `peer` (Fig. 2, volatile state on leaders).
  // REQUIRES: this node leads, and `peer` is one of its peers.
  Index next_index(NodeId peer) const { return progress_.at(peer).next_index; }
  Index match_index(NodeId peer) const {
    return progress_.at(peer).match_index;
  }
  // In ticks, since its last result, or since the start.
  std::int64_t silent_ticks(NodeId peer) const {
    return progress_.at(peer).silent_ticks;
  }

  // False on a leader that lacks results from a majority for ten heartbeats:
  // what is proposed now would pile up.
  bool hears_from_majority() const;

 private:
  // What the leader knows of a follower (Fig. 2, volatile state on leaders).
  struct Progress {
    Index next_index = 1;
    Index match_index = 0;
    bool is_waiting = false;  // for the result of a message
    bool is_heartbeat_due = true;
    std::int64_t silent_ticks = 0;  // since the last result
  };

  void advance_commit_index();
  void commit_to(Index index);

  // Receivers (Fig. 2), and what the sender does with each result.
  void handle(NodeId from, const AppendEntries& args);
  void handle(NodeId from, const AppendEntriesResult& result);

  bool is_leader() const { return role() == Role::kLeader; }
  void append(const Entry& entry);
  void store(const std::vector<Entry>& entries);
  void refuse(NodeId to, const AppendEntries& args);
  void send(NodeId to, Message message);
  void send_append_entries(NodeId to, Progress& progress);
  std::size_t majority() const { return (config_.peers.size() + 1) / 2 + 1; }

  const Config config_;

  // Persistent state on all servers.
  RaftLog log_;

  // Volatile state on all servers.
  Index commit_index_ = 0;
  Index last_applied_ = 0;  // handed out in Output::committed
  int ticks_left_ = 0;  // to the next heartbeat

  // Volatile state on leaders.
  std::map<NodeId, Progress> progress_;

  // Not yet taken by the shell.
  Index taken_index_ = 0;  // last entry handed out to be persisted
  Index durable_index_ = 0;  // last entry that the shell has persisted
  std::vector<Envelope> outbox_;
};

}  // namespace raft
