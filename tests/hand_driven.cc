#include "tests/hand_driven.h"

#include <algorithm>

#include "common/check.h"

namespace raft {

HandDriven::HandDriven(Spec spec) : spec_(std::move(spec)) {
  NodeId id = 0;
  for (const std::vector<Term>& terms : spec_.logs) {
    servers_[++id].disk = entries_of(1, terms);
  }
  for (const auto& [each, server] : servers_) restart(each);
}

const std::vector<Entry>& HandDriven::applied(NodeId id) const {
  return servers_.at(id).applied;
}

const std::vector<Entry>& HandDriven::disk(NodeId id) const {
  return servers_.at(id).disk;
}

Index HandDriven::propose(std::string command) {
  const auto index = leader().propose(std::move(command));
  CHECK(index.has_value());
  carry_out(kLeader);
  return *index;
}

void HandDriven::tick_to_heartbeat() {
  for (int i = 0; i < kHeartbeatTicks; ++i) leader().tick();
  carry_out(kLeader);
}

Envelope HandDriven::take(NodeId from, NodeId to) {
  const auto found =
      std::find_if(wire_.begin(), wire_.end(), [&](const Envelope& envelope) {
        return envelope.from == from && envelope.to == to;
      });
  CHECK(found != wire_.end());
  Envelope taken = std::move(*found);
  wire_.erase(found);
  return taken;
}

bool HandDriven::has(NodeId from, NodeId to) const {
  return std::any_of(wire_.begin(), wire_.end(), [&](const Envelope& envelope) {
    return envelope.from == from && envelope.to == to;
  });
}

void HandDriven::deliver(const Envelope& envelope) {
  Server& server = servers_.at(envelope.to);
  if (!server.node) return;
  server.node->receive(envelope);
  carry_out(envelope.to);
}

void HandDriven::settle() {
  int messages = 0;
  while (!wire_.empty()) {
    CHECK(++messages < 100'000);  // or it would never end
    const Envelope envelope = wire_.front();
    wire_.erase(wire_.begin());
    deliver(envelope);
  }
}

void HandDriven::settle_heartbeats(int heartbeats) {
  settle();
  for (int i = 0; i < heartbeats; ++i) {
    tick_to_heartbeat();
    settle();
  }
}

void HandDriven::crash(NodeId id) {
  servers_.at(id).node.reset();
}

void HandDriven::restart(NodeId id) {
  Server& server = servers_.at(id);
  RaftLog log;
  for (const Entry& entry : server.disk) log.append(entry);
  server.node = std::make_unique<RaftNode>(
      node_of({.id = id,
               .nodes = servers_.size(),
               .term = spec_.term,
               .log = std::move(log),
               .message_bytes_max = spec_.message_bytes_max}));
  server.applied.clear();
  carry_out(id);
}

void HandDriven::carry_out(NodeId id) {
  Server& server = servers_.at(id);
  Output output = server.node->take_output();
  while (!output.empty()) {
    if (!output.entries.empty()) {
      CHECK(output.entries.front().index <= server.disk.size() + 1);
      server.disk.resize(output.entries.front().index - 1);
    }
    for (const Entry& entry : output.entries) server.disk.push_back(entry);
    for (const Envelope& envelope : output.messages) send(envelope);
    for (const Entry& entry : output.committed) {
      server.applied.push_back(entry);
    }
    output = server.node->take_output();
  }
}

void HandDriven::send(const Envelope& envelope) {
  ++sent_[{envelope.from, envelope.to}];
  if (const auto* args = std::get_if<AppendEntries>(&envelope.message)) {
    for (const Entry& entry : args->entries) {
      command_bytes_sent_ += entry.command.size();
    }
  }
  if (cut_.contains(envelope.from) || cut_.contains(envelope.to)) return;
  wire_.push_back(envelope);
}

}  // namespace raft
