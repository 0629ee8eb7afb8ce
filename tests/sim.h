// A whole cluster in one thread, under one seed: the real cores on the real
// Storage, a network and disks that fail, crashes aimed at every write, clients
// that propose, and virtual time. The seed decides how bad a run is and what
// happens in it; the same seed gives the same run.
//
//   const SimReport report = Sim(42).run();  // throws a Violation
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/invariants.h"
#include "tests/sim_network.h"
#include "tests/sim_server.h"

namespace raft {

// What a run was like.
struct SimReport {
  std::uint64_t trace_hash = 0;  // of everything that happened, in order
  std::size_t committed = 0;
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::uint64_t delivered = 0;
  std::uint64_t refusals = 0;  // by the consistency check
  std::uint64_t overwrites = 0;  // of stored entries, in a repair
};

class Sim {
 public:
  // Prints what happens, line by line, if `is_traced`.
  explicit Sim(std::uint64_t seed, bool is_traced = false);

  // Once: faults for a while, then calm, and agreement within a bound.
  SimReport run();

 private:
  // What is drawn from the seed. Faults that a run does not have are 0.
  struct Weather {
    NodeId nodes = 3;
    Term term = 1;
    NetworkWeather network = {};
    Microseconds cut_interval = 0;
    Microseconds crash_interval = 0;
    Microseconds proposal_interval = 10'000;
    Microseconds wake_delay_max = 1'000;  // of a server's thread
    std::size_t command_bytes_max = 20;
    std::size_t message_bytes_max = 1024 * 1024;
    std::uint64_t file_bytes = 64 * 1024;
  };

  static Weather draw_weather(std::mt19937_64& random);
  std::vector<std::vector<Entry>> draw_logs();

  // Events.
  void at(Microseconds delay, std::function<void()> event);
  void run_until(Microseconds end);
  void start(SimServer& server);
  void tick(SimServer& server);
  void wake(SimServer& server);
  void step(SimServer& server);
  void send(const Envelope& envelope);
  void deliver(const Envelope& envelope);
  void propose();
  void change_cuts();
  void crash_some_server();
  void calm_down();
  Microseconds time_to_agree() const;

  Microseconds soon(Microseconds interval);
  void note(const std::string& event);
  void note(const std::string& event, const Envelope& envelope);

  std::mt19937_64 random_;
  const Weather weather_;
  const bool is_traced_;
  SimNetwork network_;
  std::vector<SimServer> servers_;
  Invariants invariants_;

  Microseconds now_ = 0;
  std::uint64_t events_ = 0;
  std::map<std::pair<Microseconds, std::uint64_t>, std::function<void()>>
      schedule_;
  std::set<NodeId> woken_;  // will step
  bool is_calm_ = false;
  std::uint64_t proposals_ = 0;
  SimReport report_;
};

// One line: the seed, what is violated, where the paper says so, and the
// command that replays it.
std::string receipt(std::uint64_t seed, const Violation& violation);

// Runs a seed; a CHECK that fails in it prints a receipt too.
SimReport run_seed(std::uint64_t seed, bool is_traced = false);

}  // namespace raft
