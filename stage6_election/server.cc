#include "server.h"

#include <algorithm>
#include <random>
#include <utility>

#include "common/check.h"
#include "common/deadline.h"
#include "common/logging.h"

namespace raft {
namespace {

constexpr std::int64_t kTickMs = 10;

// Of writes that are under way. More of them would only wait longer.
constexpr std::size_t kWaitingMax = 20'000;
constexpr std::size_t kWaitingBytesMax = 64 * 1024 * 1024;

int ticks_in(std::int64_t ms) {
  return static_cast<int>(std::max<std::int64_t>(1, ms / kTickMs));
}

Config config_of(const ServerOptions& options) {
  Config config{.id = *options.id,
                .election_ticks_min = ticks_in(options.election_timeout.min_ms),
                .election_ticks_max = ticks_in(options.election_timeout.max_ms),
                .heartbeat_ticks = ticks_in(options.heartbeat_ms),
                .seed = std::random_device{}()};
  for (const NodeAddress& node : options.cluster.nodes) {
    if (node.id != config.id) config.peers.push_back(node.id);
  }
  return config;
}

std::unique_ptr<Storage> open_storage(const ServerOptions& options) {
  const std::string path =
      options.data_dir + "/node-" + std::to_string(*options.id);
  auto storage = Storage::open(std::make_unique<PosixDirectory>(path),
                               options.cluster.cluster_id,
                               *options.id);
  if (!storage) fatal(storage.error().message);
  return std::move(*storage);
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      trace_(options.trace_file, *options.id),
      metrics_(options.stage, *options.id),
      storage_(open_storage(options)),
      node_(config_of(options), storage_->take_stored()),
      transport_(
          *options.id,
          options_.cluster,
          [this](Envelope message) { inbox_.push(std::move(message)); },
          trace_,
          faults_),
      status_({.stage = options.stage, .id = *options.id}),
      thread_([this] { run(); }),
      api_(*this, options.client_address) {
  log_information("serving clients at " + options_.client_address);
}

void Server::stop() {
  log_information("stopping");
  api_.stop();
  transport_.stop();
  inbox_.close();
  thread_.join();
}

void Server::write(Command command, WriteDone done) {
  inbox_.push(Proposal{.command = std::move(command), .done = std::move(done)});
}

void Server::read(Consistency consistency, ReadDone done) {
  if (consistency == Consistency::kStale) return done(ReadStatus::kReady);
  inbox_.push(Read{.done = std::move(done)});
}

ServerStatus Server::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Server::run() {
  next_tick_ = Clock::now();
  while (auto inputs = await_inputs()) {
    if (is_idle_ && inputs->empty()) storage_->mark_synced();
    for (auto& input : *inputs) {
      std::visit([this](auto& item) { handle(std::move(item)); }, input);
    }
    if (!new_reads_.empty()) {
      node_.read(++last_read_);
      reads_[last_read_] = std::exchange(new_reads_, {});
    }
    if (Clock::now() >= next_tick_) {
      node_.tick();
      give_up_late_writes();
      next_tick_ = deadline_in_ms(kTickMs);
    }
    is_idle_ = !carry_out();
    publish_status();
    answer_writers();
  }
  storage_->mark_synced();
}

// All that has queued up, so that it shares one write and one sync; nothing at
// the end. While the node has more to put out, nothing is waited for, but what
// has come is let in: a follower that lacks a long log must not keep clients
// away.
std::optional<std::vector<Server::Input>> Server::await_inputs() {
  if (!is_idle_) return inbox_.pop_all(Clock::now());
  // Ticks that would only count are slept through, and made up for afterwards:
  // those and no others, or a pause of this process would be an election.
  const auto tick = std::chrono::milliseconds(kTickMs);
  const int idle_ticks = waiting_.empty() ? node_.idle_ticks() : 0;
  auto inputs = inbox_.pop_all(next_tick_ + idle_ticks * tick);
  for (int i = 0; i < idle_ticks && Clock::now() >= next_tick_; ++i) {
    node_.tick();
    next_tick_ += tick;
  }
  return inputs;
}

void Server::handle(Proposal proposal) {
  if (node_.role() == Role::kLeader && !node_.hears_from_majority()) {
    return proposal.done({.status = WriteStatus::kUnavailable});
  }
  if (is_overloaded() || node_.is_overloaded()) {
    return proposal.done({.status = WriteStatus::kOverloaded});
  }
  std::string command = encode(proposal.command);
  const std::size_t bytes = command.size();
  const auto index = node_.propose(std::move(command));
  if (!index) return proposal.done({.status = WriteStatus::kNotLeader});
  waiting_[*index] = {.term = node_.current_term(),
                      .done = std::move(proposal.done),
                      .deadline = deadline_in_ms(options_.request_timeout_ms),
                      .bytes = bytes};
  waiting_bytes_ += bytes;
}

// Those that have queued up share a round of the leader's.
void Server::handle(Read read) {
  new_reads_.push_back(std::move(read.done));
}

bool Server::is_overloaded() const {
  return waiting_.size() >= kWaitingMax || waiting_bytes_ >= kWaitingBytesMax;
}

void Server::handle(const Envelope& message) {
  node_.receive(message);
}

// Does what the node puts out now, in its order. False if that is nothing.
bool Server::carry_out() {
  Output output = node_.take_output();
  trace_changes(output);
  for (Envelope& message : output.early_messages) {
    transport_.send(std::move(message));
  }
  storage_->persist(output.hard_state, output.entries);
  for (Envelope& message : output.messages) transport_.send(std::move(message));
  for (const Entry& entry : output.committed) apply(entry);
  for (const ReadResult& result : output.reads) answer(result);
  if (node_.role() != Role::kLeader) give_up_lost_writes();
  return !output.empty();
}

void Server::apply(const Entry& entry) {
  trace_.write("apply", [&] {
    return JsonWriter().add("index", entry.index).add("command", entry.command);
  });
  ApplyResult result{.index = entry.index, .term = entry.term};
  if (!entry.command.empty()) {
    const auto command = decode(entry.command);
    CHECK(command.has_value());
    result = store_.apply(*command, entry.index, entry.term);
  }
  // On a follower nobody waits.
  auto waiter = waiting_.extract(entry.index);
  if (waiter.empty()) return;
  waiting_bytes_ -= waiter.mapped().bytes;
  // Another leader may have put another entry there (§5.3).
  if (waiter.mapped().term == entry.term) {
    answers_.emplace_back(std::move(waiter.mapped().done),
                          WriteResult{.applied = result});
  } else {
    waiter.mapped().done({.status = WriteStatus::kLeadershipLost});
  }
}

// Whoever hears that a write is done may look for it in the status next.
void Server::answer_writers() {
  for (auto& [done, result] : answers_) done(result);
  answers_.clear();
}

void Server::answer(const ReadResult& result) {
  const auto found = reads_.extract(result.id);
  CHECK(!found.empty());
  for (const ReadDone& done : found.mapped()) {
    done(result.ok ? ReadStatus::kReady : ReadStatus::kUnavailable);
  }
}

// Their entries are in this node's log, and perhaps in others': it is for the
// next leader to say what becomes of them (§5.4.2). Nobody knows now.
void Server::give_up_lost_writes() {
  for (auto& [index, waiter] : std::exchange(waiting_, {})) {
    waiter.done({.status = WriteStatus::kLeadershipLost});
  }
  waiting_bytes_ = 0;
}

// Their entries stay in the log, and may still be applied. They came in the
// order of their indexes, so the first ones are late first.
void Server::give_up_late_writes() {
  const Deadline now = Clock::now();
  while (!waiting_.empty() && waiting_.begin()->second.deadline <= now) {
    const auto late = waiting_.extract(waiting_.begin());
    waiting_bytes_ -= late.mapped().bytes;
    late.mapped().done({.status = WriteStatus::kTimeout});
  }
}

void Server::publish_status() {
  const NodeAddress* leader = options_.cluster.find(node_.leader());
  const std::lock_guard lock(mutex_);
  status_.role = node_.role();
  status_.term = node_.current_term();
  status_.leader = node_.leader();
  status_.leader_client_address = leader == nullptr ? "" : leader->client;
  status_.commit_index = node_.commit_index();
  status_.last_applied = node_.last_applied();
  status_.last_log_index = node_.log().last_index();
  status_.is_ready = is_ready();
  status_.peers = peer_statuses();
}

std::vector<PeerStatus> Server::peer_statuses() const {
  std::vector<PeerStatus> peers;
  if (node_.role() != Role::kLeader) return peers;
  for (const NodeAddress& node : options_.cluster.nodes) {
    if (node.id == *options_.id) continue;
    peers.push_back({.id = node.id,
                     .match_index = node_.match_index(node.id),
                     .next_index = node_.next_index(node.id),
                     .last_contact_ms = node_.silent_ticks(node.id) * kTickMs});
  }
  return peers;
}

// Somebody leads, and if it is this node, a majority follows. And an entry of
// that leader's term is applied here, so all that was committed before it is
// (§5.4.3).
bool Server::is_ready() const {
  const Term applied_term = node_.log().term_at(node_.last_applied());
  if (applied_term != node_.current_term()) return false;
  if (node_.role() == Role::kLeader) return node_.hears_from_majority();
  return node_.leader() != kNobody;
}

// What the node has become, compared with what the trace has seen of it.
void Server::trace_changes(const Output& output) {
  if (!trace_.is_on()) return;
  const ServerStatus seen = status();
  if (node_.current_term() != seen.term) {
    trace_.write("term", JsonWriter().add("term", node_.current_term()));
  }
  if (output.hard_state && output.hard_state->voted_for != kNobody) {
    trace_.write("vote",
                 JsonWriter()
                     .add("term", output.hard_state->current_term)
                     .add("for", output.hard_state->voted_for));
  }
  if (node_.role() != seen.role || node_.current_term() != seen.term) {
    trace_.write("role",
                 JsonWriter()
                     .add("role", name_of(node_.role()))
                     .add("term", node_.current_term()));
  }
  if (!output.entries.empty()) {
    trace_.write("append",
                 JsonWriter()
                     .add("first_index", output.entries.front().index)
                     .add("last_index", output.entries.back().index));
  }
  if (node_.commit_index() != seen.commit_index) {
    trace_.write("commit", JsonWriter().add("index", node_.commit_index()));
  }
}

std::string name_of(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  CHECK(false);
}

}  // namespace raft
