// See nodes.h: node 1 leads because the others have voted for it. A leader's
// first entry in its term has no command, so in logs that are made here, the
// first entry of any term has none.
#pragma once

#include <utility>
#include <vector>

#include "common/check.h"
#include "raft_node.h"
#include "tests/logs.h"

namespace raft {

inline constexpr NodeId kLeader = 1;
inline constexpr Term kTerm = 4;  // where a test needs no other

struct NodeSpec {
  NodeId id = kLeader;
  NodeId nodes = 3;  // of the cluster: 1, 2, … nodes
  Term term = 1;
  RaftLog log = {};  // what its storage held
  std::size_t message_bytes_max = 1024 * 1024;
  NodeId voted_for = kNobody;  // in that term
  std::uint64_t seed = 1;
  std::size_t uncommitted_bytes_max = 64 * 1024 * 1024;
};

inline constexpr int kHeartbeatTicks = 3;
inline constexpr int kElectionTicksMin = 10;
inline constexpr int kElectionTicksMax = 20;
inline constexpr int kReadTicksMax = 50;
inline constexpr int kSilentTicksMax = kElectionTicksMax;

inline Config config_of(const NodeSpec& spec) {
  Config config{.id = spec.id,
                .election_ticks_min = kElectionTicksMin,
                .election_ticks_max = kElectionTicksMax,
                .heartbeat_ticks = kHeartbeatTicks,
                .read_ticks_max = kReadTicksMax,
                .seed = spec.seed * 100 + spec.id,
                .message_bytes_max = spec.message_bytes_max,
                .uncommitted_bytes_max = spec.uncommitted_bytes_max};
  for (NodeId peer = 1; peer <= spec.nodes; ++peer) {
    if (peer != spec.id) config.peers.push_back(peer);
  }
  return config;
}

// A node that has just started, so a follower.
inline RaftNode node_of(NodeSpec spec) {
  return RaftNode(
      config_of(spec),
      {.hard_state = {spec.term, spec.voted_for}, .log = std::move(spec.log)});
}

inline void tick_to_candidacy(RaftNode& node) {
  const Term term = node.current_term();
  while (node.current_term() == term) node.tick();
  CHECK(node.role() == Role::kCandidate);
}

inline void grant(RaftNode& node, NodeId from) {
  node.receive({.from = from,
                .to = node.voted_for(),
                .message = RequestVoteResult{.term = node.current_term(),
                                             .vote_granted = true}});
}

// Node 1 stands for election, and gets all votes, whatever the others hold: its
// rivals are not what is tested then. `carry_out` does so with its Outputs.
template <typename CarryOut>
void make_leader(RaftNode& node, NodeId nodes, const CarryOut& carry_out) {
  tick_to_candidacy(node);
  carry_out();
  for (NodeId peer = 2; peer <= nodes; ++peer) grant(node, peer);
  carry_out();
  CHECK(node.role() == Role::kLeader);
}

// A leader that has sent its first messages, to which nobody has answered. Its
// log has the terms of spec.log, or one entry more if that has none of
// spec.term.
inline RaftNode started_leader_in(NodeSpec spec) {
  const std::vector<Entry> entries = entries_in(spec.log);
  const Term term = std::exchange(spec.term, spec.term - 1);
  const NodeId nodes = spec.nodes;
  spec.log = RaftLog();
  std::vector<Entry> own;
  for (const Entry& entry : entries) {
    if (entry.term == term) {
      own.push_back(entry);
    } else {
      spec.log.append(entry);
    }
  }
  RaftNode node = node_of(std::move(spec));
  make_leader(node, nodes, [&] { node.take_output(); });
  for (std::size_t i = 1; i < own.size(); ++i) node.propose(own[i].command);
  node.take_output();
  node.take_output();
  return node;
}

// What an Output wants to be sent before it is persisted, and in all.
inline std::vector<Envelope> early_messages_of(const Output& output) {
  return output.early_messages;
}
inline std::vector<Envelope> messages_of(const Output& output) {
  std::vector<Envelope> all = output.early_messages;
  all.insert(all.end(), output.messages.begin(), output.messages.end());
  return all;
}

// What a node puts out while that takes its time.
inline Output output_beside_disk_of(RaftNode& node) {
  return node.take_output_beside_disk();
}

// What storage holds, and what an Output does to it.
struct Disk {
  HardState hard_state = {};
  std::vector<Entry> entries = {};
};
inline void persist(Disk& disk, const Output& output) {
  if (output.hard_state) disk.hard_state = *output.hard_state;
  if (output.entries.empty()) return;
  CHECK(output.entries.front().index <= disk.entries.size() + 1);
  disk.entries.resize(output.entries.front().index - 1);
  disk.entries.insert(
      disk.entries.end(), output.entries.begin(), output.entries.end());
}

// A node that starts on `disk`. Term and log in `spec` are ignored.
inline RaftNode node_on(const Disk& disk, const NodeSpec& spec) {
  RaftLog log;
  for (const Entry& entry : disk.entries) log.append(entry);
  return RaftNode(config_of(spec),
                  {.hard_state = disk.hard_state, .log = std::move(log)});
}

// What is on the disk of a node whose log has the given terms, before node 1 is
// elected for spec.term. Node 1 has no entries of that term yet.
inline Disk disk_of(const NodeSpec& spec, const std::vector<Term>& terms) {
  Disk disk{.hard_state = {.current_term = spec.term - 1}};
  Term last = 0;
  for (Entry& entry : entries_of(1, terms)) {
    if (entry.term == spec.term && spec.id == kLeader) break;
    if (entry.term != last) entry.command.clear();
    last = entry.term;
    disk.entries.push_back(std::move(entry));
  }
  if (last > disk.hard_state.current_term) disk.hard_state.current_term = last;
  return disk;
}

}  // namespace raft
