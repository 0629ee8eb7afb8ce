// The faults of the plan, as they happen, and how they end.
#include "tests/sim.h"

namespace raft {
namespace {

constexpr std::uint64_t kBurstMax = 60;

}  // namespace

void Sim::happen(const FaultEvent& event) {
  note({.what = kFaultNames[static_cast<std::size_t>(event.kind)],
        .fields = {{"event", event.number}}});
  if (event.kind == Fault::kCuts) return cut(event);
  if (event.kind == Fault::kBursts) return burst(event);
  SimServer& server = victim(event.dice[0]);
  if (!server.is_running()) return;
  note({.what = "hits", .fields = {{"node", server.id()}}});
  Condition& its = condition(server);
  switch (event.kind) {
    case Fault::kCrashes:
      return crash(server, event);
    case Fault::kFailedSyncs:
      return server.fail_sync_at(1 + event.dice[1] % 4);
    case Fault::kFullDisks:
      return server.set_bytes_left(event.dice[1] % 4096);
    case Fault::kPauses:
      its.paused_until = schedule_.now() + event.dice[1] % (60 * kTick);
      its.forgets_ticks = event.dice[2] % 2 == 0;
      return;
    default:
      return jump(server, event);
  }
}

void Sim::cut(const FaultEvent& event) {
  // Every second time, the links heal.
  const auto shape = event.dice[1] % 2 == 0
                         ? CutShape::kNone
                         : static_cast<CutShape>(event.dice[2] % kCutShapes);
  network_.cut(shape, victim(event.dice[0]).id(), event.dice[3]);
  for (const auto& [from, to] : network_.cuts()) {
    note({.what = "cut", .fields = {{"from", from}, {"to", to}}});
  }
}

// Now, or in one of the next writes, or between two messages of one round.
void Sim::crash(SimServer& server, const FaultEvent& event) {
  const std::uint64_t n = 1 + event.dice[2] % 6;
  switch (event.dice[1] % 3) {
    case 0:
      return server.crash_at_change(n);
    case 1:
      return server.crash_at_message(n);
    default:
      server.crash();
      invariants_.check_step(server);
      end_life(server);
  }
}

// The clock runs ahead, or stands still.
void Sim::jump(SimServer& server, const FaultEvent& event) {
  const std::uint64_t ticks = 1 + event.dice[2] % 30;
  if (event.dice[1] % 2 == 0) {
    condition(server).ticks_to_skip += ticks;
    return;
  }
  for (std::uint64_t tick = 0; tick < ticks; ++tick) server.tick();
  wake(server);
}

void Sim::burst(const FaultEvent& event) {
  const NodeId target = victim(event.dice[0]).id();
  const std::uint64_t requests = 1 + event.dice[1] % kBurstMax;
  for (std::uint64_t i = 1; i <= requests; ++i) {
    std::string command = "burst" + std::to_string(event.number) + ".";
    command += std::to_string(i) + ":";
    command.append(event.dice[2] % weather_.command_bytes_max, 'x');
    ask(target, {.command = std::move(command)});
  }
}

void Sim::calm_down() {
  is_calm_ = true;
  network_.calm_down();
  note({.what = "calm"});
  for (SimServer& server : servers_) {
    server.crash_at_change(0);
    server.crash_at_message(0);
    server.fail_sync_at(0);
    server.set_bytes_left(UINT64_MAX);
    condition(server) = {.is_woken = condition(server).is_woken,
                         .writes = condition(server).writes};
    start(server);
    wake(server);
  }
  clients_.calm_down();
}

// The present leader in every second case, and any server in the others.
SimServer& Sim::victim(std::uint64_t die) {
  SimServer* chosen = &servers_[(die >> 1) % servers_.size()];
  if (die % 2 == 0) return *chosen;
  Term term = 0;
  for (SimServer& server : servers_) {
    const bool leads =
        server.is_running() && server.node().role() == Role::kLeader;
    if (!leads || server.node().current_term() < term) continue;
    term = server.node().current_term();
    chosen = &server;
  }
  return *chosen;
}

}  // namespace raft
