#include "server.h"

#include <algorithm>
#include <utility>

#include "common/check.h"
#include "common/deadline.h"
#include "common/logging.h"

namespace raft {
namespace {

constexpr std::int64_t kTickMs = 10;

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
      storage_(open_storage(options)),
      node_(config_of(options),
            traced(trace_, config_of(options).term, storage_->take_log())),
      transport_(
          *options.id,
          options_.cluster,
          [this](Envelope request) { inbox_.push(std::move(request)); },
          trace_),
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

WriteResult Server::write(const Command& command) {
  Proposal proposal{.command = command};
  std::future<WriteResult> answer = proposal.answer.get_future();
  inbox_.push(std::move(proposal));
  const auto timeout = std::chrono::milliseconds(options_.request_timeout_ms);
  if (answer.wait_for(timeout) != std::future_status::ready) {
    return {.status = WriteStatus::kTimeout};
  }
  return answer.get();
}

std::optional<std::string> Server::read(const std::string& key) const {
  return store_.get(key);
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
      next_tick = deadline_in_ms(kTickMs);
    }
    is_idle = !carry_out();
    publish_status();
    answer_writers();
  }
}

void Server::handle(Proposal proposal) {
  if (node_.role() == Role::kLeader && !node_.hears_from_majority()) {
    return proposal.answer.set_value({.status = WriteStatus::kUnavailable});
  }
  const auto index = node_.propose(encode(proposal.command));
  if (!index) {
    return proposal.answer.set_value({.status = WriteStatus::kNotLeader});
  }
  waiting_[*index] = std::move(proposal.answer);
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
  const ApplyResult result = store_.apply(*command);
  // On a follower nobody waits.
  auto waiter = waiting_.extract(entry.index);
  if (waiter.empty()) return;
  answers_.emplace_back(std::move(waiter.mapped()),
                        WriteResult{.applied = result});
}

// Whoever hears that a write is done may look for it in the status next.
void Server::answer_writers() {
  for (auto& [done, result] : answers_) done.set_value(result);
  answers_.clear();
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
  ServerStatus status = describe();
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

ServerStatus Server::describe() const {
  return {
      .stage = options_.stage,
      .id = *options_.id,
      .role = node_.role(),
      .leader = node_.leader(),
      .leader_client_address = options_.cluster.find(node_.leader())->client,
      .commit_index = node_.commit_index(),
      .last_applied = node_.last_applied(),
      .last_log_index = node_.log().last_index(),
      .keys = store_.size()};
}

}  // namespace raft
