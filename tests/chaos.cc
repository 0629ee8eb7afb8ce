#include "tests/chaos.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "tests/chaos_load.h"
#include "tests/chaos_nemesis.h"
#include "tests/node_networks.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

// How long an acknowledged write is waited for at all.
constexpr std::int64_t kPatienceMs = 30'000;

std::int64_t ms_since(Deadline start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() -
                                                               start)
      .count();
}

// A line a second about what is going on.
class Reporter {
 public:
  Reporter(const ChaosLoad& load, bool is_wanted) : load_(load) {
    if (is_wanted) thread_ = std::thread([this] { run(); });
  }

  ~Reporter() {
    {
      const std::lock_guard lock(mutex_);
      is_ending_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) thread_.join();
  }

  void say(const std::string& what) {
    const std::lock_guard lock(mutex_);
    what_ = what;
  }

 private:
  void run() {
    const Deadline start = Clock::now();
    std::uint64_t finished = 0;
    std::uint64_t acknowledged = 0;
    std::unique_lock lock(mutex_);
    for (int second = 1;; ++second) {
      const Deadline next = start + std::chrono::seconds(second);
      if (changed_.wait_until(lock, next, [this] { return is_ending_; })) break;
      const std::uint64_t before = std::exchange(finished, load_.finished());
      const std::uint64_t writes =
          std::exchange(acknowledged, load_.acknowledged());
      std::fprintf(stderr,
                   "%4d s: %8llu operations, %5llu/s, %5llu writes/s  %s\n",
                   second,
                   static_cast<unsigned long long>(finished),
                   static_cast<unsigned long long>(finished - before),
                   static_cast<unsigned long long>(acknowledged - writes),
                   what_.c_str());
    }
  }

  const ChaosLoad& load_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_ending_ = false;
  std::string what_;
  std::thread thread_;
};

template <typename T>
T part_of(const std::vector<T>& sorted, double fraction) {
  const auto rank =
      static_cast<std::size_t>(fraction * static_cast<double>(sorted.size()));
  return sorted[std::min(rank, sorted.size() - 1)];
}

std::string operations_table(const std::vector<Operation>& history) {
  constexpr const char* kKinds[] = {"get", "put", "cas", "delete"};
  std::map<int, std::uint64_t> counts;
  for (const Operation& each : history) {
    ++counts[static_cast<int>(each.kind) * 5 + static_cast<int>(each.outcome)];
  }
  std::string text =
      "              ok  not found   conflict  not executed    unknown\n";
  for (int kind = 0; kind < 4; ++kind) {
    char line[128];
    std::snprintf(line,
                  sizeof line,
                  "%-6s %9llu %10llu %10llu %13llu %10llu\n",
                  kKinds[kind],
                  static_cast<unsigned long long>(counts[kind * 5]),
                  static_cast<unsigned long long>(counts[kind * 5 + 1]),
                  static_cast<unsigned long long>(counts[kind * 5 + 2]),
                  static_cast<unsigned long long>(counts[kind * 5 + 3]),
                  static_cast<unsigned long long>(counts[kind * 5 + 4]));
    text += line;
  }
  return text;
}

std::string progress_line(std::vector<std::int64_t> progress_ms) {
  if (progress_ms.empty()) return "";
  std::ranges::sort(progress_ms);
  return "from the heal to the next acknowledged write: " +
         std::to_string(part_of(progress_ms, 0.5)) + " ms in the median, " +
         std::to_string(part_of(progress_ms, 0.9)) + " ms in 9 of 10 cases, " +
         std::to_string(progress_ms.back()) + " ms at worst\n";
}

std::string summary_of(const ChaosReport& report,
                       const ChaosClient::Counts& counts,
                       const std::map<std::string, std::uint64_t>& faults) {
  std::string text = operations_table(report.history);
  text += std::to_string(counts.tries) + " requests, " +
          std::to_string(counts.redirections) + " of them redirected, " +
          std::to_string(counts.repeats) +
          " a serial number again after an unknown outcome\n";
  for (const auto& [what, count] : faults) {
    text += std::to_string(count) + " x " + what + "\n";
  }
  text += progress_line(report.progress_ms);
  if (counts.nonsense > 0) {
    text += std::to_string(counts.nonsense) +
            " answers that no server may give, the first: " +
            counts.first_nonsense + "\n";
  }
  return text;
}

// One run: the cluster, its clients, and what is done to it.
class Run {
 public:
  explicit Run(const ChaosOptions& options)
      : options_(options),
        random_(options.seed),
        networks_(make_networks(options)),
        cluster_(options.stage,
                 {.nodes = options.nodes,
                  .server_options = {"--enable-faults"},
                  .places = places()}),
        nemesis_(cluster_, networks_.get(), kinds(), options.seed) {}

  ChaosReport go() {
    cluster_.start();
    ChaosLoad load(load_options());
    Reporter reporter(load, options_.is_reported);
    const Deadline end = deadline_in_ms(options_.duration_ms);
    await_progress(load, Clock::now());
    while (Clock::now() < end && report_.faults < options_.faults_max) {
      peace(load);
      reporter.say(nemesis_.strike());
      trouble(load);
      const Deadline heal = Clock::now();
      nemesis_.heal();
      ++report_.faults;
      reporter.say("");
      report_.progress_ms.push_back(await_progress(load, heal));
    }
    load.stop();
    load.read_all();
    report_.history = load.history();
    report_.nonsense = load.counts().nonsense;
    report_.summary = summary_of(report_, load.counts(), nemesis_.counts());
    report_.verdict = check_linearizable(report_.history);
    return std::move(report_);
  }

 private:
  static std::unique_ptr<NodeNetworks> make_networks(
      const ChaosOptions& options) {
    if (!std::ranges::count(options.faults, "netns")) return nullptr;
    auto networks = NodeNetworks::make(options.nodes);
    if (networks) return std::move(*networks);
    std::fprintf(stderr,
                 "without network namespaces: %s\n",
                 networks.error().message.c_str());
    return nullptr;
  }

  std::map<NodeId, NodePlace> places() const {
    std::map<NodeId, NodePlace> places;
    if (networks_ == nullptr) return places;
    for (NodeId id = 1; id <= options_.nodes; ++id) {
      places[id] = {.host = NodeNetworks::host(id),
                    .launcher = networks_->launcher(id)};
    }
    return places;
  }

  std::vector<std::string> kinds() const {
    std::vector<std::string> kinds = options_.faults;
    if (networks_ == nullptr) std::erase(kinds, "netns");
    if (kinds.empty()) kinds.push_back("partition");  // the next best
    return kinds;
  }

  ChaosLoadOptions load_options() const {
    std::vector<std::string> servers;
    for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
      servers.push_back(cluster_.client_address(id));
    }
    return {.servers = servers,
            .clients = options_.clients,
            .keys = options_.keys,
            .seed = options_.seed,
            .consistency = options_.consistency,
            .operations_per_second = options_.operations_per_second};
  }

  void peace(ChaosLoad& load) {
    wait(load, options_.operations_in_peace, options_.peace_ms_max);
  }

  void trouble(ChaosLoad& load) {
    wait(load, options_.operations_in_a_fault, options_.fault_ms_max);
  }

  void wait(ChaosLoad& load, std::uint64_t operations, std::int64_t ms_max) {
    const auto ms = std::uniform_int_distribution(ms_max / 10, ms_max)(random_);
    load.await_finished(load.finished() + operations, deadline_in_ms(ms));
  }

  // How long it has taken since then.
  std::int64_t await_progress(ChaosLoad& load, Deadline since) {
    if (!load.await_acknowledged(load.acknowledged() + 1,
                                 deadline_in_ms(kPatienceMs))) {
      report_.has_always_progressed = false;
    }
    return ms_since(since);
  }

  const ChaosOptions& options_;
  std::mt19937_64 random_;
  const std::unique_ptr<NodeNetworks> networks_;
  TestCluster cluster_;
  Nemesis nemesis_;
  ChaosReport report_;
};

}  // namespace

ChaosReport run_chaos(const ChaosOptions& options) {
  return Run(options).go();
}

}  // namespace raft
