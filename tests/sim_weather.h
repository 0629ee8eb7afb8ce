// What a simulated run is like, and which faults happen in it when: drawn from
// its seed before it begins, so that leaving out one fault leaves the others
// where they were.
//
// Each run has a random half of the kinds of faults, at random intensities
// ("swarm testing"): a fault that is always there would hide what happens only
// without it.
#pragma once

#include <cstdint>
#include <vector>

#include "common/node_id.h"
#include "tests/sim_network.h"
#include "tests/sim_options.h"

namespace raft {

inline constexpr Microseconds kTick = 10'000;

// Intensities. Faults that a run does not have are 0.
struct Weather {
  NodeId nodes = 3;
  Microseconds chaos = 3'000'000;  // how long faults happen
  NetworkWeather network = {};
  bool has_power_loss = false;
  Microseconds disk_delay_max = 0;
  std::uint64_t drift = 0;  // of 1000: how far ticks may be off
  Microseconds cut_interval = 0;
  Microseconds crash_interval = 0;
  Microseconds sync_failure_interval = 0;
  Microseconds full_disk_interval = 0;
  Microseconds pause_interval = 0;
  Microseconds jump_interval = 0;
  Microseconds burst_interval = 0;
  Microseconds wake_delay_max = 1'000;  // of a server's thread
  std::size_t clients = 3;
  Microseconds think_time_max = 50'000;  // of a client
  std::size_t command_bytes_max = 20;
  std::size_t message_bytes_max = 1024 * 1024;
  std::uint64_t file_bytes = 64 * 1024;
  std::uint64_t old_terms = 0;  // that have left something in the logs
};

Weather draw_weather(const SimOptions& options);

// One fault of a run. What its numbers mean is up to its kind.
struct FaultEvent {
  std::uint64_t number = 0;  // in the plan
  Microseconds at = 0;
  Fault kind = Fault::kCrashes;
  std::uint64_t dice[4] = {};
};

// All of a run's events, in their order.
std::vector<FaultEvent> draw_plan(const SimOptions& options,
                                  const Weather& weather);

}  // namespace raft
