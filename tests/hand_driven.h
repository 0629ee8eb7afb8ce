// A cluster that is driven by hand: no message arrives, no time passes and
// nothing is lost unless the test says so. What a node puts out is carried out
// at once and in order; its messages then wait on the wire.
//
//   HandDriven cluster({.term = 2, .logs = {{1, 2}, {1}, {1, 1}}});
//   cluster.propose("x");
//   cluster.deliver(cluster.take(1, 2));
//   cluster.settle();
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/logs.h"
#include "tests/nodes.h"

namespace raft {

class HandDriven {
 public:
  struct Spec {
    Term term = 1;
    std::vector<std::vector<Term>> logs = {{}, {}, {}};  // of nodes 1, 2, …
    std::size_t message_bytes_max = 1024 * 1024;
  };

  // All nodes run. Their first messages are on the wire.
  explicit HandDriven(Spec spec);

  // REQUIRES: the node runs.
  RaftNode& node(NodeId id) { return *servers_.at(id).node; }
  RaftNode& leader() { return node(kLeader); }
  std::string terms(NodeId id) { return terms_in(node(id).log()); }

  // What the node has applied since it last started, and what it has stored.
  const std::vector<Entry>& applied(NodeId id) const;
  const std::vector<Entry>& disk(NodeId id) const;

  Index propose(std::string command);
  void tick_to_heartbeat();

  // Takes the oldest message from one node to another off the wire: it is lost,
  // held, or delivered once, twice, later. REQUIRES: there is one.
  Envelope take(NodeId from, NodeId to);
  bool has(NodeId from, NodeId to) const;
  void drop_all() { wire_.clear(); }

  // Lost if the node is down.
  void deliver(const Envelope& envelope);

  // Delivers until the wire is empty, in the order in which messages were sent.
  void settle();
  void settle_heartbeats(int heartbeats);

  // Everything to and from the node is lost, until it is healed.
  void cut(NodeId id) { cut_.insert(id); }
  void heal(NodeId id) { cut_.erase(id); }

  // All but what is stored is lost.
  void crash(NodeId id);
  void restart(NodeId id);

  // How many messages were sent, and bytes of commands in them.
  std::size_t sent(NodeId from, NodeId to) { return sent_[{from, to}]; }
  std::size_t command_bytes_sent() const { return command_bytes_sent_; }

 private:
  struct Server {
    std::vector<Entry> disk = {};
    std::unique_ptr<RaftNode> node = {};  // null while down
    std::vector<Entry> applied = {};
  };

  void carry_out(NodeId id);
  void send(const Envelope& envelope);

  const Spec spec_;
  std::map<NodeId, Server> servers_;
  std::vector<Envelope> wire_;
  std::set<NodeId> cut_;
  std::map<std::pair<NodeId, NodeId>, std::size_t> sent_;
  std::size_t command_bytes_sent_ = 0;
};

inline const AppendEntries& request_in(const Envelope& envelope) {
  return std::get<AppendEntries>(envelope.message);
}

inline const AppendEntriesResult& result_in(const Envelope& envelope) {
  return std::get<AppendEntriesResult>(envelope.message);
}

}  // namespace raft
