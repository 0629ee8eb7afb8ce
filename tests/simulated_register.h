// Histories of a key/value store that never ran, under a seed: each operation
// begins, takes effect and returns at random moments of virtual time. They try
// out the checker: those of a correct store are linearizable, those of a store
// with a flaw are not.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/history.h"

namespace raft {

// What the store does wrong, once, at a place where no other order of the
// operations excuses it.
enum class RegisterFlaw {
  kNone,
  kStaleRead,  // a read sees a value that was overwritten before it began
  kLostWrite,  // an acknowledged write has no effect
  kDoubleApply,  // a write has its effect again, after a later one
};

struct SimulatedHistory {
  std::uint64_t seed = 1;
  std::uint64_t clients = 8;
  std::uint64_t keys = 5;
  std::uint64_t operations = 1'000;
  RegisterFlaw flaw = RegisterFlaw::kNone;
};

// All four kinds of operations, all outcomes; each value is stored once.
std::vector<Operation> simulated_history(const SimulatedHistory& options);

}  // namespace raft
