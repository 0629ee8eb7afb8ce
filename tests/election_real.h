// [since stage6_election]
// How long elections take in real processes on this machine: five servers of
// the stage, the leader killed (kill -9) at any moment, until one of the others
// writes into its trace that it leads. For a measurement, not for a test: all
// of it depends on the machine and what else it does.
//
// Unlike in virtual time, nobody writes, so the logs are equal and each of the
// four that are left can win.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/election_trial.h"

namespace raft {

// A trial that takes longer is given up.
inline constexpr std::int64_t kRealGiveUpMs = 10'000;

// With these timeouts, the heartbeat interval is half of the smallest one.
std::vector<ElectionTrial> run_real_elections(const std::string& stage,
                                              Range timeout_ms,
                                              std::uint64_t count);

}  // namespace raft
