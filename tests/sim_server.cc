#include "tests/sim_server.h"

#include <utility>

#include "common/check.h"
#include "tests/sim_luck.h"

namespace raft {
namespace {

constexpr const char* kClusterId = "simulated";

}  // namespace

SimServer::SimServer(Spec spec, const Durable& durable)
    : spec_(std::move(spec)), disk_(spec_.seed), durable_(durable) {
  auto storage =
      Storage::open(disk_.directory(), kClusterId, id(), spec_.file_bytes);
  CHECK(storage.has_value());
  install(**storage, durable);
  storage->reset();
  disk_.stop_process();
}

void SimServer::start() {
  CHECK(!is_running());
  try {
    auto storage =
        Storage::open(disk_.directory(), kClusterId, id(), spec_.file_bytes);
    if (!storage) {
      refusal_ = storage.error().message;
      return;
    }
    storage_ = std::move(*storage);
  } catch (const SimCrash&) {
    return crash();
  }
  CoreSpec core = spec_.core;
  core.seed = Luck({spec_.seed, ++starts_}).next();
  durable_before_ = std::exchange(durable_, {});
  node_ = recover(core, *storage_, durable_);
  store_ = {};
  applied_.clear();
}

void SimServer::push(std::shared_ptr<const Envelope> envelope) {
  if (is_running()) inputs_.emplace_back(std::move(envelope));
}

void SimServer::push(ClientRequest request) {
  if (is_running()) inputs_.emplace_back(std::move(request));
}

std::vector<Envelope> SimServer::begin_round() {
  CHECK(is_running());
  CHECK(!is_writing());
  take_in();
  work_ = take_work(*node_);
  if (spec_.watch) spec_.watch(*node_, *work_);
  std::vector<Envelope> sent;
  if (!send(work_->early_messages, sent)) crash();
  return sent;
}

SimServer::Done SimServer::finish_round() {
  CHECK(is_running());
  CHECK(is_writing());
  const CoreWork work = *std::exchange(work_, {});
  Done done{.answers = std::exchange(refusals_, {}), .is_idle = work.empty()};
  try {
    if (done.is_idle) storage_->mark_synced();
    persist(work);
  } catch (const SimCrash&) {
    crash();
    return done;
  }
  if (!send(work.messages, done.messages)) {
    crash();
    return done;
  }
  finish(work, done);
  return done;
}

std::optional<SimServer::Done> SimServer::work_beside_disk() {
  CHECK(is_running());
  if (!works_beside_disk()) return std::nullopt;
  // What is applied is applied in order.
  const bool is_behind =
      is_writing() && !(work_->committed.empty() && work_->reads.empty());
  if (is_behind) return std::nullopt;
  take_in();
  const CoreWork work = take_work_beside_disk(*node_);
  if (spec_.watch) spec_.watch(*node_, work);
  CHECK(!work.has_write());
  CHECK(work.messages.empty());
  Done done{.answers = std::exchange(refusals_, {}), .is_idle = work.empty()};
  // Whoever finishes the write goes on.
  if (!is_writing() && needs_disk(*node_)) done.is_idle = false;
  if (send(work.early_messages, done.messages)) {
    finish(work, done);
  } else {
    crash();
  }
  return done;
}

void SimServer::take_in() {
  for (Input& input : std::exchange(inputs_, {})) {
    std::visit([this](auto& item) { handle(std::move(item)); }, input);
  }
  for (; ticks_ > 0; --ticks_) node_->tick();
}

// What is left to do when all that had to be written and sent is.
void SimServer::finish(const CoreWork& work, Done& done) {
  for (const Entry& entry : work.committed) apply(entry, done.answers);
  for (const auto& [id, is_ok] : work.reads) {
    done.answers.push_back(answer_of_read(id, is_ok));
  }
  // Who leads no longer does not learn what becomes of what it has proposed.
  if (is_leader()) return;
  for (auto& [index, waiter] : std::exchange(waiting_, {})) {
    done.answers.push_back({.request = std::move(waiter.request),
                            .status = AnswerStatus::kUnknown});
  }
}

void SimServer::crash() {
  Luck luck({spec_.seed, ++crashes_});
  node_.reset();
  storage_.reset();
  work_.reset();
  inputs_.clear();
  refusals_.clear();
  waiting_.clear();
  reading_.clear();
  ticks_ = 0;
  messages_to_crash_ = 0;
  if (spec_.has_power_loss && luck.happens(500)) {
    disk_.lose_power();
  } else {
    disk_.stop_process();
  }
}

// False if the server is to die before one of the messages.
bool SimServer::send(const std::vector<Envelope>& from,
                     std::vector<Envelope>& to) {
  for (const Envelope& envelope : from) {
    if (messages_to_crash_ > 0 && --messages_to_crash_ == 0) return false;
    to.push_back(envelope);
  }
  return true;
}

void SimServer::handle(const std::shared_ptr<const Envelope>& envelope) {
  node_->receive(*envelope);
}

void SimServer::handle(ClientRequest request) {
  if (request.is_read) {
    reading_[++reads_] = std::move(request);
    return ask_read(*node_, reads_);
  }
  std::optional<Index> index;
  if (!is_leader() || node_->hears_from_majority()) {
    index = node_->propose(request.command);
  }
  if (index) {
    waiting_[*index] = {node_->current_term(), std::move(request)};
    return;
  }
  refusals_.push_back({.request = std::move(request),
                       .status = AnswerStatus::kRefused,
                       .leader = node_->leader()});
}

void SimServer::persist(const CoreWork& work) {
  in_doubt_ = work;
  raft::persist(*storage_, work);
  in_doubt_ = {};
  if (work.ballot) durable_.ballot = *work.ballot;
  if (work.entries.empty()) return;
  std::vector<Entry>& stored = durable_.entries;
  const Index first = work.entries.front().index;
  CHECK(first <= stored.size() + 1);
  if (first <= stored.size()) ++overwrites_;
  stored.resize(first - 1);
  stored.insert(stored.end(), work.entries.begin(), work.entries.end());
}

void SimServer::apply(const Entry& entry, std::vector<ClientAnswer>& answers) {
  applied_.push_back(entry);
  std::string fault = store_.apply(entry);
  auto waiter = waiting_.extract(entry.index);
  if (waiter.empty()) return;
  const bool is_its_own = waiter.mapped().term == entry.term;
  answers.push_back(
      {.request = std::move(waiter.mapped().request),
       .status = is_its_own ? AnswerStatus::kDone : AnswerStatus::kUnknown,
       .leader = node_->leader(),
       .index = entry.index,
       .fault = std::move(fault)});
}

ClientAnswer SimServer::answer_of_read(std::uint64_t id, bool is_ok) {
  const auto request = reading_.extract(id);
  CHECK(!request.empty());
  ClientAnswer answer{
      .request = request.mapped(),
      .status = is_ok ? AnswerStatus::kDone : AnswerStatus::kRefused,
      .leader = node_->leader(),
      .index = applied_.size()};
  for (ClientId client = 1; client <= spec_.clients; ++client) {
    answer.serials.push_back(store_.serial_of(client));
  }
  return answer;
}

}  // namespace raft
