#include "common/local_cluster.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <thread>
#include <unistd.h>
#include <utility>

#include "common/check.h"
#include "common/child_process.h"
#include "common/line_connection.h"
#include "common/net.h"

namespace raft {
namespace {

constexpr std::int64_t kReadyTimeoutMs = 20'000;
constexpr std::int64_t kStopTimeoutMs = 10'000;

struct Node {
  Node(const NodeAddress& where, const ChildProcess::Spec& spec)
      : address(where), process(spec) {}

  const NodeAddress address;
  ChildProcess process;
  std::thread log;  // passes the node's log on
  bool is_running = true;
};

std::string name_of(const Node& node) {
  return "node " + std::to_string(node.address.id) + " (pid " +
         std::to_string(node.process.pid()) + ")";
}

void say(const std::string& line) {
  std::fprintf(stderr, "%s\n", line.c_str());
}

// Copies what the node writes, line by line, so that lines of different nodes
// never mix.
void pass_on_log(Node& node) {
  std::string text;
  while (node.process.read_error(text, Deadline::max())) {
    std::size_t end = 0;
    while ((end = text.find('\n')) != std::string::npos) {
      say(std::to_string(node.address.id) + " | " + text.substr(0, end));
      text.erase(0, end + 1);
    }
  }
  if (!text.empty()) say(std::to_string(node.address.id) + " | " + text);
}

class Launcher {
 public:
  explicit Launcher(const LocalCluster& local) : local_(local) {}

  int run() {
    block_signals();
    check_addresses();
    make_data_dir();
    launch();
    print_table();
    print_client_command_when_ready();
    while (nodes_running() > 0) {
      const int signal = next_signal(Deadline::max());
      if (signal == SIGINT || signal == SIGTERM) return stop();
      report_deaths();
    }
    join_logs();
    say("no node is left: the cluster has ended");
    return 1;
  }

 private:
  // Before any thread is started: in a thread that doesn't block it, a SIGCHLD
  // would be lost, and with it the death of a node.
  static void block_signals() {
    const sigset_t set = signals();
    CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  }

  static sigset_t signals() {
    sigset_t set;
    sigemptyset(&set);
    for (int signal : {SIGINT, SIGTERM, SIGCHLD}) sigaddset(&set, signal);
    return set;
  }

  // Before any process is started, so that there is one complaint and not one
  // from each node.
  void check_addresses() {
    for (const NodeAddress& address : local_.cluster.nodes) {
      listen_or_die(address.client);
      listen_or_die(address.peer);
    }
  }

  // Once nothing is in the way of a start: one that fails leaves nothing
  // behind.
  void make_data_dir() {
    std::string path = local_.temporary_data_dir;
    if (path.empty()) return;
    if (mkdtemp(path.data()) == nullptr) {
      fatal("cannot create a directory like " + path +
            "; nothing was changed. Give one with --data-dir");
    }
    local_.data_dir = path;
    local_.command.insert(local_.command.end(), {"--data-dir", path});
  }

  void launch() {
    for (const NodeAddress& address : local_.cluster.nodes) {
      ChildProcess::Spec spec{.command = local_.command};
      spec.command.insert(spec.command.end(),
                          {"--id", std::to_string(address.id)});
      spec.environment[kLauncherVariable] = std::to_string(getpid());
      spec.captures_stderr = true;
      Node& node = nodes_.emplace_back(address, spec);
      node.log = std::thread(pass_on_log, std::ref(node));
    }
  }

  void print_table() const {
    std::printf("%-4s %-9s %-21s %-21s %-8s %s\n",
                "id",
                "role",
                "clients",
                "peers",
                "pid",
                "data");
    for (const Node& node : nodes_) {
      std::printf("%-4s %-9s %-21s %-21s %-8d %s\n",
                  std::to_string(node.address.id).c_str(),
                  role_of(node.address.id).c_str(),
                  node.address.client.c_str(),
                  node.address.peer.c_str(),
                  node.process.pid(),
                  data_of(node.address.id).c_str());
    }
    std::fflush(stdout);
  }

  std::string role_of(NodeId id) const {
    if (!local_.has_fixed_leader) return "-";
    return id == local_.cluster.leader ? "leader" : "follower";
  }

  std::string data_of(NodeId id) const {
    if (local_.data_dir.empty()) return "in memory only";
    return local_.data_dir + "/node-" + std::to_string(id);
  }

  // A learner copies the command as soon as it stands there, so it waits until
  // the nodes answer; a signal ends the wait.
  void print_client_command_when_ready() {
    const Deadline deadline = deadline_in_ms(kReadyTimeoutMs);
    for (const Node& node : nodes_) {
      while (node.is_running &&
             !LineConnection::connect(node.address.client, deadline)) {
        if (microseconds_until(deadline) == 0) {
          return say(name_of(node) + " does not answer at " +
                     node.address.client + " yet; see its log");
        }
        constexpr std::int64_t kPollMs = 10;
        const auto signal = next_signal(deadline_in_ms(kPollMs));
        if (signal == SIGCHLD) report_deaths();
        if (signal == SIGINT || signal == SIGTERM) {
          raise(signal);  // for the main loop, which comes next
          return;
        }
      }
    }
    if (nodes_running() == 0) return;
    std::printf(
        "ready; Ctrl-C stops all nodes. Try, in another terminal:\n  %s\n",
        local_.client_command.c_str());
    std::fflush(stdout);
  }

  // SIGINT, SIGTERM or SIGCHLD, whichever comes first; 0 at `deadline`.
  static int next_signal(Deadline deadline) {
    const sigset_t set = signals();
    constexpr std::int64_t kLongestMicroseconds = 1'000'000'000;
    const auto left =
        std::min(microseconds_until(deadline), kLongestMicroseconds);
    const timespec timeout{.tv_sec = left / 1'000'000,
                           .tv_nsec = left % 1'000'000 * 1000};
    return std::max(0, sigtimedwait(&set, nullptr, &timeout));
  }

  void report_deaths() {
    for (Node& node : nodes_) {
      if (!node.is_running) continue;
      const auto status = node.process.wait(Clock::now());
      if (!status) continue;
      node.is_running = false;
      say(name_of(node) + " " + describe(*status) + "; it is not restarted, " +
          std::to_string(nodes_running()) + " of " +
          std::to_string(nodes_.size()) + " nodes go on");
    }
  }

  int stop() {
    for (Node& node : nodes_) node.process.send_signal(SIGTERM);
    const Deadline deadline = deadline_in_ms(kStopTimeoutMs);
    bool in_order = true;
    for (Node& node : nodes_) {
      if (!node.is_running) continue;
      auto status = node.process.wait(deadline);
      if (!status) {
        say(name_of(node) + " did not stop in time and is killed");
        node.process.send_signal(SIGKILL);
        status = node.process.wait(Deadline::max());
      }
      // One of these ends a node that has not yet got to waiting for them.
      const bool was_early =
          status->signal == SIGTERM || status->signal == SIGINT;
      if (*status != ExitStatus{} && !was_early) {
        in_order = false;
        say(name_of(node) + " " + describe(*status));
      }
    }
    join_logs();
    return in_order ? 0 : 1;
  }

  void join_logs() {
    for (Node& node : nodes_) node.log.join();
  }

  std::int64_t nodes_running() const {
    return std::ranges::count(nodes_, true, &Node::is_running);
  }

  LocalCluster local_;
  std::deque<Node> nodes_;  // a deque: a node is never moved
};

}  // namespace

int run_local_cluster(const LocalCluster& local) {
  return Launcher(local).run();
}

}  // namespace raft
