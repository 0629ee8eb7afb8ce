// Random runs under seeds, and the way back to one that failed.
#pragma once

#include <cppunit/Exception.h>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace raft {

// Calls `act` with the seeds 1 to `count`, and says which one failed; with
// SEED=N in the environment it calls it with that one only.
template <typename Act>
void for_each_seed(std::uint64_t count, const Act& act) {
  const char* chosen = std::getenv("SEED");
  const std::uint64_t only = chosen ? std::strtoull(chosen, nullptr, 10) : 0;
  for (std::uint64_t seed = 1; seed <= count; ++seed) {
    try {
      act(chosen ? only : seed);
    } catch (const CppUnit::Exception& failed) {
      CppUnit::Message message = failed.message();
      message.addDetail("replay with --test_env=SEED=" +
                        std::to_string(chosen ? only : seed));
      throw CppUnit::Exception(message, failed.sourceLine());
    }
    if (chosen) return;
  }
}

}  // namespace raft
