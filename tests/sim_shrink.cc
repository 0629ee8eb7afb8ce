#include "tests/sim_shrink.h"

#include <algorithm>
#include <utility>

namespace raft {
namespace {

class Shrinker {
 public:
  Shrinker(SimOptions options,
           std::string property,
           const Trial& trial,
           int trials_max,
           const std::function<void(int)>& progress)
      : options_(std::move(options)),
        property_(std::move(property)),
        trial_(trial),
        trials_max_(trials_max),
        progress_(progress) {}

  void drop_faults() {
    for (std::size_t i = 0; i < kFaultNames.size(); ++i) {
      SimOptions less = options_;
      if (!less.without.insert(static_cast<Fault>(i)).second) continue;
      attempt(std::move(less));
    }
  }

  void drop_nodes(std::uint64_t nodes) {
    for (std::uint64_t fewer = 2; fewer < nodes; ++fewer) {
      SimOptions less = options_;
      less.nodes = fewer;
      if (attempt(std::move(less))) return;
    }
  }

  // By halves, then by smaller steps.
  void shorten(std::uint64_t chaos_ms) {
    for (std::uint64_t step = chaos_ms / 2; step >= 20; step /= 2) {
      while (chaos_ms > step) {
        SimOptions less = options_;
        less.chaos_ms = chaos_ms - step;
        if (!attempt(std::move(less))) break;
        chaos_ms -= step;
      }
    }
  }

  // Takes out ever smaller runs of events.
  void drop_events(std::vector<std::uint64_t> events) {
    for (std::size_t size = events.size(); size > 0; size /= 2) {
      std::size_t start = 0;
      while (start < events.size()) {
        const std::size_t end = std::min(start + size, events.size());
        SimOptions less = options_;
        less.events.emplace(events.begin(), events.end());
        for (std::size_t i = start; i < end; ++i) less.events->erase(events[i]);
        if (!attempt(std::move(less))) {
          start = end;
          continue;
        }
        events.erase(events.begin() + static_cast<std::ptrdiff_t>(start),
                     events.begin() + static_cast<std::ptrdiff_t>(end));
      }
    }
  }

  Shrunk result() const { return {.options = options_, .trials = trials_}; }

 private:
  // Keeps `less` if it shows the same.
  bool attempt(SimOptions less) {
    if (trials_ >= trials_max_) return false;
    ++trials_;
    const bool is_same = trial_(less) == property_;
    progress_(trials_);
    if (is_same) options_ = std::move(less);
    return is_same;
  }

  SimOptions options_;
  const std::string property_;
  const Trial& trial_;
  const int trials_max_;
  const std::function<void(int)>& progress_;
  int trials_ = 0;
};

}  // namespace

Shrunk shrink(SimOptions options,
              const std::string& property,
              std::uint64_t nodes,
              std::uint64_t chaos_ms,
              std::vector<std::uint64_t> events,
              const Trial& trial,
              int trials_max,
              const std::function<void(int)>& progress) {
  Shrinker shrinker(std::move(options), property, trial, trials_max, progress);
  shrinker.drop_faults();
  shrinker.drop_nodes(nodes);
  shrinker.shorten(chaos_ms);
  shrinker.drop_events(std::move(events));
  shrinker.drop_faults();
  return shrinker.result();
}

}  // namespace raft
