// One server of a simulated cluster: the real core on the real Storage, on a
// simulated disk. Carries out what the core puts out as the shell does, and
// dies in the middle of it when it is told to.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "storage.h"
#include "tests/nodes.h"
#include "tests/sim_disk.h"

namespace raft {

class SimServer {
 public:
  // What a round of the shell did. After a crash it holds what was done before.
  struct Round {
    std::vector<Envelope> messages = {};
    bool is_idle = false;  // the core had nothing to put out
  };

  // Down, with `log` on its disk. `spec.log` is ignored.
  SimServer(NodeSpec spec,
            const std::vector<Entry>& log,
            std::uint64_t file_bytes,
            std::uint64_t seed);

  // Recovers. Down again if the disk was to crash, or refuses what it holds:
  // then refusal() says why.
  void start();

  NodeId id() const { return spec_.id; }
  bool is_running() const { return node_ != nullptr; }
  const std::string& refusal() const { return refusal_; }

  // REQUIRES: it runs.
  RaftNode& node() { return *node_; }
  const RaftNode& node() const { return *node_; }

  // What is durable, for the Storage has said so or has recovered it.
  const std::vector<Entry>& stored() const { return stored_; }

  // The same at the time of the last crash, and the batch that was being
  // written, which recovery may find whole, in part, or not at all.
  const std::vector<Entry>& stored_before() const { return stored_before_; }
  const std::vector<Entry>& in_doubt() const { return in_doubt_; }

  // Since it last started.
  const std::vector<Entry>& applied() const { return applied_; }

  // REQUIRES: it runs.
  Round carry_out();

  // Dies now; or in the n-th change of the disk, or before the n-th message,
  // from now on, counted from 1. 0 takes that back.
  void crash();
  void crash_at_change(std::uint64_t n) { disk_.crash_at(n); }
  void crash_at_message(std::uint64_t n) { messages_to_crash_ = n; }

  // So far.
  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t overwrites() const { return overwrites_; }  // of stored entries

 private:
  void persist(const std::vector<Entry>& entries);

  const NodeSpec spec_;
  const std::uint64_t file_bytes_;
  std::mt19937_64 random_;
  SimDisk disk_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<RaftNode> node_;  // null while down
  std::vector<Entry> stored_;
  std::vector<Entry> stored_before_;
  std::vector<Entry> in_doubt_;
  std::vector<Entry> applied_;
  std::string refusal_;
  std::uint64_t messages_to_crash_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t overwrites_ = 0;
};

}  // namespace raft
