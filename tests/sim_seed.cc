// Runs of one seed, and what is said of one that fails.
#include <csignal>
#include <unistd.h>

#include "tests/sim.h"

namespace raft {
namespace {

std::string last_receipt;  // for a CHECK that fails

void print_last_receipt(int) {
  const auto written =
      ::write(STDERR_FILENO, last_receipt.data(), last_receipt.size());
  static_cast<void>(written);
}

}  // namespace

std::string receipt(std::uint64_t seed, const Violation& violation) {
  const std::string number = std::to_string(seed);
  return "seed " + number + " violates " + violation.property + ": " +
         violation.detail +
         "; replay: bazel run //" RAFT_STAGE
         ":sim -- --seeds 1 --trace --seed " +
         number + "\n";
}

SimReport run_seed(std::uint64_t seed, bool is_traced) {
  last_receipt = receipt(
      seed, {.property = "a CHECK", .detail = "the line above names it"});
  std::signal(SIGABRT, print_last_receipt);
  return Sim(seed, is_traced).run();
}

}  // namespace raft
