// [since stage6_election]
// How long a cluster is without a leader: the experiment of §9.3, in virtual
// time, on the real core.
//
// A leader of five sends one last heartbeat to all and crashes, at a moment
// drawn uniformly from its heartbeat interval, which is half of the smallest
// election timeout. The logs of the four that are left have four different
// lengths, so the two with the shorter logs cannot win. A trial ends when one
// of the four leads.
//
// The paper says that a broadcast takes roughly 15 ms, but not how much of it
// is the network and how much the disk. That decides how long a candidate needs
// to reach the others before they want to lead, too, and so how often votes
// split. The defaults of ElectionSettings are those of a local network with
// disks that take most of the time; they come close to all points that the
// paper gives.
//
// Equal settings give equal times, on any machine.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/election_trial.h"

namespace raft {

struct ElectionSettings {
  Range timeout_ms = {150, 300};
  // A message is under way for as long as this, drawn anew for each. A network
  // in one building.
  Range one_way_us = {100, 500};
  // A server whose term or vote has changed writes it down for so long, drawn
  // anew too; it does nothing else meanwhile, and speaks only then (Fig. 2).
  Range write_us = {0, 8'000};
  std::int64_t give_up_ms = 10'000;
  std::uint64_t seed = 1;
};

// One trial; each `number` draws its own figures.
ElectionTrial run_election_trial(const ElectionSettings& settings,
                                 std::uint64_t number);

// The trials [0, count).
std::vector<ElectionTrial> run_election_trials(const ElectionSettings& settings,
                                               std::uint64_t count);

// The mean time from an election timeout until all results are there, if nobody
// else wants to lead: the broadcast time of §5.6, with the writes on both
// sides.
double broadcast_ms(const ElectionSettings& settings);

}  // namespace raft
