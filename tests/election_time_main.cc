// [since stage6_election]
// Measures how long elections take, as §9.3 of the paper does, and draws its
// Fig. 16:
//
//   election_time [--trials N] [--seed N] [--output FILE]
//                 [--one-way-us MIN:MAX] [--write-us MIN:MAX] [--real N]
//
// Without --real, all of it happens in virtual time, so the same options give
// the same table and the same picture. With it, both are of trials with real
// processes, drawn beside the paper's numbers all the same.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "common/check.h"
#include "common/user_directory.h"
#include "tests/election_figure.h"
#include "tests/election_real.h"
#include "tests/election_time.h"

namespace raft {
namespace {

struct Options {
  ElectionSettings settings = {};
  std::uint64_t trials = 1000;
  std::uint64_t real_trials = 0;  // 0: virtual time
  std::string output = "election_time.svg";
};

constexpr const char* kHelp =
    "usage: election_time [--trials N] [--seed N] [--output FILE]\n"
    "                     [--one-way-us MIN:MAX] [--write-us MIN:MAX] [--real "
    "N]\n"
    "\n"
    "Runs the ten ranges of election timeouts of the paper's Fig. 16 in virtual"
    "\ntime, prints a table, and draws the figure.\n"
    "\n"
    "  --trials N            of each range (1000)\n"
    "  --seed N              other trials (1)\n"
    "  --output FILE         the figure (election_time.svg)\n"
    "  --one-way-us MIN:MAX  how long a message is under way (100:500)\n"
    "  --write-us MIN:MAX    how long a vote's write takes (0:8000)\n"
    "  --real N              instead, N trials of each of the four practical\n"
    "                        ranges with real processes on this machine; the\n"
    "                        table and the figure are of these\n"
    "\n"
    "As in the paper: five servers; the leader crashes, uniformly within its\n"
    "heartbeat interval of half the smallest timeout, after a heartbeat to\n"
    "all; the logs that are left differ, so that two of four servers cannot\n"
    "win. The paper gives the time of a broadcast, roughly 15 ms, and not "
    "what\n"
    "it consists of: the last two options are our guess at that. Ours takes\n"
    "about 11 ms. Try --one-way-us 7000:8000 --write-us 0:0 for a wide-area\n"
    "network: with as long a broadcast, votes split far more often.\n";

[[noreturn]] void refuse(const std::string& what) {
  std::fprintf(stderr, "error: %s; see --help\n", what.c_str());
  std::exit(2);
}

std::int64_t number_of(const std::string& option, const std::string& text) {
  constexpr std::size_t kDigitsMax = 9;
  if (text.empty() || text.size() > kDigitsMax ||
      text.find_first_not_of("0123456789") != std::string::npos) {
    refuse(option + ": '" + text + "' is not a number");
  }
  return std::stoll(text);
}

Range range_of(const std::string& option, const std::string& text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string::npos) refuse(option + " takes MIN:MAX");
  const Range range{number_of(option, text.substr(0, colon)),
                    number_of(option, text.substr(colon + 1))};
  if (range.min > range.max) refuse(option + ": MIN is above MAX");
  return range;
}

Options options_of(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string option = argv[i];
    if (option == "--help") {
      std::fputs(kHelp, stdout);
      std::exit(0);
    }
    if (i + 1 == argc)
      refuse("'" + option + "' is not an option, or lacks a value");
    const std::string value = argv[++i];
    if (option == "--trials") {
      options.trials = static_cast<std::uint64_t>(number_of(option, value));
      if (options.trials == 0) refuse("--trials is at least 1");
    } else if (option == "--seed") {
      options.settings.seed =
          static_cast<std::uint64_t>(number_of(option, value));
    } else if (option == "--real") {
      options.real_trials =
          static_cast<std::uint64_t>(number_of(option, value));
      if (options.real_trials == 0) refuse("--real is at least 1");
    } else if (option == "--output") {
      options.output = value;
    } else if (option == "--one-way-us") {
      options.settings.one_way_us = range_of(option, value);
    } else if (option == "--write-us") {
      options.settings.write_us = range_of(option, value);
    } else {
      refuse("unknown option '" + option + "'");
    }
  }
  return options;
}

void write_file(const std::string& name, const std::string& text) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) fatal("cannot write " + name + "; choose another --output");
}

void show(const Options& options,
          const std::string& table,
          const std::string& figure) {
  std::fputs(table.c_str(), stdout);
  const std::string file = in_user_directory(options.output);
  write_file(file, figure);
  std::printf("The figure is in %s\n", file.c_str());
}

// A server's timer has ticks of 10 ms, so smaller timeouts and finer
// differences have to be left to virtual time.
const std::vector<Range> kPracticalRanges = {
    {150, 300}, {150, 200}, {100, 200}, {50, 100}};

int run_real(const Options& options) {
  std::vector<ElectionSeries> all;
  for (const Range range : kPracticalRanges) {
    std::fprintf(
        stderr, "\r%zu of %zu ranges", all.size() + 1, kPracticalRanges.size());
    all.push_back(
        {range, run_real_elections(RAFT_STAGE, range, options.real_trials)});
  }
  std::fputs("\n", stderr);
  show(
      options, real_election_table(all), real_election_svg(all, kRealGiveUpMs));
  return 0;
}

int run(const Options& options) {
  if (options.real_trials > 0) return run_real(options);
  std::vector<ElectionSeries> all;
  ElectionSettings settings = options.settings;
  for (const Range range : all_ranges()) {
    settings.timeout_ms = range;
    std::fprintf(
        stderr, "\r%zu of %zu ranges", all.size() + 1, all_ranges().size());
    all.push_back({range, run_election_trials(settings, options.trials)});
  }
  std::fputs("\n", stderr);
  const ElectionNotes notes{.seed = settings.seed,
                            .one_way_us = settings.one_way_us,
                            .write_us = settings.write_us,
                            .broadcast_ms = broadcast_ms(settings),
                            .give_up_ms = settings.give_up_ms};
  show(options, election_table(all, notes), election_svg(all, notes));
  return 0;
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  return raft::run(raft::options_of(argc, argv));
}
