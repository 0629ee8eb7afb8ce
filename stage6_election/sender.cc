#include "sender.h"

#include <utility>

#include "common/backoff.h"
#include "common/logging.h"
#include "rpc_message.h"

namespace raft {
namespace {

// A node that has restarted is to be reached again within a heartbeat or two.
constexpr std::int64_t kFirstRetryMs = 5;
constexpr std::int64_t kLongestRetryMs = 50;

// In place of the clock at which a message has left, if it has not.
constexpr std::uint64_t kNotSent = 0;

}  // namespace

Sender::Sender(SenderOptions options, Trace& trace, Faults& faults)
    : options_(std::move(options)),
      trace_(trace),
      faults_(faults),
      client_(options_.to.peer, kServiceName),
      thread_([this] { run(); }) {}

Sender::~Sender() {
  stop();
}

void Sender::send(Envelope request) {
  std::optional<Envelope> dropped;
  {
    const std::lock_guard lock(mutex_);
    dropped = is_superfluous(request.message)
                  ? std::move(request)
                  : std::exchange(waiting_, std::move(request));
  }
  changed_.notify_one();
  if (dropped) note_drop(*dropped, kNotSent);
}

void Sender::ask_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  changed_.notify_one();
  client_.stop();
}

void Sender::stop() {
  ask_to_stop();
  if (thread_.joinable()) thread_.join();
}

// A follower that hears from its leader needs no heartbeat. If a call takes
// longer than the time between two, the entries that wait for it would be
// replaced by a heartbeat each time, and never leave.
bool Sender::is_superfluous(const Message& message) const {
  const auto* newer = std::get_if<AppendEntries>(&message);
  if (newer == nullptr || !newer->entries.empty()) return false;
  if (newer->term == out_term_) return true;
  if (!waiting_) return false;
  const auto* older = std::get_if<AppendEntries>(&waiting_->message);
  return older != nullptr && older->term == newer->term &&
         !older->entries.empty();
}

void Sender::run() {
  std::optional<Backoff> backoff;
  while (auto request = next()) {
    std::uint64_t sent = kNotSent;
    auto result = call(*request, sent);
    note_done();
    if (result) {
      note_found();
      backoff.reset();
      options_.receiver({.from = request->to,
                         .to = request->from,
                         .message = std::move(*result)});
      continue;
    }
    // The request is not repeated: a newer one will say more than it did.
    note_drop(*request, sent);
    note_lost(result.error().message);
    if (!backoff) backoff.emplace(kFirstRetryMs, kLongestRetryMs);
    backoff->wait(Deadline::max());
  }
}

// The request that waits, as soon as there is one; nothing at the end.
std::optional<Envelope> Sender::next() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return is_stopping_ || waiting_.has_value(); });
  if (is_stopping_) return std::nullopt;
  auto request = std::exchange(waiting_, std::nullopt);
  const auto* args = std::get_if<AppendEntries>(&request->message);
  if (args != nullptr) out_term_ = args->term;
  return request;
}

void Sender::note_done() {
  const std::lock_guard lock(mutex_);
  out_term_ = 0;
}

// Empties the request, but not if it fails. Sets `sent` to the clock at which
// it leaves.
Result<Message> Sender::call(Envelope& request, std::uint64_t& sent) {
  if (!hold_back()) return failure("stopping");
  if (faults_.drops_to(request.to)) return failure("it was dropped");
  sent = trace_.write("send", [&] {
    return JsonWriter()
        .add("to", request.to)
        .add_fields(fields_of(request.message));
  });
  if (const auto* args = std::get_if<RequestVote>(&request.message)) {
    auto rpc = to_rpc(*args);
    return exchange<v1::RequestVoteResponse>(request, sent, rpc);
  }
  if (const auto* args = std::get_if<ReadIndex>(&request.message)) {
    auto rpc = to_rpc(*args);
    return exchange<v1::ReadIndexResponse>(request, sent, rpc);
  }
  auto& args = std::get<AppendEntries>(request.message);
  auto rpc = to_rpc(std::move(args));
  auto result = exchange<v1::AppendEntriesResponse>(request, sent, rpc);
  if (!result) args = from_rpc(rpc);
  return result;
}

// A fault that was asked for: everything that leaves is late. False at the end.
bool Sender::hold_back() {
  const auto delay = std::chrono::milliseconds(faults_.delay_ms());
  if (delay.count() == 0) return true;
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, delay, [this] { return is_stopping_; });
}

template <typename Response, typename Request>
Result<Message> Sender::exchange(const Envelope& envelope,
                                 std::uint64_t clock,
                                 Request& request) {
  request.set_cluster_id(options_.cluster_id);
  request.set_from(envelope.from);
  request.set_to(envelope.to);
  request.set_clock(clock);
  Response response;
  const auto done = client_.call(rpc_of(envelope.message),
                                 request,
                                 response,
                                 deadline_in_ms(options_.call_timeout_ms));
  if (!done) return tl::make_unexpected(done.error());
  if (faults_.drops_from(envelope.to)) return failure("its result was dropped");
  Message result = from_rpc(response);
  trace_.observe(response.clock());
  trace_.write("receive", [&] {
    return JsonWriter()
        .add("from", envelope.to)
        .add("sent", response.clock())
        .add_fields(fields_of(result));
  });
  return result;
}

void Sender::note_drop(const Envelope& request, std::uint64_t sent) {
  trace_.write("drop", [&] {
    return JsonWriter()
        .add("to", request.to)
        .add("sent", sent)
        .add_fields(fields_of(request.message));
  });
}

// One line when a node is lost, not one for each message that it misses.
void Sender::note_lost(const std::string& why) {
  if (std::exchange(is_lost_, true)) return;
  const std::lock_guard lock(mutex_);
  if (is_stopping_) return;
  log_warning("node " + std::to_string(options_.to.id) +
              " misses a message, and all others until it answers: " + why);
}

void Sender::note_found() {
  if (!std::exchange(is_lost_, false)) return;
  log_information("node " + std::to_string(options_.to.id) + " answers again");
}

}  // namespace raft
