#include "tests/sim_weather.h"

#include <algorithm>
#include <random>
#include <tuple>

#include "tests/sim_content.h"

namespace raft {
namespace {

// Draws the numbers of a run. Every number is drawn whether the fault is in use
// or not, so that one does not change another.
class Draw {
 public:
  explicit Draw(const SimOptions& options)
      : options_(options), random_(options.seed) {}

  std::uint64_t below(std::uint64_t end) { return random_below(random_, end); }

  // `none` in every second run.
  std::uint64_t maybe(std::uint64_t value, std::uint64_t none = 0) {
    return below(2) == 0 ? value : none;
  }

  // The same for a fault that may have been taken away.
  std::uint64_t maybe(Fault fault,
                      std::uint64_t value,
                      std::uint64_t none = 0) {
    const std::uint64_t drawn = maybe(value, none);
    return options_.without.contains(fault) ? none : drawn;
  }

 private:
  const SimOptions& options_;
  std::mt19937_64 random_;
};

// Of the faults of the plan, which leaves out by itself what is not wanted.
void draw_intervals(Draw& draw, Weather& weather) {
  weather.cut_interval = draw.maybe(20'000 + draw.below(500'000));
  weather.crash_interval = draw.maybe(20'000 + draw.below(400'000));
  weather.sync_failure_interval = draw.maybe(50'000 + draw.below(800'000));
  weather.full_disk_interval = draw.maybe(50'000 + draw.below(800'000));
  weather.pause_interval = draw.maybe(50'000 + draw.below(800'000));
  weather.jump_interval = draw.maybe(50'000 + draw.below(500'000));
  weather.burst_interval = draw.maybe(50'000 + draw.below(500'000));
}

void draw_events(std::vector<FaultEvent>& plan,
                 std::uint64_t seed,
                 const Weather& weather,
                 Fault kind,
                 Microseconds interval) {
  if (interval == 0) return;
  // A stream for each kind: what one has does not depend on the others.
  std::mt19937_64 random(seed + 1 + static_cast<std::uint64_t>(kind));
  Microseconds at = 0;
  while (true) {
    at += 1 + random_below(random, 2 * interval);
    FaultEvent event{.at = at, .kind = kind};
    for (std::uint64_t& die : event.dice) die = random();
    if (at >= weather.chaos) return;
    plan.push_back(event);
  }
}

}  // namespace

Weather draw_weather(const SimOptions& options) {
  Draw draw(options);
  Weather weather;
  weather.nodes =
      std::vector<NodeId>{1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 7}[draw.below(11)];
  if (options.nodes != 0) weather.nodes = options.nodes;
  weather.chaos = 1'000'000 + draw.below(3'000'000);
  if (options.chaos_ms != 0) weather.chaos = options.chaos_ms * 1'000;
  weather.network = {
      .loss = draw.maybe(Fault::kLoss, draw.below(300)),
      .duplication = draw.maybe(Fault::kDuplication, draw.below(300)),
      .straying = draw.maybe(Fault::kStraying, draw.below(200)),
      .delay_max =
          draw.maybe(Fault::kDelay, 1'000 + draw.below(40'000), 1'000)};
  weather.has_power_loss = draw.maybe(Fault::kPowerLoss, 1) != 0;
  weather.disk_delay_max =
      draw.maybe(Fault::kSlowDisks, 1'000 + draw.below(40'000));
  weather.drift = draw.maybe(Fault::kDrift, draw.below(500));
  draw_intervals(draw, weather);
  weather.wake_delay_max = 1 + draw.below(5'000);
  weather.clients = 1 + draw.below(4);
  weather.think_time_max = 2'000 + draw.below(100'000);
  weather.command_bytes_max = 1 + draw.maybe(draw.below(600));
  weather.message_bytes_max =
      draw.maybe(Fault::kSmallMessages, 1 + draw.below(100), 1024 * 1024);
  weather.file_bytes = std::uint64_t{1024} << draw.below(8);
  weather.old_terms = draw.maybe(Fault::kOldLogs, draw.below(8));
  return weather;
}

std::vector<FaultEvent> draw_plan(const SimOptions& options,
                                  const Weather& weather) {
  std::vector<FaultEvent> plan;
  const auto draw = [&](Fault kind, Microseconds interval) {
    draw_events(plan, options.seed, weather, kind, interval);
  };
  draw(Fault::kCuts, weather.cut_interval);
  draw(Fault::kCrashes, weather.crash_interval);
  draw(Fault::kFailedSyncs, weather.sync_failure_interval);
  draw(Fault::kFullDisks, weather.full_disk_interval);
  draw(Fault::kPauses, weather.pause_interval);
  draw(Fault::kClockJumps, weather.jump_interval);
  draw(Fault::kBursts, weather.burst_interval);
  std::sort(plan.begin(), plan.end(), [](const auto& a, const auto& b) {
    return std::tie(a.at, a.kind) < std::tie(b.at, b.kind);
  });
  for (std::size_t i = 0; i < plan.size(); ++i) plan[i].number = i + 1;
  std::erase_if(plan, [&](const FaultEvent& event) {
    return options.without.contains(event.kind) ||
           (options.events && !options.events->contains(event.number));
  });
  return plan;
}

}  // namespace raft
