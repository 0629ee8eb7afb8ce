// Judges histories of a key/value store: a history is linearizable if each
// operation can have taken effect at one moment between its invocation and its
// return, such that all answers are those of a store that does one operation
// at a time (Herlihy and Wing 1990).
//
//   const Verdict verdict = check_linearizable(history.operations());
//   CPPUNIT_ASSERT_MESSAGE(verdict.explanation, verdict.is_linearizable());
//
// The keys are judged one by one: a history is linearizable if its part on each
// key is. How that is decided stands in register_search.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/history.h"

namespace raft {

struct Verdict {
  enum class Kind {
    kLinearizable,
    kNotLinearizable,
    // Too many operations overlap. That is a failure too: nothing is known.
    kUndecided,
  };

  Kind kind = Kind::kLinearizable;
  // Empty for a linearizable history. Otherwise several lines: the key, how far
  // the history goes well, and the fewest operations found that already
  // contradict each other, with the last of them that can't be placed.
  std::string explanation = {};
  std::uint64_t configurations = 0;  // how many the search looked at

  bool is_linearizable() const { return kind == Kind::kLinearizable; }
};

// Each key is absent at the beginning of `history`, whose order is of no
// importance. Of several keys that are not linearizable the first one by name
// is explained. `configurations_max` bounds the work for each key.
Verdict check_linearizable(const std::vector<Operation>& history,
                           std::uint64_t configurations_max = 10'000'000);

}  // namespace raft
