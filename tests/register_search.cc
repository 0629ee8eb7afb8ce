#include "tests/register_search.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "tests/register_configurations.h"
#include "tests/register_history.h"

namespace raft {
namespace {

using Needs = RegisterStep::Needs;

constexpr std::size_t kSlots = 64;

// Of the orders in which things took effect, a tree.
struct Link {
  std::size_t step = 0;
  std::size_t before = kNone;
};

class Search {
 public:
  Search(const std::vector<Operation>& operations,
         std::uint64_t configurations_max)
      : history_(operations),
        steps_(history_.steps()),
        events_(history_.events()),
        configurations_max_(configurations_max),
        slots_(steps_.size(), kNone),
        makers_(history_.values().size()),
        is_settled_(steps_.size(), false) {}

  RegisterSearch run() {
    for (now_ = 0; now_ < events_.size(); ++now_) {
      const std::size_t step = events_[now_].step;
      if (!events_[now_].is_return) {
        if (!begin(step)) return result(RegisterSearch::End::kUndecided);
        continue;
      }
      std::vector<Configuration> survivors = place(step);
      if (looked_at_ > configurations_max_) {
        return result(RegisterSearch::End::kUndecided);
      }
      if (survivors.empty()) {
        stuck_ = steps_[step].operation;
        return result(RegisterSearch::End::kStuck);
      }
      configurations_ = std::move(survivors);
      end(step);
    }
    return result(RegisterSearch::End::kLinearizable);
  }

 private:
  // ---- events

  // False when too many are under way.
  bool begin(std::size_t step) {
    if (!steps_[step].returns) {
      unknown_.push_back(step);
      makers_[steps_[step].made].push_back(step);
      return true;
    }
    const auto slot = static_cast<std::size_t>(std::countr_one(slots_taken_));
    if (slot == kSlots) return false;
    slots_taken_ |= std::uint64_t{1} << slot;
    slots_[step] = slot;
    under_way_.push_back(step);
    for (Configuration& configuration : configurations_) absorb(configuration);
    return true;
  }

  void end(std::size_t step) {
    slots_taken_ &= ~bit(step);
    std::erase(under_way_, step);
    settle();
  }

  // The configurations in which `step`, which returns now, has taken effect.
  std::vector<Configuration> place(std::size_t step) {
    Configurations survivors;
    Configurations open;
    const auto sort_in = [&](Configuration configuration) {
      ++looked_at_;
      Spending spending = spending_of(configuration);
      if (configuration.done & bit(step)) {
        configuration.done &= ~bit(step);
        survivors.add(std::move(configuration), std::move(spending));
      } else {
        open.add(std::move(configuration), std::move(spending));
      }
    };
    for (const Configuration& configuration : configurations_) {
      sort_in(configuration);
    }
    for (std::size_t place = 0; place < open.places(); ++place) {
      if (looked_at_ > configurations_max_) break;
      if (open.at(place) == nullptr) continue;
      // A copy: what is added may move it.
      const Configuration configuration = *open.at(place);
      for (const std::size_t next : candidates(configuration)) {
        sort_in(after(configuration, next));
      }
    }
    return survivors.take();
  }

  // An unknown write that was spent on every way is of no more interest.
  void settle() {
    std::vector<std::size_t> common = configurations_.front().spent;
    for (const Configuration& configuration : configurations_) {
      if (common.empty()) return;
      std::erase_if(common, [&](std::size_t step) {
        return !std::ranges::binary_search(configuration.spent, step);
      });
    }
    for (const std::size_t step : common) {
      is_settled_[step] = true;
      std::erase(unknown_, step);
      std::erase(makers_[steps_[step].made], step);
      for (Configuration& configuration : configurations_) {
        std::erase(configuration.spent, step);
      }
    }
  }

  // ---- one step further

  Configuration after(const Configuration& configuration, std::size_t step) {
    Configuration next = configuration;
    take_effect(next, step);
    absorb(next);
    return next;
  }

  void take_effect(Configuration& configuration, std::size_t step) {
    if (steps_[step].is_write) configuration.state = steps_[step].made;
    if (steps_[step].returns) {
      configuration.done |= bit(step);
    } else {
      auto& spent = configuration.spent;
      spent.insert(std::ranges::lower_bound(spent, step), step);
    }
    links_.push_back({.step = step, .before = configuration.trail});
    configuration.trail = links_.size() - 1;
  }

  // Reads that fit take effect at once.
  void absorb(Configuration& configuration) {
    for (const std::size_t step : under_way_) {
      if (!steps_[step].is_write && !(configuration.done & bit(step)) &&
          steps_[step].fits(configuration.state)) {
        take_effect(configuration, step);
      }
    }
  }

  // The steps to try as the next one.
  std::vector<std::size_t> candidates(const Configuration& configuration) {
    std::vector<std::size_t> result;
    std::vector<ValueId> wanted;
    bool wants_any = false;
    for (const std::size_t step : under_way_) {
      if (configuration.done & bit(step)) continue;
      if (steps_[step].fits(configuration.state)) {
        result.push_back(step);
      } else if (steps_[step].needs == Needs::kValue) {
        wanted.push_back(steps_[step].needed);
      } else if (steps_[step].needs == Needs::kPresent) {
        wants_any = true;
      }
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      add_makers(configuration, wanted[i], wanted, result);
    }
    if (wants_any) add_makers_of_any(configuration, result);
    return result;
  }

  // The unknown writes that make `value`, which somebody waits for. What such a
  // write itself waits for is `wanted` too.
  void add_makers(const Configuration& configuration,
                  ValueId value,
                  std::vector<ValueId>& wanted,
                  std::vector<std::size_t>& result) const {
    bool has_unconditional = false;
    for (const std::size_t step : makers_[value]) {
      if (is_spent(configuration, step)) continue;
      if (steps_[step].needs != Needs::kValue) {
        // One put is as good as another; so is a delete.
        if (has_unconditional) continue;
        has_unconditional = true;
      }
      if (steps_[step].fits(configuration.state)) {
        result.push_back(step);
      } else if (steps_[step].needs == Needs::kValue &&
                 !std::ranges::count(wanted, steps_[step].needed)) {
        wanted.push_back(steps_[step].needed);
      }
    }
  }

  // The same for a delete, which waits for any value. Of those that nobody
  // will see one is enough.
  void add_makers_of_any(const Configuration& configuration,
                         std::vector<std::size_t>& result) const {
    bool has_unseen = false;
    for (const std::size_t step : unknown_) {
      const ValueId made = steps_[step].made;
      if (made == kAbsent || is_spent(configuration, step) ||
          !steps_[step].fits(configuration.state)) {
        continue;
      }
      if (!is_seen(made)) {
        if (has_unseen) continue;
        has_unseen = true;
      }
      if (!std::ranges::count(result, step)) result.push_back(step);
    }
  }

  Spending spending_of(const Configuration& configuration) const {
    Spending spending;
    for (const std::size_t step : configuration.spent) {
      const ValueId made = steps_[step].made;
      if (made == kAbsent) {
        ++spending.deletes;
      } else if (is_seen(made)) {
        spending.others.push_back(step);
      } else if (steps_[step].fits(kAbsent)) {
        ++spending.unseen;
      }  // Otherwise it replaces a value that is there: nobody misses it.
    }
    return spending;
  }

  // From now on.
  bool is_seen(ValueId value) const {
    return history_.seen_until(value) >= now_;
  }

  bool is_spent(const Configuration& configuration, std::size_t step) const {
    return is_settled_[step] ||
           std::ranges::binary_search(configuration.spent, step);
  }

  std::uint64_t bit(std::size_t step) const {
    return std::uint64_t{1} << slots_[step];
  }

  // ---- the end

  RegisterSearch result(RegisterSearch::End end) const {
    RegisterSearch result = {.end = end, .configurations = looked_at_};
    for (std::size_t link = configurations_.front().trail; link != kNone;
         link = links_[link].before) {
      result.order.push_back(steps_[links_[link].step].operation);
    }
    std::ranges::reverse(result.order);
    if (end != RegisterSearch::End::kStuck) return result;
    result.stuck = stuck_;
    std::vector<ValueId> states;
    for (const Configuration& configuration : configurations_) {
      states.push_back(configuration.state);
    }
    std::ranges::sort(states);
    states.erase(std::unique(states.begin(), states.end()), states.end());
    for (const ValueId state : states)
      result.possible.push_back(history_.values()[state]);
    return result;
  }

  const RegisterHistory history_;
  const std::vector<RegisterHistory::Step>& steps_;
  const std::vector<RegisterHistory::Event>& events_;
  const std::uint64_t configurations_max_;

  std::size_t now_ = 0;  // an event
  std::uint64_t slots_taken_ = 0;
  std::vector<std::size_t> slots_;  // of steps under way
  std::vector<std::size_t> under_way_;
  std::vector<std::size_t> unknown_;
  std::vector<std::vector<std::size_t>> makers_;  // those, by what they make
  std::vector<bool> is_settled_;

  std::vector<Configuration> configurations_ = {Configuration{}};
  std::vector<Link> links_;
  std::uint64_t looked_at_ = 0;
  std::size_t stuck_ = 0;
};

}  // namespace

RegisterSearch search_register(const std::vector<Operation>& operations,
                               std::uint64_t configurations_max) {
  return Search(operations, configurations_max).run();
}

}  // namespace raft
