// Runs the simulator on any number of seeds; usage() says how.
#include <cstdio>
#include <cstdlib>
#include <string>

#include "common/user_directory.h"
#include "tests/sim_seeds.h"

namespace {

constexpr std::uint64_t kSeedsAProgressLine = 100;
constexpr int kTrialsMax = 300;

struct Arguments {
  raft::SimOptions run = {};
  std::uint64_t seeds = 0;  // 0: 1000, or one when a seed is named
  bool is_traced = false;
  std::string trace_file = {};
  bool shrinks = true;
  bool wants_help = false;
  std::string error = {};
};

void print_usage() {
  std::string faults;
  for (std::string_view name : raft::kFaultNames) {
    faults += (faults.empty() ? "" : ",") + std::string(name);
  }
  std::printf(
      "usage: sim [OPTION]...\n"
      "  --seeds N       run N seeds (1000)\n"
      "  --seed N        begin with seed N; without --seeds, run only that\n"
      "  --trace         print what happens in a run\n"
      "  --trace-file F  write one run to F, as servers do with --trace; then\n"
      "                  bazel run //tools:timeline -- F draws it\n"
      "  --no-shrink     do not make a failing run smaller\n"
      "What a run leaves out, as the receipt of a failing one says:\n"
      "  --nodes N       as many nodes, 1 to 9\n"
      "  --chaos-ms N    faults for so long\n"
      "  --events 1,4-7  only these events of its plan, or none\n"
      "  --without A,B   these of the faults %s\n"
      "  --only A,B      all of the faults but these, or none of them\n"
      "Ends with status 1 and one line, the receipt, at the first seed that "
      "shows a violation.\n",
      faults.c_str());
}

Arguments parse(int argc, char** argv) {
  Arguments arguments;
  bool has_seed = false;
  for (int i = 1; i < argc && arguments.error.empty(); ++i) {
    const std::string option = argv[i];
    if (option == "--help") {
      arguments.wants_help = true;
    } else if (option == "--trace") {
      arguments.is_traced = true;
    } else if (option == "--trace-file" && i + 1 < argc) {
      arguments.trace_file = raft::in_user_directory(argv[++i]);
    } else if (option == "--no-shrink") {
      arguments.shrinks = false;
    } else if (option == "--seeds" && i + 1 < argc) {
      char* end = nullptr;
      arguments.seeds = std::strtoull(argv[++i], &end, 10);
      if (*end != '\0' || arguments.seeds == 0) {
        arguments.error = "--seeds takes a number above 0";
      }
    } else if ((option == "--seed" || option == "--nodes" ||
                option == "--chaos-ms" || option == "--without" ||
                option == "--only" || option == "--events") &&
               i + 1 < argc) {
      has_seed = has_seed || option == "--seed";
      arguments.error = raft::set_option(arguments.run, option, argv[++i]);
    } else {
      arguments.error = "what is " + option + "? See --help";
    }
  }
  const bool is_watched = arguments.is_traced || !arguments.trace_file.empty();
  if (arguments.seeds == 0) {
    arguments.seeds = has_seed || is_watched ? 1 : 1000;
  }
  if (!arguments.trace_file.empty() && arguments.seeds > 1) {
    arguments.error = "--trace-file takes the run of one seed";
  }
  return arguments;
}

// In this process, so that the trace is seen.
int run_traced(const Arguments& arguments) {
  raft::SimOptions options = arguments.run;
  for (std::uint64_t i = 0; i < arguments.seeds; ++i, ++options.seed) {
    try {
      const auto report =
          raft::Sim(options, arguments.is_traced, arguments.trace_file).run();
      std::printf("trace %016llx\n",
                  static_cast<unsigned long long>(report.trace_hash));
    } catch (const raft::Violation& violation) {
      std::fflush(stdout);
      std::fputs(raft::receipt({options, violation}).c_str(), stderr);
      return 1;
    }
  }
  return 0;
}

int report_failure(const raft::Failure& failure, bool shrinks) {
  std::fputs(raft::receipt(failure).c_str(), stderr);
  if (!shrinks) return 1;
  const auto progress = [](int trials) {
    if (trials % 25 != 0) return;
    std::printf("shrinking: %d of at most %d runs\n", trials, kTrialsMax);
    std::fflush(stdout);
  };
  const auto small = raft::shrink_failure(failure, kTrialsMax, progress);
  std::fputs(raft::receipt(small).c_str(), stderr);
  return 1;
}

void print_progress(std::uint64_t done,
                    std::uint64_t seeds,
                    const raft::SimReport& sum) {
  std::printf(
      "%llu of %llu seeds: %llu writes, %llu reads, %llu committed, %llu "
      "terms, %llu crashes, %llu logs repaired\n",
      static_cast<unsigned long long>(done),
      static_cast<unsigned long long>(seeds),
      static_cast<unsigned long long>(sum.writes),
      static_cast<unsigned long long>(sum.reads),
      static_cast<unsigned long long>(sum.committed),
      static_cast<unsigned long long>(sum.terms),
      static_cast<unsigned long long>(sum.crashes),
      static_cast<unsigned long long>(sum.overwrites));
  std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = parse(argc, argv);
  if (!arguments.error.empty()) {
    std::fprintf(stderr, "error: %s\n", arguments.error.c_str());
    return 2;
  }
  if (arguments.wants_help) {
    print_usage();
    return 0;
  }
  if (arguments.is_traced || !arguments.trace_file.empty()) {
    return run_traced(arguments);
  }
  raft::SimOptions options = arguments.run;
  raft::SimReport sum;
  for (std::uint64_t done = 0; done < arguments.seeds;) {
    const auto report = raft::run_seeds(
        options, std::min(kSeedsAProgressLine, arguments.seeds - done));
    raft::add(sum, report.sum);
    if (report.failure) {
      return report_failure(*report.failure, arguments.shrinks);
    }
    done += report.done;
    options.seed += report.done;
    print_progress(done, arguments.seeds, sum);
  }
}
