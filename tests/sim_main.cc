// Runs the simulator on any number of seeds:
//
//   sim [--seeds N] [--seed FIRST] [--trace]
//
// Ends with status 1 and one line, the receipt, at the first seed that shows a
// violation. --trace prints what happens.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/sim.h"

namespace {

constexpr std::uint64_t kSeedsAProgressLine = 50;

[[noreturn]] void usage() {
  std::fprintf(stderr, "usage: sim [--seeds N] [--seed FIRST] [--trace]\n");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 1000;
  std::uint64_t first = 1;
  bool is_traced = false;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--trace") {
      is_traced = true;
    } else if ((option == "--seeds" || option == "--seed") && i + 1 < argc) {
      std::uint64_t& value = option == "--seeds" ? seeds : first;
      char* end = nullptr;
      value = std::strtoull(argv[++i], &end, 10);
      if (*end != '\0') usage();
    } else {
      usage();
    }
  }
  std::uint64_t committed = 0;
  std::uint64_t crashes = 0;
  std::uint64_t overwrites = 0;
  for (std::uint64_t done = 0; done < seeds; ++done) {
    try {
      const raft::SimReport report = raft::run_seed(first + done, is_traced);
      committed += report.committed;
      crashes += report.crashes;
      overwrites += report.overwrites;
    } catch (const raft::Violation& violation) {
      std::fputs(raft::receipt(first + done, violation).c_str(), stderr);
      return 1;
    }
    if ((done + 1) % kSeedsAProgressLine != 0 && done + 1 != seeds) continue;
    std::printf(
        "%llu of %llu seeds: %llu committed, %llu crashes, %llu logs "
        "repaired\n",
        static_cast<unsigned long long>(done + 1),
        static_cast<unsigned long long>(seeds),
        static_cast<unsigned long long>(committed),
        static_cast<unsigned long long>(crashes),
        static_cast<unsigned long long>(overwrites));
    std::fflush(stdout);
  }
}
