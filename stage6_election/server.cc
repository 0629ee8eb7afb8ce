#include "server.h"

#include <algorithm>
#include <random>
#include <utility>

#include "common/check.h"
#include "common/deadline.h"
#include "common/logging.h"

namespace raft {
namespace {

// Of writes that are under way. More of them would only wait longer.
constexpr std::size_t kWaitingMax = 20'000;
constexpr std::size_t kWaitingBytesMax = 64 * 1024 * 1024;

// How often to look for a write that takes long. Far below a heartbeat.
constexpr std::int64_t kStandInMs = 2 * kTickMs;

// At least as long as asked for: so a heartbeat stays below a timeout.
int ticks_up(std::int64_t ms) {
  return static_cast<int>((ms + kTickMs - 1) / kTickMs);
}

// At most as long.
int ticks_down(std::int64_t ms) {
  return static_cast<int>(std::max<std::int64_t>(1, ms / kTickMs));
}

Config config_of(const ServerOptions& options) {
  Config config{.id = *options.id,
                .election_ticks_min = ticks_up(options.election_timeout.min_ms),
                .election_ticks_max = ticks_up(options.election_timeout.max_ms),
                .heartbeat_ticks = ticks_down(options.heartbeat_ms),
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

// The node starts from this; the trace is told before a message can come.
Stored traced(Trace& trace, Stored stored) {
  trace.write("start", [&] {
    return JsonWriter()
        .add("term", stored.hard_state.current_term)
        .add("voted_for", stored.hard_state.voted_for)
        .add("last_index", stored.log.last_index());
  });
  return stored;
}

}  // namespace

Server::Server(const ServerOptions& options)
    : options_(options),
      trace_(options.trace_file, *options.id),
      metrics_(options.stage, *options.id),
      storage_(open_storage(options)),
      node_(config_of(options), traced(trace_, storage_->take_stored())),
      ticker_(Clock::now(), std::chrono::milliseconds(kTickMs)),
      transport_(
          *options.id,
          options_.cluster,
          [this](Envelope message) { receive(std::move(message)); },
          trace_,
          faults_),
      status_({.stage = options.stage,
               .id = *options.id,
               .term = node_.current_term()}),
      thread_([this] { run(); }),
      api_(*this, options.client_address) {
  stand_in();
  log_information("serving clients at " + options_.client_address);
}

void Server::stop() {
  log_information("stopping");
  timer_.stop();
  api_.stop();
  transport_.stop();
  inbox_.close();
  thread_.join();
}

void Server::write(Command command, WriteDone done) {
  bring(Proposal{.command = std::move(command), .done = std::move(done)});
}

void Server::read(Consistency consistency, ReadDone done) {
  if (consistency == Consistency::kStale) return done(ReadStatus::kReady);
  bring(Read{.done = std::move(done)});
}

// A request that is alone begins a round at once, and waits for no other thread
// to wake. Where there are more, they gain more by sharing one.
void Server::bring(Input input) {
  if (is_in_use_) return inbox_.push(std::move(input));
  auto inputs = inbox_.push_in(std::move(input));
  if (inputs) do_round(std::move(*inputs), Disk::kNotOurs);
}

// Begins the rounds that nobody else begins. The first one is its own: until
// that ends, nobody else works with what may not be there yet.
void Server::run() {
  inbox_.end_round(Clock::now());
  while (auto inputs = inbox_.await()) {
    do_round(std::move(*inputs), Disk::kBesideRounds);
  }
  storage_->mark_synced();
}

// A message waits for no other thread to wake, unless one is at work already.
// More than one round is not done here, for the next message may wait behind
// this one.
void Server::receive(Envelope message) {
  auto inputs = inbox_.push_in(std::move(message));
  if (!inputs) return;
  // A follower's peer waits for what is written here, a leader's has the next
  // message to bring.
  const bool is_ours = !is_writing_ && node_.role() != Role::kLeader;
  do_round(std::move(*inputs), is_ours ? Disk::kInRound : Disk::kNotOurs);
}

// All that has queued up, so that it shares one write and one sync.
void Server::do_round(std::vector<Input> inputs, Disk disk) {
  if (is_idle_ && inputs.empty() && disk == Disk::kBesideRounds) {
    beside_rounds([this] { storage_->mark_synced(); });
  }
  make_up_ticks();
  for (auto& input : inputs) {
    std::visit([this](auto& item) { handle(std::move(item)); }, input);
  }
  if (!new_reads_.empty()) {
    node_.read(++last_read_);
    reads_[last_read_] = std::exchange(new_reads_, {});
  }
  if (ticker_.take_due(Clock::now())) {
    node_.tick();
    give_up_late_writes();
  }
  // Thrice, for mostly there is nothing more then.
  is_idle_ = !carry_out(disk) || !carry_out(disk) || !carry_out(disk);
  if (disk == Disk::kNotOurs && node_.needs_disk()) is_idle_ = false;
  is_in_use_ = !waiting_.empty() || !reads_.empty();
  inbox_.end_round(next_round());
}

// Those that only count, and were slept through.
void Server::make_up_ticks() {
  const Deadline now = Clock::now();
  const int count = ticker_.make_up(now);
  for (int i = 0; i < count; ++i) node_.tick();
  // A leader's next tick is a heartbeat, which is late enough.
  if (count > 0 && node_.role() != Role::kLeader) ticker_.put_off(now);
}

// A disk may take long, and a leader leads meanwhile: time goes on for it, and
// what was left for the server's thread is done, unless it needs the disk.
void Server::stand_in() {
  auto inputs = inbox_.stand_in();
  if (inputs) do_round(std::move(*inputs), Disk::kNotOurs);
  timer_.call_at(deadline_in_ms(kStandInMs), [this] { stand_in(); });
}

// While the node has more to put out, nothing is waited for, but what has come
// is let in: a follower that lacks a long log must not keep clients away.
// Otherwise ticks that would only count are slept through.
Deadline Server::next_round() {
  const bool may_sleep = is_idle_ && waiting_.empty();
  const Deadline wake_at = ticker_.sleep(may_sleep ? node_.idle_ticks() : 0);
  return is_idle_ ? wake_at : Clock::now();
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
bool Server::carry_out(Disk disk) {
  Output output = disk == Disk::kNotOurs ? node_.take_output_beside_disk()
                                         : node_.take_output();
  trace_changes(output);
  for (Envelope& message : output.early_messages) {
    transport_.send(std::move(message));
  }
  persist(output, disk);
  for (Envelope& message : output.messages) transport_.send(std::move(message));
  for (const Entry& entry : output.committed) apply(entry);
  for (const ReadResult& result : output.reads) answer(result);
  if (node_.role() != Role::kLeader) give_up_lost_writes();
  publish_status();
  answer_writers();
  return !output.empty();
}

// A leader lets others do rounds beside its write: followers get what is new,
// and what they have stored may be enough. Nobody else touches storage_
// meanwhile. By the end, the node may follow another leader. What is written
// holds all the same: what replaces it is written next.
void Server::persist(const Output& output, Disk disk) {
  if (!output.hard_state && output.entries.empty()) return;
  if (disk != Disk::kBesideRounds || node_.role() != Role::kLeader) {
    storage_->persist(output.hard_state, output.entries);
    // The leader may have spoken meanwhile, and that is still to be heard.
    return ticker_.put_off(Clock::now());
  }
  beside_rounds([&] { storage_->persist(output.hard_state, output.entries); });
}

// By the server's thread.
void Server::beside_rounds(const std::function<void()>& write) {
  is_writing_ = true;
  inbox_.leave_round();
  write();
  inbox_.return_to_round();
  is_writing_ = false;
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

}  // namespace raft
