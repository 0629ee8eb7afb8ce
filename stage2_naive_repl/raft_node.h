// One server's part in replication, as a pure function of its inputs.
//
// A RaftNode does no I/O, owns no thread and reads no clock. The shell around
// it (server.cc) feeds it proposals and messages, then takes an Output and
// carries it out. The same inputs always give the same outputs, so a test can
// replay any history.
//
// This replication is naive, and unsafe on purpose: it has no log. A follower
// carries out what arrives, when it arrives; what got lost is never repeated,
// and what was carried out is never taken back.
//
// Not thread-safe: one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "raft_message.h"

namespace raft {

struct Config {
  NodeId id = kNobody;
  std::vector<NodeId> peers = {};  // the other nodes; does not contain id
  NodeId leader = kNobody;  // fixed for ever
};

// What the shell must do, in the order of the fields.
struct Output {
  // 1. Apply, each exactly once, in this order.
  std::vector<Entry> committed = {};
  // 2. Send. Losing them is possible, and never made good.
  std::vector<Envelope> messages = {};

  bool empty() const { return committed.empty() && messages.empty(); }
};

enum class Role { kFollower, kLeader };

class RaftNode {
 public:
  explicit RaftNode(Config config);

  // Offers `command` to all followers and returns its index. Returns nothing
  // when this node is not the leader. A returned index is a promise of nothing
  // yet: see Output::committed.
  std::optional<Index> propose(std::string command);

  // No result for `index` will come any more: forgets it, committed or not.
  void forget(Index index) { pending_.erase(index); }

  // A message has arrived. Each request is answered exactly once, in order.
  void receive(const Envelope& envelope);

  // Moves out all that has become due since the last call.
  Output take_output();

  Role role() const;
  NodeId leader() const { return config_.leader; }

  // How many nodes hold the proposal at `index`, this one included, as far as
  // is known; 0 once it is committed.
  std::size_t copies(Index index) const;
  std::size_t majority() const { return (config_.peers.size() + 1) / 2 + 1; }

 private:
  // A proposal that is not committed yet.
  struct Pending {
    std::string command = {};
    std::set<NodeId> holders = {};
  };

  void handle(NodeId from, const AppendEntries& args);
  void handle(NodeId from, const AppendEntriesResult& result);

  bool is_leader() const { return role() == Role::kLeader; }
  void commit_if_held_by_majority(Index index);
  void send(NodeId to, Message message);

  const Config config_;

  // On the leader.
  Index last_index_ = 0;
  std::map<Index, Pending> pending_;

  // Not yet taken by the shell.
  Output output_;
};

}  // namespace raft
