// What register_search.h keeps of a history: the ways to explain it up to an
// event.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "tests/register_history.h"

namespace raft {

inline constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// One way to explain the history so far.
struct Configuration {
  ValueId state = kAbsent;
  // Of the steps under way that will return, by slot: which have taken effect.
  std::uint64_t done = 0;
  // Of those that never do: which have, by ascending number, save those that
  // have in every configuration.
  std::vector<std::size_t> spent = {};
  std::size_t trail = kNone;  // the last link of the order that led here
};

// What a configuration has spent. Writes that nobody is going to see are as
// good as one another, so of them only the number counts.
struct Spending {
  std::size_t deletes = 0;
  std::size_t unseen = 0;  // writes where there was nothing
  std::vector<std::size_t> others = {};  // by ascending number

  bool is_part_of(const Spending& other) const {
    return deletes <= other.deletes && unseen <= other.unseen &&
           std::ranges::includes(other.others, others);
  }
};

// Configurations, without any that another one is at least as good as.
class Configurations {
 public:
  // Does nothing if it isn't needed; those that are not needed beside it go.
  void add(Configuration configuration, Spending spending) {
    auto& rivals = rivals_[{configuration.state, configuration.done}];
    for (const Rival& rival : rivals) {
      if (rival.spending.is_part_of(spending)) return;
    }
    std::erase_if(rivals, [&](const Rival& rival) {
      const bool is_worse = spending.is_part_of(rival.spending);
      if (is_worse) is_needed_[rival.place] = false;
      return is_worse;
    });
    rivals.push_back({.spending = std::move(spending), .place = all_.size()});
    all_.push_back(std::move(configuration));
    is_needed_.push_back(true);
  }

  // By place in [0, places()); nothing where one has gone.
  std::size_t places() const { return all_.size(); }
  const Configuration* at(std::size_t place) const {
    return is_needed_[place] ? &all_[place] : nullptr;
  }

  std::vector<Configuration> take() {
    std::vector<Configuration> needed;
    for (std::size_t place = 0; place < all_.size(); ++place) {
      if (is_needed_[place]) needed.push_back(std::move(all_[place]));
    }
    return needed;
  }

 private:
  struct Rival {
    Spending spending = {};
    std::size_t place = 0;
  };

  std::vector<Configuration> all_;
  std::vector<bool> is_needed_;
  std::map<std::pair<ValueId, std::uint64_t>, std::vector<Rival>> rivals_;
};

}  // namespace raft
