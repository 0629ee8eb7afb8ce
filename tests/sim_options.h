// Which run of the simulator: its seed, and what has been taken away from what
// the seed would bring. A run that fails is made small with these.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace raft {

enum class Fault {
  kLoss,  // of messages
  kDuplication,
  kDelay,  // long, and so reordering
  kStraying,  // a message comes a hundred times as late
  kCuts,  // of links between nodes
  kCrashes,
  kPowerLoss,  // with a crash: what was not synced is lost in any part
  kFailedSyncs,
  kFullDisks,
  kSlowDisks,
  kPauses,  // of a process
  kDrift,  // clocks that tick at different rates
  kClockJumps,  // many ticks at once, or none for a while
  kBursts,  // of proposals
  kSmallMessages,  // with one entry or a few
  kOldLogs,  // of earlier leaders, at the start
};

inline constexpr std::array<std::string_view, 16> kFaultNames = {
    "loss",
    "duplication",
    "delay",
    "straying",
    "cuts",
    "crashes",
    "power-loss",
    "failed-syncs",
    "full-disks",
    "slow-disks",
    "pauses",
    "drift",
    "clock-jumps",
    "bursts",
    "small-messages",
    "old-logs"};

struct SimOptions {
  std::uint64_t seed = 1;
  std::uint64_t nodes = 0;  // 0: as the seed has it
  std::uint64_t chaos_ms = 0;  // 0: as the seed has it
  std::set<Fault> without = {};
  // The numbers of those events of the run's plan that happen; nothing: all.
  std::optional<std::set<std::uint64_t>> events = {};
  bool operator==(const SimOptions&) const = default;
};

// As on the command line: "--seed 7 --nodes 3 --without loss,cuts --events
// 2-4".
std::string text_of(const SimOptions& options);

// Takes one option and its value, --only for all but --without; why not, or an
// empty text.
std::string set_option(SimOptions& options,
                       const std::string& name,
                       const std::string& value);

}  // namespace raft
