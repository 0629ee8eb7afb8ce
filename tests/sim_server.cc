#include "tests/sim_server.h"

#include <utility>

#include "common/check.h"
#include "tests/logs.h"

namespace raft {
namespace {

constexpr const char* kClusterId = "simulated";

}  // namespace

SimServer::SimServer(NodeSpec spec,
                     const std::vector<Entry>& log,
                     std::uint64_t file_bytes,
                     std::uint64_t seed)
    : spec_(std::move(spec)),
      file_bytes_(file_bytes),
      random_(seed),
      disk_(random_()) {
  auto storage =
      Storage::open(disk_.directory(), kClusterId, spec_.id, file_bytes_);
  CHECK(storage.has_value());
  (*storage)->persist(log);
  stored_ = log;
  storage->reset();
  disk_.stop_process();
}

void SimServer::start() {
  CHECK(!is_running());
  try {
    auto storage =
        Storage::open(disk_.directory(), kClusterId, spec_.id, file_bytes_);
    if (!storage) {
      refusal_ = storage.error().message;
      return;
    }
    storage_ = std::move(*storage);
  } catch (const SimCrash&) {
    return crash();
  }
  NodeSpec spec = spec_;
  spec.log = storage_->take_log();
  stored_before_ = std::exchange(stored_, entries_in(spec.log));
  applied_.clear();
  node_ = std::make_unique<RaftNode>(node_of(std::move(spec)));
}

SimServer::Round SimServer::carry_out() {
  Round round;
  const Output output = node_->take_output();
  round.is_idle = output.empty();
  try {
    if (round.is_idle) storage_->mark_synced();
    persist(output.entries);
  } catch (const SimCrash&) {
    crash();
    return round;
  }
  for (const Envelope& envelope : output.messages) {
    if (messages_to_crash_ > 0 && --messages_to_crash_ == 0) {
      crash();
      return round;
    }
    round.messages.push_back(envelope);
  }
  for (const Entry& entry : output.committed) applied_.push_back(entry);
  return round;
}

void SimServer::crash() {
  ++crashes_;
  node_.reset();
  storage_.reset();
  messages_to_crash_ = 0;
  // The machine dies, or the process alone.
  if (random_below(random_, 2) == 0) {
    disk_.lose_power();
  } else {
    disk_.stop_process();
  }
}

void SimServer::persist(const std::vector<Entry>& entries) {
  in_doubt_ = entries;
  storage_->persist(entries);
  in_doubt_.clear();
  if (entries.empty()) return;
  CHECK(entries.front().index <= stored_.size() + 1);
  if (entries.front().index <= stored_.size()) ++overwrites_;
  stored_.resize(entries.front().index - 1);
  stored_.insert(stored_.end(), entries.begin(), entries.end());
}

}  // namespace raft
