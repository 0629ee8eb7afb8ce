#include "server.h"

#include <algorithm>
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

Config config_of(const ServerOptions& options) {
  Config config{.id = *options.id, .leader = options.cluster.leader};
  config.heartbeat_ticks = static_cast<int>(
      std::max<std::int64_t>(1, options.heartbeat_ms / kTickMs));
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

// The node starts from this; the trace is told before a message can come.
RaftLog traced(Trace& trace, Term term, RaftLog log) {
  trace.write("start", [&] {
    return JsonWriter().add("term", term).add("last_index", log.last_index());
  });
  return log;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      trace_(options.trace_file, *options.id),
      metrics_(options.stage, *options.id),
      storage_(open_storage(options)),
      node_(config_of(options),
            traced(trace_, config_of(options).term, storage_->take_log())),
      recovered_index_(node_.log().last_index()),
      transport_(
          *options.id,
          options_.cluster,
          [this](Envelope request) { inbox_.push(std::move(request)); },
          trace_,
          faults_),
      status_(describe()),
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

// The leader is fixed, so nobody else can have acknowledged a write: its own
// store is fresh once it has applied what its log held when it started.
void Server::read(Consistency consistency, const ReadDone& done) {
  if (consistency == Consistency::kStale) return done(ReadStatus::kReady);
  const ServerStatus present = status();
  if (present.role != Role::kLeader) return done(ReadStatus::kNotLeader);
  done(present.is_ready ? ReadStatus::kReady : ReadStatus::kUnavailable);
}

ServerStatus Server::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Server::run() {
  Deadline next_tick = Clock::now();
  bool is_idle = true;
  while (true) {
    // All that has queued up, so that it shares one write and one sync. While
    // the node has more to put out, nothing is waited for, but what has come
    // is let in: a follower that lacks a long log must not keep clients away.
    auto inputs = inbox_.pop_all(is_idle ? next_tick : Clock::now());
    if (!inputs) return storage_->mark_synced();
    if (is_idle && inputs->empty()) storage_->mark_synced();
    for (auto& input : *inputs) {
      std::visit([this](auto& item) { handle(std::move(item)); }, input);
    }
    if (Clock::now() >= next_tick) {
      node_.tick();
      give_up_late_writes();
      next_tick = deadline_in_ms(kTickMs);
    }
    is_idle = !carry_out();
    publish_status();
    answer_writers();
  }
}

void Server::handle(Proposal proposal) {
  if (node_.role() == Role::kLeader && !node_.hears_from_majority()) {
    return proposal.done({.status = WriteStatus::kUnavailable});
  }
  if (is_overloaded()) {
    return proposal.done({.status = WriteStatus::kOverloaded});
  }
  std::string command = encode(proposal.command);
  const std::size_t bytes = command.size();
  const auto index = node_.propose(std::move(command));
  if (!index) return proposal.done({.status = WriteStatus::kNotLeader});
  waiting_[*index] = {.done = std::move(proposal.done),
                      .deadline = deadline_in_ms(options_.request_timeout_ms),
                      .bytes = bytes};
  waiting_bytes_ += bytes;
}

bool Server::is_overloaded() const {
  return waiting_.size() >= kWaitingMax || waiting_bytes_ >= kWaitingBytesMax;
}

void Server::handle(const Envelope& request) {
  node_.receive(request);
}

// Does what the node puts out now. False if that is nothing.
bool Server::carry_out() {
  const Output output = node_.take_output();
  storage_->persist(output.entries);
  for (const Envelope& envelope : output.messages) deliver(envelope);
  for (const Entry& entry : output.committed) apply(entry);
  return !output.empty();
}

void Server::apply(const Entry& entry) {
  trace_.write("apply", [&] {
    return JsonWriter().add("index", entry.index).add("command", entry.command);
  });
  const auto command = decode(entry.command);
  CHECK(command.has_value());
  const ApplyResult result = store_.apply(*command, entry.index, entry.term);
  // On a follower nobody waits.
  auto waiter = waiting_.extract(entry.index);
  if (waiter.empty()) return;
  waiting_bytes_ -= waiter.mapped().bytes;
  answers_.emplace_back(std::move(waiter.mapped().done),
                        WriteResult{.applied = result});
}

// Whoever hears that a write is done may look for it in the status next.
void Server::answer_writers() {
  for (auto& [done, result] : answers_) done(result);
  answers_.clear();
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

// A result goes back to whoever asked. A request blocks until its result is
// here, or until it is given up: then it is sent again with a heartbeat.
void Server::deliver(const Envelope& envelope) {
  if (std::holds_alternative<AppendEntriesResult>(envelope.message)) {
    return transport_.answer(envelope);
  }
  const CallResult call = transport_.call(envelope);
  if (call.delivery == Delivery::kAnswered) node_.receive(call.result);
}

void Server::publish_status() {
  const std::lock_guard lock(mutex_);
  status_.role = node_.role();
  status_.term = node_.current_term();
  status_.commit_index = node_.commit_index();
  status_.last_applied = node_.last_applied();
  status_.last_log_index = node_.log().last_index();
  // A node that has just started does not know yet what is committed of its
  // log: it would deny what has been acknowledged.
  status_.is_ready = node_.last_applied() >= recovered_index_;
  for (PeerStatus& peer : status_.peers) {
    peer.match_index = node_.match_index(peer.id);
    peer.next_index = node_.next_index(peer.id);
    peer.last_contact_ms = node_.silent_ticks(peer.id) * kTickMs;
  }
}

// What does not change, and what is known before the first round.
ServerStatus Server::describe() const {
  ServerStatus status = {
      .stage = options_.stage,
      .id = *options_.id,
      .role = node_.role(),
      .term = node_.current_term(),
      .leader = node_.leader(),
      .leader_client_address = options_.cluster.find(node_.leader())->client,
      .last_log_index = node_.log().last_index()};
  if (node_.role() != Role::kLeader) return status;
  for (const NodeAddress& node : options_.cluster.nodes) {
    if (node.id != *options_.id) status.peers.push_back({.id = node.id});
  }
  return status;
}

}  // namespace raft
