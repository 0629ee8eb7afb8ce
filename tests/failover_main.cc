// [since stage6_election]
// How long nobody can write when the leader is killed: real servers with their
// default timeouts, a client that writes without a pause, kill -9 of whoever
// leads, and the time to the next acknowledged write.
//
//   failover [--stage STAGE] [--repeats N] [--nodes N]
//
// A measurement, not a test: it depends on the machine and what else it does.
#include <algorithm>
#include <cppunit/Exception.h>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "common/json.h"
#include "tests/chaos_client.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

struct FailoverOptions {
  std::string stage = "stage6_election";
  std::uint64_t repeats = 30;
  std::uint64_t nodes = 5;
};

[[noreturn]] void refuse(const std::string& why) {
  std::fprintf(stderr,
               "error: %s\nusage: failover [--stage STAGE] [--repeats N] "
               "[--nodes N]\n",
               why.c_str());
  std::exit(2);
}

FailoverOptions parse(int argc, char** argv) {
  FailoverOptions options;
  for (int i = 1; i < argc; i += 2) {
    const std::string option = argv[i];
    if (i + 1 == argc) refuse(option + " takes a value");
    const std::string text = argv[i + 1];
    if (option == "--stage") {
      options.stage = text;
      continue;
    }
    char* end = nullptr;
    const std::uint64_t value = std::strtoull(text.c_str(), &end, 10);
    if (*end != '\0' || value == 0) {
      refuse(option + " takes a number from 1 on, not \"" + text + "\"");
    }
    if (option == "--repeats") {
      options.repeats = value;
    } else if (option == "--nodes") {
      options.nodes = value;
    } else {
      refuse("unknown option " + option);
    }
  }
  if (options.nodes < 3) refuse("less than three nodes have no failover");
  return options;
}

class Failover {
 public:
  explicit Failover(const FailoverOptions& options)
      : cluster_(options.stage, {.nodes = options.nodes}),
        client_({.servers = addresses(),
                 .session = "failover",
                 .try_timeout_ms = 200},
                history_) {
    cluster_.start();
    write();
  }

  // Milliseconds from the kill to the next acknowledged write.
  double run() {
    const NodeId leader = find_leader();
    const Deadline start = Clock::now();
    cluster_.node(leader).kill();
    write();
    const std::chrono::duration<double, std::milli> taken =
        Clock::now() - start;
    cluster_.node(leader).start();
    // The next leader's timeouts must not be those of a node that starts.
    for (int i = 0; i < 200; ++i) write();
    return taken.count();
  }

 private:
  std::vector<std::string> addresses() {
    std::vector<std::string> result;
    for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
      result.push_back(cluster_.client_address(id));
    }
    return result;
  }

  void write() {
    while (client_
               .run({.kind = Operation::Kind::kPut,
                     .key = "k",
                     .value = std::to_string(++writes_)})
               .outcome != Operation::Outcome::kOk) {
    }
  }

  NodeId find_leader() {
    NodeId leader = kNobody;
    wait_until("a leader", [&] {
      const auto status =
          JsonObject::parse(cluster_.run_client(1, {"status"}).output);
      leader = status ? status->number("leader").value_or(kNobody) : kNobody;
      return leader != kNobody;
    });
    return leader;
  }

  TestCluster cluster_;
  History history_;
  ChaosClient client_;
  std::uint64_t writes_ = 0;
};

int run(const FailoverOptions& options) {
  Failover failover(options);
  std::vector<double> times_ms;
  for (std::uint64_t i = 1; i <= options.repeats; ++i) {
    times_ms.push_back(failover.run());
    std::fprintf(stderr,
                 "%llu of %llu: %.0f ms\n",
                 static_cast<unsigned long long>(i),
                 static_cast<unsigned long long>(options.repeats),
                 times_ms.back());
  }
  std::sort(times_ms.begin(), times_ms.end());
  std::printf(
      "%s, %llu nodes, from the kill of the leader to the next acknowledged "
      "write:\nbest %.0f ms, median %.0f ms, worst of %zu %.0f ms\n",
      options.stage.c_str(),
      static_cast<unsigned long long>(options.nodes),
      times_ms.front(),
      times_ms[times_ms.size() / 2],
      times_ms.size(),
      times_ms.back());
  return 0;
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  try {
    return raft::run(raft::parse(argc, argv));
  } catch (const CppUnit::Exception& exception) {
    std::fprintf(stderr, "error: %s\n", exception.what());
    return 1;
  }
}
