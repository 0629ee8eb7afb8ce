// [since stage4_cluster_client]
// A chaos run, for as long as one likes:
//
//   chaos --stage STAGE [--minutes N] [--seed N] [--nodes N] [--clients N]
//         [--faults kill,pause,partition,netns] [--rate OPERATIONS_A_SECOND]
//         [--consistency linearizable|stale] [--progress-ms N]
//
// netns cuts the network itself, in namespaces that the run makes; it needs
// root. The other faults need nothing, and are what is done by default.
//
// Ends with status 1 if the history is not linearizable or that is undecided,
// if after a heal no write was acknowledged within --progress-ms (2000), or if
// a server gave an answer that makes no sense. Then the history is kept, and
// the command that judges it again is printed.
#include <algorithm>
#include <cppunit/Exception.h>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

#include "common/user_directory.h"
#include "tests/chaos.h"
#include "tests/chaos_nemesis.h"

namespace raft {
namespace {

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr,
               "error: %s\nusage: chaos --stage STAGE [--minutes N] [--seed N] "
               "[--nodes N] [--clients N]\n"
               "       [--faults kill,pause,partition,netns] [--rate N] "
               "[--consistency linearizable|stale] [--progress-ms N]\n",
               why.c_str());
  std::exit(2);
}

std::uint64_t number(const std::string& option, const std::string& text) {
  char* end = nullptr;
  const std::uint64_t value = std::strtoull(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') {
    refuse(option + " takes a number, not \"" + text + "\"");
  }
  return value;
}

std::vector<std::string> split(const std::string& list) {
  std::vector<std::string> words;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    words.push_back(list.substr(at, end - at));
    at = end + 1;
  }
  return words;
}

struct Command {
  ChaosOptions chaos = {};
  std::int64_t progress_ms_max = 2'000;
};

void take(const std::string& option, const std::string& text, Command& to) {
  ChaosOptions& chaos = to.chaos;
  if (option == "--stage") {
    chaos.stage = text;
  } else if (option == "--minutes") {
    chaos.duration_ms =
        static_cast<std::int64_t>(number(option, text) * 60'000);
  } else if (option == "--seed") {
    chaos.seed = number(option, text);
  } else if (option == "--nodes") {
    chaos.nodes = number(option, text);
  } else if (option == "--clients") {
    chaos.clients = number(option, text);
  } else if (option == "--rate") {
    chaos.operations_per_second = number(option, text);
  } else if (option == "--progress-ms") {
    to.progress_ms_max = static_cast<std::int64_t>(number(option, text));
  } else if (option == "--consistency") {
    chaos.consistency = text;
  } else if (option == "--faults") {
    chaos.faults = split(text);
    for (const std::string& kind : chaos.faults) {
      const std::string complaint = Nemesis::complaint(kind);
      if (!complaint.empty()) refuse(complaint);
    }
  } else {
    refuse("unknown option " + option);
  }
}

Command parse(int argc, char** argv) {
  Command command{.chaos = {.seed = std::random_device{}() % 1'000'000,
                            .is_reported = true}};
  for (int i = 1; i < argc; i += 2) {
    if (i + 1 == argc) refuse(std::string(argv[i]) + " takes a value");
    take(argv[i], argv[i + 1], command);
  }
  if (command.chaos.stage.empty()) refuse("--stage is missing");
  if (command.chaos.nodes == 0 || command.chaos.clients == 0) {
    refuse("there must be a node and a client");
  }
  return command;
}

void keep(const ChaosOptions& options, const ChaosReport& report) {
  const std::string file = in_user_directory(
      "chaos-" + options.stage + "-" + std::to_string(options.seed) + ".jsonl");
  const auto saved = save_history(file, report.history);
  if (!saved) {
    std::fprintf(stderr, "error: %s\n", saved.error().message.c_str());
    return;
  }
  std::printf(
      "the history is kept; to judge it again:\n"
      "  bazel run //tests:check_history -- %s\n",
      file.c_str());
}

int run(const Command& command) {
  const ChaosOptions& options = command.chaos;
  std::fprintf(stderr,
               "%s, %llu nodes, %llu clients, seed %llu\n",
               options.stage.c_str(),
               static_cast<unsigned long long>(options.nodes),
               static_cast<unsigned long long>(options.clients),
               static_cast<unsigned long long>(options.seed));
  const ChaosReport report = run_chaos(options);
  std::fputs(report.summary.c_str(), stdout);
  const auto slow = std::ranges::count_if(
      report.progress_ms,
      [&](std::int64_t ms) { return ms > command.progress_ms_max; });
  if (slow > 0) {
    std::printf("TOO SLOW: %lld of %zu times no write for more than %lld ms\n",
                static_cast<long long>(slow),
                report.progress_ms.size(),
                static_cast<long long>(command.progress_ms_max));
  }
  if (report.verdict.is_linearizable()) {
    std::printf("linearizable: %zu operations, %llu faults\n",
                report.history.size(),
                static_cast<unsigned long long>(report.faults));
  } else {
    std::fputs(report.verdict.explanation.c_str(), stdout);
  }
  const bool is_good =
      report.verdict.is_linearizable() && slow == 0 && report.nonsense == 0;
  if (!is_good) keep(options, report);
  return is_good ? 0 : 1;
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  const raft::Command command = raft::parse(argc, argv);
  try {
    return raft::run(command);
  } catch (const CppUnit::Exception& failed) {
    std::fprintf(stderr, "error: %s\n", failed.what());
    return 1;
  }
}
