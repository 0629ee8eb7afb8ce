// Is there an order of the operations on one key in which a register that does
// them one at a time would give the same answers? The search behind
// linearizability.h; one call, plain values.
//
// The search is Wing and Gong's (1993): of the operations that are under way,
// try each as the next to take effect. It has two of Lowe's improvements
// (2017): a configuration (the state and which operations have taken effect) is
// looked at once however many orders lead to it, and an operation is placed
// just in time, when another one must have taken effect because it returns. So
// all configurations that explain the history up to an event are known at that
// event, and the first event that none survives is the one to show to a person.
//
// Operations with an unknown outcome stay under way for ever, which would
// double the configurations with each of them. Four more thoughts keep them
// few. A read that fits the present state takes effect at once: it changes
// nothing. A write of unknown outcome takes effect only right before an
// operation that must see its result: otherwise leaving it out explains the
// rest as well. Of two configurations that differ only in the unknown writes
// that they have spent, one that has spent a part of the other's can do all
// that the other can. And of the unknown writes whose values nobody sees, one
// is as good as another: they can make room for a delete, no more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/history.h"

namespace raft {

struct RegisterSearch {
  enum class End { kLinearizable, kStuck, kUndecided };

  End end = End::kLinearizable;
  // An order of the operations that took effect, as indexes: of all of them,
  // or up to where the search got stuck or gave up.
  std::vector<std::size_t> order = {};
  // When stuck: the operation that fits nowhere before its return, and what the
  // key can have had then (nothing: absent), without it.
  std::size_t stuck = 0;
  std::vector<std::optional<std::string>> possible = {};
  std::uint64_t configurations = 0;  // how many were looked at
};

// Searches the history of one key, in any order. Gives up (kUndecided) when it
// has looked at `configurations_max`, or when more than 64 operations with a
// known outcome are under way at a time.
RegisterSearch search_register(const std::vector<Operation>& operations,
                               std::uint64_t configurations_max);

}  // namespace raft
