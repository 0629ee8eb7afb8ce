// A whole cluster in one thread, under one seed: the real cores on the real
// Storage, a network, disks, processes and clocks that fail, crashes aimed at
// every write, clients that hold the cluster to its word, and virtual time. The
// seed decides how bad a run is and what happens in it; the same seed gives the
// same run. In the end all is well for a while, and the cluster must be, too.
//
//   const SimReport report = Sim({.seed = 42}).run();  // throws a Violation
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/invariants.h"
#include "tests/sim_clients.h"
#include "tests/sim_network.h"
#include "tests/sim_options.h"
#include "tests/sim_schedule.h"
#include "tests/sim_server.h"
#include "tests/sim_trace.h"
#include "tests/sim_trace_file.h"
#include "tests/sim_weather.h"

namespace raft {

// What a run was like.
struct SimReport {
  std::uint64_t trace_hash = 0;  // of everything that happened, in order
  std::uint64_t committed = 0;
  std::uint64_t terms = 0;  // that had a leader
  std::uint64_t steps = 0;
  std::uint64_t crashes = 0;
  std::uint64_t delivered = 0;
  std::uint64_t refusals = 0;  // by the consistency check
  std::uint64_t overwrites = 0;  // of stored entries, in a repair
  std::uint64_t writes = 0;  // that were acknowledged
  std::uint64_t reads = 0;
};

class Sim {
 public:
  // Prints what happens, line by line, if `is_traced`; writes it to
  // `trace_file`, as servers do, if that has a name.
  explicit Sim(const SimOptions& options,
               bool is_traced = false,
               const std::string& trace_file = "");

  Sim(const Sim&) = delete;
  Sim& operator=(const Sim&) = delete;

  // Once: faults for a while, then calm, and agreement within a bound.
  SimReport run();

  const Weather& weather() const { return weather_; }
  const std::vector<FaultEvent>& plan() const { return plan_; }

 private:
  // Of a server as the world around it sees it.
  struct Condition {
    bool is_woken = false;  // it will step
    std::uint64_t writes = 0;  // that have begun, in all its lives
    Microseconds paused_until = 0;
    Microseconds tick = kTick;
    std::uint64_t ticks_to_skip = 0;
    bool forgets_ticks = false;  // those of a pause count as one
  };

  std::vector<std::vector<Entry>> draw_logs();
  SimServer::Spec spec_of(NodeId id);

  // What servers do.
  void start(SimServer& server);
  void tick(SimServer& server);
  void wake(SimServer& server);
  void step(SimServer& server);
  void work_beside_disk(SimServer& server);
  void finish(SimServer& server);
  void carry_on(SimServer& server, const SimServer::Done& done);
  void end_life(SimServer& server);
  void send(const SimServer& server, const std::vector<Envelope>& messages);
  void deliver(const std::shared_ptr<const Envelope>& envelope,
               const SimTraceFile::Sent& sent);
  void ask(NodeId id, const ClientRequest& request);

  // What is done to them.
  void happen(const FaultEvent& event);
  void cut(const FaultEvent& event);
  void crash(SimServer& server, const FaultEvent& event);
  void jump(SimServer& server, const FaultEvent& event);
  void burst(const FaultEvent& event);
  SimServer& victim(std::uint64_t die);

  // The end.
  void calm_down();
  Microseconds time_to_agree() const;
  void check_end() const;
  SimReport report() const;

  Condition& condition(const SimServer& server) {
    return conditions_[server.id() - 1];
  }
  Microseconds soon(Microseconds interval) { return 1 + luck_.below(interval); }
  void note(const TraceLine& line) { trace_.note(schedule_.now(), line); }
  void note(std::string_view what, const Envelope& envelope);

  const SimOptions options_;
  const Weather weather_;
  const std::vector<FaultEvent> plan_;
  Luck luck_;
  SimTrace trace_;
  SimSchedule schedule_;
  const std::unique_ptr<SimTraceFile> trace_file_;  // if there is one
  SimNetwork network_;
  std::vector<SimServer> servers_;
  std::vector<Condition> conditions_;
  Invariants invariants_;
  SimClients clients_;
  bool is_calm_ = false;
  SimReport report_;
};

}  // namespace raft
