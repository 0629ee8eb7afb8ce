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

// What is encoded and sent in less time than it takes to wake a thread.
constexpr std::size_t kSmallEntries = 16;
constexpr std::size_t kSmallBytes = 16 * 1024;

bool is_small(const AppendEntries& args) {
  if (args.entries.size() > kSmallEntries) return false;
  std::size_t bytes = 0;
  for (const Entry& entry : args.entries) bytes += entry.command.size();
  return bytes <= kSmallBytes;
}

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
  bool is_to_wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_superfluous(request.message)) {
      dropped = std::move(request);
    } else {
      dropped = std::exchange(waiting_, std::move(request));
      if (can_leave_here()) leave_here();
      is_to_wake = is_free_;
    }
  }
  if (is_to_wake) client_.wake();
  if (dropped) note_drop(*dropped, kNotSent);
}

void Sender::ask_to_stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_one();
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

// Faults are for the thread, which asks for them once a message.
bool Sender::can_leave_here() const {
  if (!is_free_ || is_stopping_) return false;
  const auto* args = std::get_if<AppendEntries>(&waiting_->message);
  return args != nullptr && is_small(*args) && faults_.is_none() &&
         client_.is_ready();
}

// The thread wakes when the result comes.
void Sender::leave_here() {
  is_free_ = false;
  out_ = take_waiting();
  out_->deadline = deadline_in_ms(options_.call_timeout_ms);
  out_->sent = note_send(out_->request);
  out_->has_begun = true;
  auto args = std::get<AppendEntries>(out_->request.message);
  auto rpc = to_rpc(std::move(args));
  address(rpc, *out_);
  client_.begin(rpc_of(out_->request.message), rpc);
}

Sender::Call Sender::take_waiting() {
  Call call{.request = std::move(*waiting_)};
  waiting_.reset();
  const auto* args = std::get_if<AppendEntries>(&call.request.message);
  if (args != nullptr) out_term_ = args->term;
  return call;
}

void Sender::run() {
  std::optional<Backoff> backoff;
  while (auto call = next()) {
    auto result = carry_out(*call);
    note_done();
    if (result) {
      note_found();
      backoff.reset();
      options_.receiver({.from = call->request.to,
                         .to = call->request.from,
                         .message = std::move(*result)});
      continue;
    }
    // The request is not repeated: a newer one will say more than it did.
    note_drop(call->request, call->sent);
    note_lost(result.error().message);
    if (!backoff) backoff.emplace(kFirstRetryMs, kLongestRetryMs);
    backoff->wait(Deadline::max());
  }
}

// What there is to do, as soon as there is something; nothing at the end.
std::optional<Sender::Call> Sender::next() {
  bool has_come = false;
  std::int64_t wait_ms = options_.call_timeout_ms;
  while (true) {
    {
      const std::lock_guard lock(mutex_);
      is_free_ = false;
      if (is_stopping_) return std::nullopt;
      if (!out_ && has_come) client_.disconnect();  // by the other end
      if (!out_ && waiting_) return take_waiting();
      if (out_ && (has_come || Clock::now() >= out_->deadline)) {
        return std::exchange(out_, std::nullopt);
      }
      is_free_ = !out_;
      // A call that began while the thread was waiting ends at its own time.
      if (out_) wait_ms = microseconds_until(out_->deadline) / 1000 + 1;
    }
    has_come = client_.wait(static_cast<int>(wait_ms));
  }
}

void Sender::note_done() {
  const std::lock_guard lock(mutex_);
  out_term_ = 0;
}

// The result, of whatever kind, and whoever has begun the call.
Result<Message> Sender::carry_out(Call& call) {
  if (!call.has_begun) return exchange(call);
  v1::AppendEntriesResponse response;
  const auto done = client_.finish(response, call.deadline);
  if (done || Clock::now() >= call.deadline) {
    return accept(call, done, response);
  }
  // The node has restarted, perhaps, since the call before it.
  return exchange(call);
}

// Empties the request, but not if it fails.
Result<Message> Sender::exchange(Call& call) {
  if (!hold_back()) return failure("stopping");
  if (faults_.drops_to(call.request.to)) return failure("it was dropped");
  // One that has begun goes out once more, as the same message.
  if (!call.has_begun) {
    call.deadline = deadline_in_ms(options_.call_timeout_ms);
    call.sent = note_send(call.request);
  }
  auto& args = std::get<AppendEntries>(call.request.message);
  auto rpc = to_rpc(std::move(args));
  auto result = exchange<v1::AppendEntriesResponse>(call, rpc);
  if (!result) args = from_rpc(rpc);
  return result;
}

// A fault that was asked for: everything that leaves is late. False at the end.
bool Sender::hold_back() {
  const auto delay = std::chrono::milliseconds(faults_.delay_ms());
  if (delay.count() == 0) return true;
  std::unique_lock lock(mutex_);
  return !stopping_.wait_for(lock, delay, [this] { return is_stopping_; });
}

template <typename Rpc>
void Sender::address(Rpc& rpc, const Call& call) const {
  rpc.set_cluster_id(options_.cluster_id);
  rpc.set_from(call.request.from);
  rpc.set_to(call.request.to);
  rpc.set_clock(call.sent);
}

template <typename Response, typename Request>
Result<Message> Sender::exchange(const Call& call, Request& request) {
  address(request, call);
  Response response;
  const auto done = client_.call(
      rpc_of(call.request.message), request, response, call.deadline);
  return accept(call, done, response);
}

template <typename Response>
Result<Message> Sender::accept(const Call& call,
                               const Result<void>& done,
                               const Response& response) {
  if (!done) return tl::make_unexpected(done.error());
  const NodeId from = call.request.to;
  if (faults_.drops_from(from)) return failure("its result was dropped");
  Message result = from_rpc(response);
  trace_.observe(response.clock());
  trace_.write("receive", [&] {
    return JsonWriter()
        .add("from", from)
        .add("sent", response.clock())
        .add_fields(fields_of(result));
  });
  return result;
}

std::uint64_t Sender::note_send(const Envelope& request) {
  return trace_.write("send", [&] {
    return JsonWriter()
        .add("to", request.to)
        .add_fields(fields_of(request.message));
  });
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
