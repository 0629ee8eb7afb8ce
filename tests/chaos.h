// A chaos run: real processes of a stage's server, clients that ask for this
// and that at the same time, and a nemesis that kills, pauses and cuts off
// nodes. Afterwards what the clients saw must be linearizable, and each time
// that everything is made good a write must be acknowledged soon.
//
// For one thread, which the servers do not outlive.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/history.h"
#include "tests/linearizability.h"

namespace raft {

struct ChaosOptions {
  std::string stage = {};
  std::uint64_t seed = 1;
  std::uint64_t nodes = 5;
  std::uint64_t clients = 8;
  std::uint64_t keys = 5;
  // Also "netns": partitions of the network itself, see node_networks.h. Where
  // the machine doesn't allow it the run says so, and goes without.
  std::vector<std::string> faults = {"kill", "pause", "partition"};
  std::string consistency = "linearizable";  // of reads
  std::uint64_t operations_per_second = 1'000;

  // The run ends after so many faults, or when so much time has passed.
  std::uint64_t faults_max = 1'000'000;
  std::int64_t duration_ms = 600'000;
  // A fault lasts until so many more operations have finished, or for a time
  // of up to so long.
  std::uint64_t operations_in_a_fault = 1'000'000;
  std::int64_t fault_ms_max = 2'500;
  // Between one fault and the next, likewise.
  std::uint64_t operations_in_peace = 1'000'000;
  std::int64_t peace_ms_max = 1'500;

  bool is_reported = false;  // a progress line a second on stderr
};

struct ChaosReport {
  std::vector<Operation> history = {};
  Verdict verdict = {};
  std::uint64_t faults = 0;
  // From each time that everything was made good to the next acknowledged
  // write; as long as we were willing to wait (30 s) where there was none.
  std::vector<std::int64_t> progress_ms = {};
  bool has_always_progressed = true;  // there always was one
  std::uint64_t nonsense = 0;  // answers that no server may give
  std::string summary = {};  // several lines for a person
};

// The test fails (by a CppUnit exception) if a server does not come back.
ChaosReport run_chaos(const ChaosOptions& options);

}  // namespace raft
