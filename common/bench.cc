#include "common/bench.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <poll.h>
#include <random>
#include <thread>
#include <vector>

#include "common/deadline.h"

namespace raft {
namespace {

constexpr std::size_t kThreads = 2;

// How long after the end an answer is still waited for.
constexpr std::int64_t kPatienceMs = 10'000;

std::string key_of(std::uint64_t number) {
  return "bench-" + std::to_string(number);
}

// A connection, what it waits for, and what it has seen.
struct Lane {
  std::unique_ptr<BenchConnection> connection = {};
  Deadline sent = {};
  std::vector<std::uint32_t> latencies_us = {};
  std::uint64_t failed = 0;
  std::string first_error = {};

  void note_failure(const Result<void>& result) {
    if (failed++ == 0) first_error = result.error().message;
  }
};

class Load {
 public:
  Load(const BenchOptions& options,
       const std::function<std::unique_ptr<BenchConnection>()>& connect)
      : options_(options), value_(options.value_bytes, 'x') {
    for (int i = 0; i < options.connections; ++i) {
      lanes_.push_back({.connection = connect()});
    }
  }

  // A put from each connection, so that none is opened while time is taken;
  // before gets, one for each key. Fails with the first one that fails.
  Result<void> prepare() {
    std::uint64_t keys = lanes_.size();
    if (options_.op != "put") {
      keys = std::max(keys, options_.keys);
      std::fprintf(stderr,
                   "storing %llu keys first\n",
                   static_cast<unsigned long long>(keys));
    }
    for (std::uint64_t key = 0; key < keys; key += lanes_.size()) {
      const auto stored =
          store(key, std::min<std::uint64_t>(lanes_.size(), keys - key));
      if (!stored) return stored;
    }
    return {};
  }

  // Returns the seconds that it took.
  double run() {
    const auto start = Clock::now();
    const Deadline end = start + std::chrono::seconds(options_.seconds);
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, i, end] { drive(i, end); });
    }
    show_progress(start, end);
    for (std::thread& thread : threads) thread.join();
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  const std::vector<Lane>& lanes() const { return lanes_; }

 private:
  // Keys `first` to `first + keys - 1`, each over a connection of its own.
  Result<void> store(std::uint64_t first, std::uint64_t keys) {
    for (std::uint64_t i = 0; i < keys; ++i) {
      const auto sent = lanes_[i].connection->send(
          {.key = key_of(first + i), .value = value_});
      if (!sent) return sent;
    }
    for (std::uint64_t i = 0; i < keys; ++i) {
      const auto done = lanes_[i].connection->receive();
      if (!done) return done;
    }
    return {};
  }

  // Every kThreads-th lane, from `first` on: sends, waits until answers have
  // come, takes them and sends again.
  void drive(std::size_t first, Deadline end) {
    std::mt19937_64 random(first);
    std::vector<Lane*> waiting;
    for (std::size_t i = first; i < lanes_.size(); i += kThreads) {
      if (send(lanes_[i], random)) waiting.push_back(&lanes_[i]);
    }
    std::vector<pollfd> descriptors;
    while (!waiting.empty()) {
      descriptors.clear();
      for (const Lane* lane : waiting) {
        descriptors.push_back({.fd = lane->connection->descriptor(),
                               .events = POLLIN,
                               .revents = 0});
      }
      const auto left_ms = microseconds_until(end) / 1000 + kPatienceMs;
      if (poll(descriptors.data(),
               descriptors.size(),
               static_cast<int>(left_ms)) == 0) {
        for (Lane* lane : waiting) lane->note_failure(failure("no answer"));
        return;
      }
      std::vector<Lane*> still;
      for (std::size_t i = 0; i < waiting.size(); ++i) {
        Lane& lane = *waiting[i];
        if (descriptors[i].revents != 0) {
          receive(lane);
          if (Clock::now() >= end || !send(lane, random)) continue;
        }
        still.push_back(&lane);
      }
      waiting = std::move(still);
    }
  }

  // False when the connection is of no more use.
  bool send(Lane& lane, std::mt19937_64& random) {
    const bool is_put =
        options_.op == "put" || (options_.op == "mixed" && random() % 2 == 0);
    lane.sent = Clock::now();
    const auto result =
        lane.connection->send({.is_put = is_put,
                               .key = key_of(random() % options_.keys),
                               .value = value_});
    if (!result) lane.note_failure(result);
    return result.has_value();
  }

  void receive(Lane& lane) {
    const auto result = lane.connection->receive();
    if (!result) return lane.note_failure(result);
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
        Clock::now() - lane.sent);
    lane.latencies_us.push_back(static_cast<std::uint32_t>(took.count()));
    done_.fetch_add(1, std::memory_order_relaxed);
  }

  void show_progress(Deadline start, Deadline end) const {
    std::uint64_t before = 0;
    long long second = 0;
    for (Deadline next = start; next < end;) {
      next += std::chrono::seconds(1);
      std::this_thread::sleep_until(next);
      const std::uint64_t now = done_.load();
      std::fprintf(stderr,
                   "%3lld of %lld s: %llu requests/s\n",
                   ++second,
                   static_cast<long long>(options_.seconds),
                   static_cast<unsigned long long>(now - before));
      before = now;
    }
  }

  const BenchOptions& options_;
  const std::string value_;
  std::vector<Lane> lanes_;
  std::atomic<std::uint64_t> done_ = 0;
};

// The value that `fraction` of the sorted values do not exceed.
std::uint32_t percentile(const std::vector<std::uint32_t>& sorted,
                         double fraction) {
  const auto rank =
      static_cast<std::size_t>(fraction * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

int report(const BenchOptions& options,
           const std::vector<Lane>& lanes,
           double seconds) {
  std::vector<std::uint32_t> all;
  std::uint64_t failed = 0;
  std::string error;
  for (const Lane& lane : lanes) {
    all.insert(all.end(), lane.latencies_us.begin(), lane.latencies_us.end());
    failed += lane.failed;
    if (error.empty()) error = lane.first_error;
  }
  if (failed > 0) {
    std::fprintf(stderr,
                 "%llu requests failed, the first: %s\n",
                 static_cast<unsigned long long>(failed),
                 error.c_str());
  }
  if (all.empty()) return kExitNotExecuted;
  std::ranges::sort(all);
  std::printf(
      "%s: %.0f requests/s over %d connections, %zu done, %llu failed\n"
      "latency in µs: p50 %u, p99 %u, p99.9 %u, max %u\n",
      options.op.c_str(),
      static_cast<double>(all.size()) / seconds,
      options.connections,
      all.size(),
      static_cast<unsigned long long>(failed),
      percentile(all, 0.5),
      percentile(all, 0.99),
      percentile(all, 0.999),
      all.back());
  return kExitDone;
}

}  // namespace

int run_bench(
    const BenchOptions& options,
    const std::function<std::unique_ptr<BenchConnection>()>& connect) {
  Load load(options, connect);
  const auto prepared = load.prepare();
  if (!prepared) {
    std::fprintf(stderr, "error: %s\n", prepared.error().message.c_str());
    return kExitNotExecuted;
  }
  const double seconds = load.run();
  return report(options, load.lanes(), seconds);
}

}  // namespace raft
