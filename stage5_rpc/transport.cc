#include "transport.h"

#include <optional>

#include "common/check.h"
#include "rpc_message.h"

namespace raft {
namespace {

// One command of the largest key and two of the largest values, or as many of
// the smallest as go into one message, in JSON even.
constexpr std::size_t kBodyBytesMax = 8 * 1024 * 1024;

ConnectError stopping() {
  return {ConnectCode::kUnavailable, "the node is stopping"};
}

}  // namespace

Transport::Transport(NodeId id,
                     const Cluster& cluster,
                     Receiver receiver,
                     Trace& trace,
                     Faults& faults,
                     std::int64_t call_timeout_ms)
    : id_(id),
      cluster_(cluster),
      receiver_(std::move(receiver)),
      trace_(trace),
      faults_(faults),
      server_({.address = cluster.find(id)->peer,
               .service = kServiceName,
               .methods = {connect_method<v1::AppendEntriesRequest>(
                   "AppendEntries",
                   [this](auto& request, const ConnectReply& reply) {
                     receive(request, reply);
                   })},
               .body_bytes_max = kBodyBytesMax}) {
  for (const NodeAddress& node : cluster.nodes) {
    if (node.id == id) continue;
    senders_.try_emplace(node.id,
                         SenderOptions{.cluster_id = cluster.cluster_id,
                                       .to = node,
                                       .receiver = receiver_,
                                       .call_timeout_ms = call_timeout_ms},
                         trace,
                         faults);
  }
}

Transport::~Transport() {
  stop();
}

void Transport::send(Envelope message) {
  if (is_result(message.message)) return answer(message);
  const auto sender = senders_.find(message.to);
  CHECK(sender != senders_.end());
  sender->second.send(std::move(message));
}

void Transport::stop() {
  decltype(unanswered_) unanswered;
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    unanswered.swap(unanswered_);
  }
  for (const auto& [call, replies] : unanswered) {
    for (const ConnectReply& reply : replies) reply.fail(stopping());
  }
  for (auto& [id, sender] : senders_) sender.ask_to_stop();
  for (auto& [id, sender] : senders_) sender.stop();
  timer_.stop();
  server_.stop();
}

void Transport::answer(const Envelope& result) {
  std::optional<ConnectReply> reply;
  {
    const std::lock_guard lock(mutex_);
    auto& unanswered = unanswered_[{result.to, rpc_of(result.message)}];
    // Nobody waits once stop() has been called.
    if (unanswered.empty()) return;
    reply = std::move(unanswered.front());
    unanswered.pop_front();
  }
  const auto fields = [&] {
    return JsonWriter()
        .add("to", result.to)
        .add_fields(fields_of(result.message));
  };
  if (faults_.drops_to(result.to)) {
    trace_.write("drop", fields);
    return reply->fail({ConnectCode::kUnavailable, "its result was dropped"});
  }
  auto response = to_rpc(std::get<AppendEntriesResult>(result.message));
  response.set_clock(trace_.write("send", fields));
  const std::int64_t delay_ms = faults_.delay_ms();
  if (delay_ms == 0) return reply->answer(response);
  timer_.call_at(deadline_in_ms(delay_ms),
                 [reply = *reply, response] { reply.answer(response); });
}

// Refuses what is not meant for this node before anybody looks at its contents.
template <typename Request>
void Transport::receive(Request& request, const ConnectReply& reply) {
  if (request.cluster_id() != cluster_.cluster_id || request.to() != id_ ||
      request.from() == id_ || cluster_.find(request.from()) == nullptr) {
    return reply.fail({ConnectCode::kFailedPrecondition,
                       "not a message to node " + std::to_string(id_) +
                           " from another one of cluster " +
                           cluster_.cluster_id});
  }
  if (faults_.drops_from(request.from())) {
    return reply.fail({ConnectCode::kUnavailable, "it was dropped"});
  }
  Envelope envelope{.from = request.from(), .to = request.to()};
  envelope.message = from_rpc(request);
  trace_.observe(request.clock());
  trace_.write("receive", [&] {
    return JsonWriter()
        .add("from", envelope.from)
        .add("sent", request.clock())
        .add_fields(fields_of(envelope.message));
  });
  hand_over(std::move(envelope), reply);
}

// All requests come on one thread, so the receiver's order is the order of
// unanswered_. No lock is held meanwhile, for the receiver may answer at once.
void Transport::hand_over(Envelope request, const ConnectReply& reply) {
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return reply.fail(stopping());
    unanswered_[{request.from, rpc_of(request.message)}].push_back(reply);
  }
  receiver_(std::move(request));
}

}  // namespace raft
