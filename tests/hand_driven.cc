#include "tests/hand_driven.h"

#include <algorithm>

#include "common/check.h"

namespace raft {

HandDriven::HandDriven(Spec spec) : spec_(std::move(spec)) {
  NodeId id = 0;
  for (const std::vector<Term>& terms : spec_.logs) {
    ++id;
    NodeSpec node = spec_of(id);
    if (!spec_.is_led) ++node.term;  // that of the first leader
    servers_[id].disk = disk_of(node, terms);
  }
  for (const auto& [each, server] : servers_) restart(each);
  if (spec_.is_led) lead_first();
}

const std::vector<Entry>& HandDriven::applied(NodeId id) const {
  return servers_.at(id).applied;
}

const std::vector<Entry>& HandDriven::disk(NodeId id) const {
  return servers_.at(id).disk.entries;
}

const std::vector<Output>& HandDriven::outputs(NodeId id) const {
  return servers_.at(id).outputs;
}

Index HandDriven::propose_at(NodeId id, std::string command) {
  const auto index = node(id).propose(std::move(command));
  CHECK(index.has_value());
  carry_out(id);
  return *index;
}

void HandDriven::tick_to_heartbeat(NodeId id) {
  for (int i = 0; i < kHeartbeatTicks; ++i) node(id).tick();
  carry_out(id);
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

void HandDriven::settle_heartbeats(int heartbeats, NodeId id) {
  settle();
  for (int i = 0; i < heartbeats; ++i) {
    tick_to_heartbeat(id);
    settle();
  }
}

void HandDriven::release_disk(NodeId id) {
  Server& server = servers_.at(id);
  CHECK(server.is_held);
  server.is_held = false;
  if (server.held) finish(server, *std::exchange(server.held, std::nullopt));
  if (server.node) carry_out(id);
}

void HandDriven::crash(NodeId id) {
  Server& server = servers_.at(id);
  server.node.reset();
  server.held.reset();
  server.is_held = false;
}

void HandDriven::restart(NodeId id) {
  Server& server = servers_.at(id);
  NodeSpec spec = spec_of(id);
  spec.seed = spec_.seed * 1000 + ++starts_;
  server.node = std::make_unique<RaftNode>(node_on(server.disk, spec));
  server.applied.clear();
  server.outputs.clear();
  carry_out(id);
}

void HandDriven::carry_out(NodeId id) {
  Server& server = servers_.at(id);
  while (true) {
    // What is applied is applied in order.
    if (server.held && !server.held->committed.empty()) return;
    Output output = server.held ? output_beside_disk_of(*server.node)
                                : server.node->take_output();
    if (output.empty()) return;
    for (const Envelope& early : early_messages_of(output)) send(early);
    if (server.is_held && !server.held) {
      server.held = std::move(output);
    } else {
      finish(server, output);
    }
  }
}

NodeSpec HandDriven::spec_of(NodeId id) const {
  return {.id = id,
          .nodes = spec_.logs.size(),
          .term = spec_.term,
          .message_bytes_max = spec_.message_bytes_max};
}

// What the leader has of its own term in the spec, it has proposed.
void HandDriven::lead_first() {
  make_leader(leader(), servers_.size(), [this] {
    wire_.clear();
    sent_.clear();
    carry_out(kLeader);
  });
  const std::vector<Term>& terms = spec_.logs.front();
  for (Index index = leader().log().last_index() + 1; index <= terms.size();
       ++index) {
    leader().propose(entry_of(index, spec_.term).command);
  }
  carry_out(kLeader);
}

void HandDriven::finish(Server& server, const Output& output) {
  persist(server.disk, output);
  for (const Envelope& envelope : output.messages) send(envelope);
  for (const Entry& entry : output.committed) server.applied.push_back(entry);
  server.outputs.push_back(output);
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
