#include "transport.h"

#include <thread>
#include <utility>

#include "common/logging.h"

namespace raft {
namespace {

constexpr std::int64_t kCallTimeoutMs = 500;

// A command of the largest key and two of the largest values, when each byte
// needs an escape of six.
constexpr std::size_t kLineBytesMax = 16 * 1024 * 1024;

std::string refusal(const std::string& code, const std::string& message) {
  return JsonWriter().add("error", code).add("message", message).text();
}

// A message's own fields: on the wire and in the trace.
JsonWriter fields_of(const Message& message) {
  JsonWriter writer;
  if (const auto* args = std::get_if<AppendEntries>(&message)) {
    std::vector<JsonWriter> entries;
    for (const Entry& entry : args->entries) {
      entries.push_back(JsonWriter()
                            .add("term", entry.term)
                            .add("index", entry.index)
                            .add("command", entry.command));
    }
    writer.add("type", "append_entries")
        .add("term", args->term)
        .add("leader_id", args->leader_id)
        .add("prev_log_index", args->prev_log_index)
        .add("prev_log_term", args->prev_log_term)
        .add_objects("entries", entries)
        .add("leader_commit", args->leader_commit);
  } else {
    const auto& result = std::get<AppendEntriesResult>(message);
    writer.add("type", "append_entries_result")
        .add("term", result.term)
        .add("success", result.success)
        .add("match_index", result.match_index)
        .add("match_term", result.match_term);
  }
  return writer;
}

Message message_of(const std::string& type, JsonFields& fields) {
  if (type == "append_entries_result") {
    return AppendEntriesResult{.term = fields.number("term"),
                               .success = fields.boolean("success"),
                               .match_index = fields.number("match_index"),
                               .match_term = fields.number("match_term")};
  }
  AppendEntries args{.term = fields.number("term"),
                     .leader_id = fields.number("leader_id"),
                     .prev_log_index = fields.number("prev_log_index"),
                     .prev_log_term = fields.number("prev_log_term"),
                     .leader_commit = fields.number("leader_commit")};
  for (const JsonObject& object : fields.objects("entries")) {
    JsonFields entry(object);
    args.entries.push_back({.term = entry.number("term"),
                            .index = entry.number("index"),
                            .command = entry.string("command")});
    fields.note(entry.error());
  }
  return args;
}

}  // namespace

Transport::Transport(NodeId id,
                     const Cluster& cluster,
                     Receiver receiver,
                     Trace& trace,
                     Faults& faults)
    : id_(id),
      cluster_(cluster),
      receiver_(std::move(receiver)),
      trace_(trace),
      faults_(faults),
      lines_(
          {.address = cluster.find(id)->peer,
           .handler = [this](std::string_view line) { return receive(line); },
           .line_bytes_max = kLineBytesMax,
           .too_long_answer = refusal("invalid_argument", "line too long"),
           .too_many_answer = refusal("unavailable", "too many peers")}) {}

CallResult Transport::call(const Envelope& request) {
  const NodeId to = request.to;
  hold_back();
  if (faults_.drops_to(to)) {
    note_lost(request, "it was dropped");
    return {.delivery = Delivery::kUnknown};
  }
  const auto connected = connect(to);
  if (!connected) {
    note_lost(request, connected.error().message);
    return {.delivery = Delivery::kNotSent};
  }
  auto result = exchange(request);
  if (!result) {
    // The result may still come. On a new connection nobody will take it for
    // that of another request.
    connections_.erase(to);
    note_lost(request, result.error().message);
    return {.delivery = Delivery::kUnknown};
  }
  if (lost_.erase(to) > 0) {
    log_information("node " + std::to_string(to) + " answers again");
  }
  return {.delivery = Delivery::kAnswered, .result = std::move(*result)};
}

Result<void> Transport::connect(NodeId to) {
  const auto found = connections_.find(to);
  if (found != connections_.end()) {
    if (found->second.is_quiet()) return {};
    // The node has restarted and so ended the connection.
    connections_.erase(found);
  }
  auto connection = LineConnection::connect(cluster_.find(to)->peer,
                                            deadline_in_ms(kCallTimeoutMs));
  if (!connection) return tl::make_unexpected(connection.error());
  connections_.emplace(to, std::move(*connection));
  return {};
}

Result<Envelope> Transport::exchange(const Envelope& request) {
  const Deadline deadline = deadline_in_ms(kCallTimeoutMs);
  LineConnection& connection = connections_.at(request.to);
  const auto sent = connection.send(encode(request), deadline);
  if (!sent) return tl::make_unexpected(sent.error());
  const auto line = connection.receive(deadline);
  if (!line) return tl::make_unexpected(line.error());
  auto result = decode(*line);
  if (result && result->from != request.to) {
    return failure("node " + std::to_string(result->from) + " answered");
  }
  if (result && !std::holds_alternative<AppendEntriesResult>(result->message)) {
    return failure("a request instead of a result");
  }
  return result;
}

// One line when a node is lost, not one for each message that it misses.
void Transport::note_lost(const Envelope& request, const std::string& why) {
  trace_.write("drop", [&] {
    return JsonWriter()
        .add("to", request.to)
        .add_fields(fields_of(request.message));
  });
  if (!lost_.insert(request.to).second) return;
  log_warning("node " + std::to_string(request.to) +
              " misses a message, and all others until it answers: " + why);
}

void Transport::answer(const Envelope& result) {
  const std::lock_guard lock(mutex_);
  auto& waiting = unanswered_[result.to];
  // Nobody waits once stop() has been called.
  if (waiting.empty()) return;
  waiting.front().set_value(result);
  waiting.pop_front();
}

void Transport::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    unanswered_.clear();
  }
  lines_.stop();
}

std::string Transport::receive(std::string_view line) {
  const auto request = decode(line);
  if (!request) return refusal("invalid_argument", request.error().message);
  if (!std::holds_alternative<AppendEntries>(request->message)) {
    return refusal("invalid_argument", "a result without a request");
  }
  std::future<Envelope> result = hand_over(*request);
  try {
    const std::string answer = encode(result.get());
    hold_back();
    if (!faults_.drops_to(request->from)) return answer;
    return refusal("unavailable", "its result was dropped");
  } catch (const std::future_error&) {
    return refusal("unavailable", "the node is stopping");
  }
}

std::future<Envelope> Transport::hand_over(const Envelope& request) {
  std::promise<Envelope> promise;
  std::future<Envelope> result = promise.get_future();
  // Under one lock, so that the receiver's order is the order of unanswered_.
  const std::lock_guard lock(mutex_);
  if (stopping_) return result;
  unanswered_[request.from].push_back(std::move(promise));
  receiver_(request);
  return result;
}

// A fault that was asked for: everything that leaves is late.
void Transport::hold_back() const {
  std::this_thread::sleep_for(std::chrono::milliseconds(faults_.delay_ms()));
}

std::string Transport::encode(const Envelope& envelope) {
  const JsonWriter fields = fields_of(envelope.message);
  const std::uint64_t clock = trace_.write("send", [&] {
    return JsonWriter().add("to", envelope.to).add_fields(fields);
  });
  return JsonWriter()
      .add("cluster_id", cluster_.cluster_id)
      .add("from", envelope.from)
      .add("to", envelope.to)
      .add("clock", clock)
      .add_fields(fields)
      .text();
}

// Refuses what is not meant for this node before anybody looks at its contents.
Result<Envelope> Transport::decode(std::string_view line) {
  const auto json = JsonObject::parse(line);
  if (!json) return tl::make_unexpected(json.error());
  if (json->has("error")) {
    return failure("it refused: " + json->string("message").value_or("why?"));
  }
  JsonFields fields(*json);
  const std::string cluster_id = fields.string("cluster_id");
  Envelope envelope{.from = fields.number("from"), .to = fields.number("to")};
  const std::uint64_t clock = fields.number("clock");
  const std::string type = fields.string("type");
  envelope.message = message_of(type, fields);
  if (fields.error()) return tl::make_unexpected(*fields.error());
  if (type != "append_entries" && type != "append_entries_result") {
    return failure("unknown type of message");
  }
  if (cluster_id != cluster_.cluster_id || envelope.to != id_ ||
      envelope.from == id_ || cluster_.find(envelope.from) == nullptr) {
    return failure("not a message to node " + std::to_string(id_) +
                   " from another one of cluster " + cluster_.cluster_id);
  }
  if (faults_.drops_from(envelope.from)) return failure("it was dropped");
  trace_.observe(clock);
  trace_.write("receive", [&] {
    return JsonWriter()
        .add("from", envelope.from)
        .add_fields(fields_of(envelope.message));
  });
  return envelope;
}

}  // namespace raft
