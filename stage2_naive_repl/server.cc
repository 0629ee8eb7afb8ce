#include "server.h"

#include <utility>

#include "common/logging.h"

namespace raft {
namespace {

Config config_of(const ServerOptions& options) {
  Config config{.id = *options.id, .leader = options.cluster.leader};
  for (const NodeAddress& node : options.cluster.nodes) {
    if (node.id != config.id) config.peers.push_back(node.id);
  }
  return config;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      trace_(options.trace_file, *options.id),
      node_(config_of(options)),
      transport_(
          *options.id,
          options_.cluster,
          [this](Envelope request) { inbox_.push(std::move(request)); },
          trace_),
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
  return {
      .stage = options_.stage,
      .id = *options_.id,
      .role = node_.role(),
      .leader = node_.leader(),
      .leader_client_address = options_.cluster.find(node_.leader())->client,
      .keys = store_.size()};
}

void Server::run() {
  while (auto input = inbox_.pop()) {
    std::visit([this](auto& item) { handle(std::move(item)); }, *input);
  }
}

void Server::handle(Proposal proposal) {
  const auto index = node_.propose(encode(proposal.command));
  if (!index) {
    return proposal.answer.set_value({.status = WriteStatus::kNotLeader});
  }
  waiting_[*index] = std::move(proposal.answer);
  const bool may_have_arrived = carry_out();
  // Every follower had its chance. Whoever is still waiting, waits for nothing.
  const auto late = waiting_.extract(*index);
  if (late.empty()) return;
  log_warning("write " + std::to_string(*index) + " reached " +
              std::to_string(node_.copies(*index)) + " nodes, " +
              std::to_string(node_.majority()) + " would be a majority");
  node_.forget(*index);
  late.mapped().set_value({.status = may_have_arrived
                                         ? WriteStatus::kTimeout
                                         : WriteStatus::kUnavailable});
}

void Server::handle(const Envelope& request) {
  node_.receive(request);
  carry_out();
}

// Does what the node puts out, until there is no more. True if some request may
// have reached its node.
bool Server::carry_out() {
  bool may_have_arrived = false;
  Output output = node_.take_output();
  while (!output.empty()) {
    for (const Entry& entry : output.committed) apply(entry);
    for (const Envelope& envelope : output.messages) {
      may_have_arrived |= deliver(envelope);
    }
    output = node_.take_output();
  }
  return may_have_arrived;
}

void Server::apply(const Entry& entry) {
  trace_.write("apply", [&] {
    return JsonWriter().add("index", entry.index).add("command", entry.command);
  });
  const auto command = decode(entry.command);
  if (!command) return log_error("ignoring an entry that is no command");
  const ApplyResult result = store_.apply(*command);
  // On a follower nobody waits.
  const auto waiter = waiting_.extract(entry.index);
  if (!waiter.empty()) waiter.mapped().set_value({.applied = result});
}

// A result goes back to whoever asked. A request blocks until its result is
// here, or until it is given up.
bool Server::deliver(const Envelope& envelope) {
  if (std::holds_alternative<AppendEntriesResult>(envelope.message)) {
    transport_.answer(envelope);
    return false;
  }
  const CallResult call = transport_.call(envelope);
  if (call.delivery == Delivery::kAnswered) node_.receive(call.result);
  return call.delivery != Delivery::kNotSent;
}

}  // namespace raft
