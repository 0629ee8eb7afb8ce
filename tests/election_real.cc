// [since stage6_election]
#include "tests/election_real.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "common/check.h"
#include "common/json.h"
#include "common/temporary_directory.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

constexpr std::uint64_t kServers = 5;
constexpr std::int64_t kSettledMs = 300;  // all follow, and nothing is new

std::int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

void pause_ms(std::int64_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

// What the servers have written into the trace that they share.
class TraceReader {
 public:
  explicit TraceReader(const std::string& file) : file_(file) {}

  // Reads what is new.
  void update() {
    std::ifstream stream(file_, std::ios::binary);
    stream.seekg(read_);
    for (std::string line; std::getline(stream, line) && !stream.eof();) {
      read_ = stream.tellg();
      take(line);
    }
  }

  NodeId leader() const { return leader_; }
  std::uint64_t term() const { return term_; }  // of that leader
  std::int64_t since_us() const { return since_us_; }

  bool all_are_in_its_term() const {
    return std::count_if(terms_.begin(), terms_.end(), [this](const auto& one) {
             return one.second == term_;
           }) == kServers;
  }

  // A server that starts is in no term yet.
  void forget(NodeId node) { terms_.erase(node); }

 private:
  void take(const std::string& line) {
    if (line.find("\"role\":") == std::string::npos) return;
    const auto event = JsonObject::parse(line);
    if (!event || *event->string("event") != "role") return;
    const std::uint64_t term = *event->number("term");
    terms_[*event->number("node")] = term;
    if (*event->string("role") != "leader" || term <= term_) return;
    leader_ = *event->number("node");
    term_ = term;
    since_us_ = static_cast<std::int64_t>(*event->number("time_us"));
  }

  const std::string file_;
  std::streamoff read_ = 0;
  NodeId leader_ = kNobody;
  std::uint64_t term_ = 0;
  std::int64_t since_us_ = 0;
  std::map<NodeId, std::uint64_t> terms_;
};

// False if that has not come within the limit.
template <typename Condition>
bool wait_for(TraceReader& trace, const Condition& condition) {
  const std::int64_t end_us = now_us() + kRealGiveUpMs * 1000;
  while (now_us() < end_us) {
    trace.update();
    if (condition()) return true;
    pause_ms(1);
  }
  return false;
}

// Kills the leader, waits for the next one, and starts the old one again.
ElectionTrial run_one(TestCluster& cluster,
                      TraceReader& trace,
                      std::int64_t phase_ms) {
  if (!wait_for(trace, [&] { return trace.all_are_in_its_term(); })) {
    fatal("the servers do not agree on a leader within " +
          std::to_string(kRealGiveUpMs) + " ms: is the machine too busy?");
  }
  pause_ms(kSettledMs + phase_ms);
  trace.update();
  const NodeId leader = trace.leader();
  const std::uint64_t term = trace.term();
  const std::int64_t crash_us = now_us();
  cluster.node(leader).kill();
  ElectionTrial trial;
  if (wait_for(trace, [&] { return trace.term() > term; })) {
    trial.time_us = trace.since_us() - crash_us;
    trial.terms = trace.term() - term;
  }
  trace.forget(leader);
  cluster.node(leader).start();
  return trial;
}

}  // namespace

std::vector<ElectionTrial> run_real_elections(const std::string& stage,
                                              Range timeout_ms,
                                              std::uint64_t count) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("trace");
  const std::int64_t heartbeat_ms =
      std::max<std::int64_t>(1, timeout_ms.min / 2);
  TestCluster cluster(stage,
                      {.nodes = kServers,
                       .server_options = {"--trace",
                                          file,
                                          "--election-timeout-ms",
                                          std::to_string(timeout_ms.min) + ":" +
                                              std::to_string(timeout_ms.max),
                                          "--heartbeat-ms",
                                          std::to_string(heartbeat_ms)}});
  cluster.start();
  TraceReader trace(file);
  std::mt19937_64 random(std::random_device{}());
  std::vector<ElectionTrial> trials;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto phase_ms = static_cast<std::int64_t>(
        random() % static_cast<std::uint64_t>(heartbeat_ms));
    trials.push_back(run_one(cluster, trace, phase_ms));
  }
  cluster.stop();
  return trials;
}

}  // namespace raft
