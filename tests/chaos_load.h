// The clients of a chaos run: each in a thread of its own, asking for one thing
// after another, until they are stopped. Any thread may call.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/deadline.h"
#include "tests/chaos_client.h"
#include "tests/history.h"

namespace raft {

struct ChaosLoadOptions {
  std::vector<std::string> servers = {};
  std::uint64_t clients = 8;  // every other one numbers its writes
  std::uint64_t keys = 5;
  std::uint64_t seed = 1;
  std::string consistency = "linearizable";
  // Of all clients together, a second; 0 for as many as they can.
  std::uint64_t operations_per_second = 1'000;
};

class ChaosLoad {
 public:
  // Starts the clients.
  explicit ChaosLoad(ChaosLoadOptions options);

  // Stops.
  ~ChaosLoad();

  // Lets each client finish what it is doing. May be repeated.
  void stop();

  // A last read of each key. REQUIRES: stopped.
  void read_all();

  // How many operations have come to an end so far, and how many of them are
  // writes that were acknowledged.
  std::uint64_t finished() const { return finished_; }
  std::uint64_t acknowledged() const { return acknowledged_; }

  // Return true when that many have (false when `deadline` passes first).
  bool await_finished(std::uint64_t operations, Deadline deadline);
  bool await_acknowledged(std::uint64_t writes, Deadline deadline);

  // All that was asked and answered.
  std::vector<Operation> history() const { return history_.operations(); }

  // All clients together. REQUIRES: stopped.
  ChaosClient::Counts counts() const;

 private:
  void work(std::uint64_t number);
  ChaosClient make_client(std::uint64_t number, bool has_serials);
  void note(const Operation& operation);
  void add(const ChaosClient::Counts& counts);

  const ChaosLoadOptions options_;
  History history_;
  std::atomic<std::uint64_t> finished_ = 0;
  std::atomic<std::uint64_t> acknowledged_ = 0;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  ChaosClient::Counts counts_;
  std::vector<std::thread> threads_;
};

}  // namespace raft
