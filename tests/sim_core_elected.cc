// [since stage6_election]
// Of a core that elects its leaders, and answers reads anywhere.
#include "tests/logs.h"
#include "tests/sim_core.h"

namespace raft {
namespace {

constexpr int kHeartbeatTicks = 3;
constexpr int kElectionTicksMin = 10;
constexpr int kElectionTicksMax = 20;
constexpr int kReadTicksMax = 40;

TraceLine trace(const AppendEntries& args) {
  return {.what = "append",
          .fields = {{"term", args.term},
                     {"prev", args.prev_log_index},
                     {"of_term", args.prev_log_term},
                     {"entries", args.entries.size()},
                     {"commit", args.leader_commit},
                     {"round", args.round}}};
}

TraceLine trace(const AppendEntriesResult& result) {
  return {.what = result.success ? "success" : "refusal",
          .fields = {{"term", result.term},
                     {"match", result.match_index},
                     {"of_term", result.match_term},
                     {"round", result.round}}};
}

TraceLine trace(const RequestVote& args) {
  return {.what = "candidacy",
          .fields = {{"term", args.term},
                     {"last", args.last_log_index},
                     {"of_term", args.last_log_term}}};
}

TraceLine trace(const RequestVoteResult& result) {
  return {.what = result.vote_granted ? "vote" : "no vote",
          .fields = {{"term", result.term}}};
}

TraceLine trace(const ReadIndex& args) {
  return {.what = "ask for read index", .fields = {{"term", args.term}}};
}

TraceLine trace(const ReadIndexResult& result) {
  return {.what = result.success ? "read index" : "no read index",
          .fields = {{"term", result.term}, {"index", result.read_index}}};
}

CoreWork work_of(Output output) {
  CoreWork work{.early_messages = std::move(output.early_messages),
                .entries = std::move(output.entries),
                .messages = std::move(output.messages),
                .committed = std::move(output.committed)};
  if (output.hard_state) {
    work.ballot = {output.hard_state->current_term,
                   output.hard_state->voted_for};
  }
  for (const ReadResult& read : output.reads) {
    work.reads.emplace_back(read.id, read.ok);
  }
  return work;
}

}  // namespace

bool has_elections() {
  return true;
}

bool has_reads() {
  return true;
}

bool works_beside_disk() {
  return true;
}

int heartbeat_ticks() {
  return kHeartbeatTicks;
}

int election_ticks_max() {
  return kElectionTicksMax;
}

void install(Storage& storage, const Durable& durable) {
  storage.persist(
      HardState{durable.ballot.current_term, durable.ballot.voted_for},
      durable.entries);
}

std::unique_ptr<RaftNode> recover(const CoreSpec& spec,
                                  Storage& storage,
                                  Durable& found) {
  Config config{.id = spec.id,
                .election_ticks_min = kElectionTicksMin,
                .election_ticks_max = kElectionTicksMax,
                .heartbeat_ticks = kHeartbeatTicks,
                .read_ticks_max = kReadTicksMax,
                .seed = spec.seed,
                .message_bytes_max = spec.message_bytes_max,
                .apply_bytes_max = spec.message_bytes_max};
  for (NodeId peer = 1; peer <= spec.nodes; ++peer) {
    if (peer != spec.id) config.peers.push_back(peer);
  }
  Stored stored = storage.take_stored();
  found = {
      .ballot = {stored.hard_state.current_term, stored.hard_state.voted_for},
      .entries = entries_in(stored.log)};
  return std::make_unique<RaftNode>(std::move(config), std::move(stored));
}

CoreWork take_work(RaftNode& node) {
  return work_of(node.take_output());
}

CoreWork take_work_beside_disk(RaftNode& node) {
  return work_of(node.take_output_beside_disk());
}

bool needs_disk(const RaftNode& node) {
  return node.needs_disk();
}

void persist(Storage& storage, const CoreWork& work) {
  std::optional<HardState> hard_state;
  if (work.ballot) {
    hard_state = {work.ballot->current_term, work.ballot->voted_for};
  }
  storage.persist(hard_state, work.entries);
}

void ask_read(RaftNode& node, std::uint64_t id) {
  node.read(id);
}

Ballot ballot_of(const RaftNode& node) {
  return {node.current_term(), node.voted_for()};
}

Claims claims_in(const Envelope& envelope) {
  const Message& message = envelope.message;
  Claims claims;
  std::visit([&](const auto& any) { claims.term = any.term; }, message);
  if (const auto* args = std::get_if<RequestVote>(&message)) {
    claims.vote = args->candidate_id;
  }
  const auto* vote = std::get_if<RequestVoteResult>(&message);
  if (vote != nullptr && vote->vote_granted) claims.vote = envelope.to;
  const auto* result = std::get_if<AppendEntriesResult>(&message);
  if (result != nullptr && result->success) {
    claims.acknowledged = result->match_index;
    claims.acknowledged_term = result->match_term;
  }
  return claims;
}

TraceLine trace_of(const Message& message) {
  return std::visit([](const auto& any) { return trace(any); }, message);
}

bool is_refusal(const Message& message) {
  const auto* result = std::get_if<AppendEntriesResult>(&message);
  return result != nullptr && !result->success;
}

}  // namespace raft
