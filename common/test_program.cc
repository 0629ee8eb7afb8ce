// Runs, in a process of its own, what ends or replaces a process: the suites of
// //common start this program and look at what it does. Its first argument says
// what; the rest goes to that.
#include <cstdio>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <unistd.h>
#include <vector>

#include "common/check.h"
#include "common/child_process.h"
#include "common/client_options.h"
#include "common/cluster.h"
#include "common/http_bench.h"
#include "common/http_server.h"
#include "common/line_bench.h"
#include "common/line_server.h"
#include "common/local_cluster.h"
#include "common/logging.h"
#include "common/prompt.h"
#include "common/server_options.h"
#include "common/stop_signal.h"
#include "common/trace.h"

namespace raft {
namespace {

std::string in_brackets(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += "[" + word + "]";
  return text;
}

void print(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

int break_check(int, char**) {
  const int one = 1;
  CHECK(one == 2);
  return 0;
}

int be_fatal(int, char** argv) {
  std::printf("written before, not flushed");
  fatal(argv[1]);
}

// STAGE [OPTIONS]
int server_options(int argc, char** argv) {
  const auto options = parse_server_options(argv[1], argc - 1, argv + 1);
  print("stage " + options.stage);
  print("id " + (options.id ? std::to_string(*options.id) : "none"));
  for (const NodeAddress& node : options.cluster.nodes) {
    print("node " + std::to_string(node.id) + " " + node.client + " " +
          node.peer);
  }
  print("leader " + std::to_string(options.cluster.leader));
  if (options.has_elections()) {
    print("election_timeout_ms " +
          std::to_string(options.election_timeout.min_ms) + " to " +
          std::to_string(options.election_timeout.max_ms));
  }
  print("client_address " + options.client_address);
  print("request_timeout_ms " + std::to_string(options.request_timeout_ms));
  print("trace_file " + options.trace_file);
  print("enable_faults " + std::to_string(options.enable_faults));
  log_debug("a line for whoever debugs");
  log_information("a line for everybody");
  return 0;
}

// STAGE [OPTIONS]
int announce_server(int argc, char** argv) {
  announce(parse_server_options(argv[1], argc - 1, argv + 1));
  return 0;
}

// STAGE [OPTIONS]
int launch_options(int argc, char** argv) {
  const auto options = parse_server_options(argv[1], argc - 1, argv + 1);
  const LocalCluster local = local_cluster(options, argc - 1, argv + 1);
  print(in_brackets(local.command));
  print(local.client_command);
  print(local.has_fixed_leader ? "fixed leader" : "elections");
  return 0;
}

// STAGE [OPTIONS]
int client_options(int argc, char** argv) {
  const auto options = parse_client_options(argv[1], argc - 1, argv + 1);
  print("servers " + in_brackets(options.servers));
  print("json " + std::to_string(options.json));
  print("expect_absent " + std::to_string(options.expect_absent));
  print("timeout_ms " + std::to_string(options.timeout_ms));
  print("bench " + options.bench.op + " " +
        std::to_string(options.bench.seconds) + " " +
        std::to_string(options.bench.connections) + " " +
        std::to_string(options.bench.keys) + " " +
        std::to_string(options.bench.value_bytes));
  print("command " + in_brackets(options.command));
  return 0;
}

// STAGE
int prompt(int, char** argv) {
  return run_prompt(argv[1],
                    {.servers = {"127.0.0.1:7001"}, .timeout_ms = 77},
                    [](const ClientOptions& options) {
                      print(in_brackets(options.command) +
                            (options.expect_absent ? " expect_absent" : "") +
                            " " + std::to_string(options.timeout_ms));
                    });
}

// ADDRESS OP KEYS
int bench(int, char** argv) {
  return run_line_bench({.op = argv[2],
                         .seconds = 1,
                         .connections = 3,
                         .keys = std::stoull(argv[3])},
                        argv[1]);
}

// ADDRESS,… OP KEYS
int http_bench(int, char** argv) {
  std::vector<std::string> servers;
  std::istringstream list(argv[1]);
  for (std::string one; std::getline(list, one, ',');) servers.push_back(one);
  return run_http_bench({.op = argv[2],
                         .seconds = 1,
                         .connections = 3,
                         .keys = std::stoull(argv[3])},
                        servers);
}

int stop_in_order(int, char**) {
  prepare_stop_signal();
  print("ready");
  wait_for_stop_signal();
  print("stopped");
  return 0;
}

// Starts another one of itself, which stops in order, and waits to be killed.
int launch_and_wait(int, char** argv) {
  ChildProcess child(
      {.command = {argv[0], "stop_in_order"},
       .environment = {{kLauncherVariable, std::to_string(getpid())}}});
  child.wait(Deadline::max());
  return 0;
}

// PROGRAM
int start(int, char** argv) {
  ChildProcess child({.command = {argv[1]}});
  return 0;
}

// FILE
int trace(int, char** argv) {
  Trace(argv[1], 1).write("event", JsonWriter());
  return 0;
}

// ADDRESS
int listen(int, char** argv) {
  LineServer server({.address = argv[1]});
  print("listening");
  return 0;
}

// ADDRESS
int http_listen(int, char** argv) {
  HttpServer server(
      {.address = argv[1],
       .handler = [](const HttpRequest&, const auto& reply) { reply({}); },
       .error_answer = [](int, const auto&, const auto&) -> HttpAnswer {
         return {};
       }});
  print("listening");
  return 0;
}

// FILE HOW --id N: a node of the cluster that FILE describes. HOW is "serve",
// or "shout" for one that also logs much.
int node(int argc, char** argv) {
  CHECK(argc == 5);
  const std::string how = argv[2];
  const NodeId id = std::stoull(argv[4]);
  prepare_stop_signal();
  CHECK(init_logging("information"));
  LineServer server(
      {.address = read_cluster(argv[1])->find(id)->client,
       .handler = [](std::string_view line) { return std::string(line); }});
  if (how == "shout") {
    for (int i = 0; i < 200; ++i) log_information("this is a line of a node");
  }
  log_information("serving");
  std::fprintf(stderr, "half a line");
  wait_for_stop_signal();
  return 0;
}

// FILE HOW: the cluster of such nodes, or with "exit" of nodes that end before
// their launcher has done anything else.
int launch(int, char** argv) {
  prepare_stop_signal();
  LocalCluster local{.cluster = *read_cluster(argv[1]),
                     .command = {argv[0], "node", argv[1], argv[2]},
                     .client_command = "talk to them"};
  if (argv[2] == std::string("exit")) {
    local.command = {"/bin/sh", "-c", "exit 7"};
  }
  return run_local_cluster(local);
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  const std::map<std::string, std::function<int(int, char**)>> commands = {
      {"announce_server", raft::announce_server},
      {"be_fatal", raft::be_fatal},
      {"bench", raft::bench},
      {"break_check", raft::break_check},
      {"client_options", raft::client_options},
      {"http_bench", raft::http_bench},
      {"launch", raft::launch},
      {"http_listen", raft::http_listen},
      {"launch_and_wait", raft::launch_and_wait},
      {"launch_options", raft::launch_options},
      {"listen", raft::listen},
      {"node", raft::node},
      {"prompt", raft::prompt},
      {"server_options", raft::server_options},
      {"start", raft::start},
      {"stop_in_order", raft::stop_in_order},
      {"trace", raft::trace},
  };
  CHECK(argc >= 2);
  const auto command = commands.find(argv[1]);
  CHECK(command != commands.end());
  // What it gets looks like the arguments of a program of its own.
  argv[1] = argv[0];
  return command->second(argc - 1, argv + 1);
}
