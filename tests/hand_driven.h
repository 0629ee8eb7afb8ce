// A cluster that is driven by hand: no message arrives, no time passes and
// nothing is lost unless the test says so. What a node puts out is carried out
// at once and in order, unless its disk is held; its messages then wait on the
// wire.
//
//   HandDriven cluster({.term = 2, .logs = {{1, 2}, {1}, {1, 1}}});
//   cluster.propose("x");
//   cluster.deliver(cluster.take(1, 2));
//   cluster.settle();
#pragma once

#include <map>
#include <memory>
#include <optional>
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
    std::uint64_t seed = 1;  // of what is random
    bool is_led = true;  // or all are in that term, and nobody leads yet
  };

  // All nodes run, and node 1 leads, unless that is not asked for. Its first
  // messages are on the wire.
  explicit HandDriven(Spec spec);

  // REQUIRES: the node runs.
  RaftNode& node(NodeId id) { return *servers_.at(id).node; }
  RaftNode& leader() { return node(kLeader); }
  std::string terms(NodeId id) { return terms_in(node(id).log()); }
  bool is_running(NodeId id) const { return servers_.at(id).node != nullptr; }
  NodeId size() const { return servers_.size(); }

  // What the node has put out and applied since it last started, and what it
  // has stored.
  const std::vector<Output>& outputs(NodeId id) const;
  const std::vector<Entry>& applied(NodeId id) const;
  const std::vector<Entry>& disk(NodeId id) const;
  const Disk& whole_disk(NodeId id) const { return servers_.at(id).disk; }

  Index propose(std::string command) {
    return propose_at(kLeader, std::move(command));
  }
  Index propose_at(NodeId id, std::string command);
  void tick_to_heartbeat(NodeId id = kLeader);

  // Takes the oldest message from one node to another off the wire: it is lost,
  // held, or delivered once, twice, later. REQUIRES: there is one.
  Envelope take(NodeId from, NodeId to);
  bool has(NodeId from, NodeId to) const;
  void drop_all() { wire_.clear(); }

  // Lost if the node is down.
  void deliver(const Envelope& envelope);

  // Delivers until the wire is empty, in the order in which messages were sent.
  void settle();
  void settle_heartbeats(int heartbeats, NodeId id = kLeader);

  // Everything to and from the node is lost, until it is healed.
  void cut(NodeId id) { cut_.insert(id); }
  void heal(NodeId id) { cut_.erase(id); }

  // The disk of the node finishes no write until it is released: of its next
  // Output nothing is done that comes after, and others are taken beside it, if
  // there is such a thing.
  void hold_disk(NodeId id) { servers_.at(id).is_held = true; }
  void release_disk(NodeId id);
  bool is_held(NodeId id) const { return servers_.at(id).is_held; }

  // All but what is stored is lost.
  void crash(NodeId id);
  void restart(NodeId id);

  // How many messages were sent, and bytes of commands in them.
  std::size_t sent(NodeId from, NodeId to) { return sent_[{from, to}]; }
  std::size_t command_bytes_sent() const { return command_bytes_sent_; }

  // Takes what the node has to put out, and does it. For whoever has called it
  // directly.
  void carry_out(NodeId id);

 private:
  struct Server {
    Disk disk = {};
    std::unique_ptr<RaftNode> node = {};  // null while down
    std::vector<Entry> applied = {};
    std::vector<Output> outputs = {};
    bool is_held = false;
    std::optional<Output> held = {};  // waits for its write
  };

  NodeSpec spec_of(NodeId id) const;
  void lead_first();
  void finish(Server& server, const Output& output);
  void send(const Envelope& envelope);

  const Spec spec_;
  std::map<NodeId, Server> servers_;
  std::uint64_t starts_ = 0;
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
