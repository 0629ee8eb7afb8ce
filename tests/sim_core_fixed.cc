// [until stage5_rpc]
// Of a core whose leader and term are fixed: node 1 leads.
#include "tests/logs.h"
#include "tests/sim_core.h"

namespace raft {
namespace {

constexpr NodeId kLeader = 1;
constexpr int kHeartbeatTicks = 3;

}  // namespace

bool has_elections() {
  return false;
}

bool has_reads() {
  return false;
}

bool works_beside_disk() {
  return false;
}

int heartbeat_ticks() {
  return kHeartbeatTicks;
}

int election_ticks_max() {
  return 0;
}

void install(Storage& storage, const Durable& durable) {
  storage.persist(durable.entries);
}

std::unique_ptr<RaftNode> recover(const CoreSpec& spec,
                                  Storage& storage,
                                  Durable& found) {
  Config config{.id = spec.id,
                .leader = kLeader,
                .term = spec.term,
                .heartbeat_ticks = kHeartbeatTicks,
                .message_bytes_max = spec.message_bytes_max,
                .apply_bytes_max = spec.message_bytes_max};
  for (NodeId peer = 1; peer <= spec.nodes; ++peer) {
    if (peer != spec.id) config.peers.push_back(peer);
  }
  RaftLog log = storage.take_log();
  found = {.ballot = {spec.term, kLeader}, .entries = entries_in(log)};
  return std::make_unique<RaftNode>(std::move(config), std::move(log));
}

CoreWork take_work(RaftNode& node) {
  Output output = node.take_output();
  return {.entries = std::move(output.entries),
          .messages = std::move(output.messages),
          .committed = std::move(output.committed)};
}

void persist(Storage& storage, const CoreWork& work) {
  storage.persist(work.entries);
}

CoreWork take_work_beside_disk(RaftNode&) {
  return {};
}

bool needs_disk(const RaftNode&) {
  return true;
}

void ask_read(RaftNode&, std::uint64_t) {}

Ballot ballot_of(const RaftNode& node) {
  return {node.current_term(), kLeader};
}

Claims claims_in(const Envelope& envelope) {
  if (const auto* args = std::get_if<AppendEntries>(&envelope.message)) {
    return {.term = args->term};
  }
  const auto& result = std::get<AppendEntriesResult>(envelope.message);
  if (!result.success) return {.term = result.term};
  return {.term = result.term,
          .acknowledged = result.match_index,
          .acknowledged_term = result.match_term};
}

TraceLine trace_of(const Message& message) {
  if (const auto* args = std::get_if<AppendEntries>(&message)) {
    return {.what = "append",
            .fields = {{"term", args->term},
                       {"prev", args->prev_log_index},
                       {"of_term", args->prev_log_term},
                       {"entries", args->entries.size()},
                       {"commit", args->leader_commit}}};
  }
  const auto& result = std::get<AppendEntriesResult>(message);
  return {.what = result.success ? "success" : "refusal",
          .fields = {{"term", result.term},
                     {"match", result.match_index},
                     {"of_term", result.match_term}}};
}

bool is_refusal(const Message& message) {
  const auto* result = std::get_if<AppendEntriesResult>(&message);
  return result != nullptr && !result->success;
}

}  // namespace raft
