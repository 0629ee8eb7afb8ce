#include "common/client_options.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "common/cluster.h"
#include "common/options.h"
#include "common/user_directory.h"

namespace raft {
namespace {

const std::vector<OptionSpec>& specs() {
  static const std::vector<OptionSpec> table = {
      {"server",
       "HOST:PORT",
       "The server to ask; from stage4_cluster_client on a list, with commas.",
       "stage0_kv"},
      {"base-port",
       "P",
       "Ask the built-in addresses on 127.0.0.1: the server at port P+1, from "
       "stage4_cluster_client on those at P+1 to P+N (7000).",
       "stage0_kv"},
      {"nodes",
       "N",
       "How many built-in addresses there are (5).",
       "stage4_cluster_client"},
      {"cluster",
       "FILE",
       "Ask the servers of this JSON file.",
       "stage4_cluster_client"},
      {"json", "", "Print the server's answer as it is.", "stage0_kv"},
      {"expect-absent",
       "",
       "With cas, in place of EXPECTED: the key must be absent.",
       "stage0_kv"},
      {"timeout-ms",
       "N",
       "Bound of the whole command, in milliseconds (10000).",
       "stage1_client"},
      {"op", "OP", "bench: put, get or mixed (put).", "stage0_kv"},
      {"seconds", "N", "bench: how long (10).", "stage0_kv"},
      {"connections",
       "N",
       "bench: clients at the same time (64).",
       "stage0_kv"},
      {"keys", "N", "bench: different keys (10000).", "stage0_kv"},
      {"value-bytes", "N", "bench: size of a value (32).", "stage0_kv"},
      {"version", "", "Print the version and exit.", "stage0_kv"},
      {"help", "", "Print this text and exit.", "stage0_kv"},
  };
  return table;
}

const std::vector<CommandSpec>& all_commands() {
  static const std::vector<CommandSpec> table = {
      {"get", "K", "print the value of K", 1, 1, "stage0_kv"},
      {"put", "K V", "set K to V", 2, 2, "stage0_kv"},
      {"delete", "K", "remove K", 1, 1, "stage0_kv"},
      {"cas",
       "K EXPECTED NEW",
       "set K to NEW if it is EXPECTED, or --expect-absent",
       2,
       3,
       "stage0_kv"},
      {"list",
       "[PREFIX]",
       "print keys and values",
       0,
       1,
       "stage4_cluster_client"},
      {"status", "", "print what the server says of itself", 0, 0, "stage0_kv"},
      {"bench", "", "put load on the server and time it", 0, 0, "stage0_kv"},
      {"snapshot", "", "take a snapshot", 0, 0, "stage7_compaction"},
      {"members", "", "print who is in the cluster", 0, 0, "stage8_membership"},
      {"add-member", "MEMBER", "add a node", 1, 1, "stage8_membership"},
      {"remove-member", "ID", "remove a node", 1, 1, "stage8_membership"},
      {"set-members",
       "MEMBER...",
       "replace the whole set",
       1,
       99,
       "stage8_membership"},
      {"transfer-leader",
       "ID",
       "hand the leadership over",
       1,
       1,
       "stage8_membership"},
  };
  return table;
}

[[noreturn]] void usage_error(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::exit(kExitUsage);
}

template <typename T>
T value_or_die(const Result<T>& result) {
  if (!result) usage_error(result.error().message);
  return *result;
}

std::string about(const std::string& stage) {
  std::string text = "Commands:\n";
  for (const CommandSpec& command : client_commands(stage)) {
    std::string line = "  " + command.name + " " + command.arguments;
    line.resize(std::max<std::size_t>(line.size(), 22), ' ');
    text += line + " " + command.help + "\n";
  }
  if (stage_number(stage) >= 1) {
    text += "Without a command: an interactive prompt.\n";
  }
  return text +
         "\nExit status: 0 done, 1 not found or cas mismatch, 2 usage or bad "
         "request,\n3 surely not executed, 4 outcome unknown.";
}

BenchOptions bench_options(const Options& options) {
  BenchOptions bench{.op = options.text("op", "put")};
  if (bench.op != "put" && bench.op != "get" && bench.op != "mixed") {
    usage_error("--op must be put, get or mixed, not \"" + bench.op + "\"");
  }
  bench.seconds = static_cast<std::int64_t>(
      value_or_die(options.number("seconds", 10, 1, 86'400)));
  bench.connections = static_cast<int>(
      value_or_die(options.number("connections", 64, 1, 1000)));
  bench.keys = value_or_die(options.number("keys", 10'000, 1, 100'000'000));
  bench.value_bytes =
      value_or_die(options.number("value-bytes", 32, 0, 1024 * 1024));
  return bench;
}

// The addresses in a list with commas.
std::vector<std::string> servers_in(const std::string& list) {
  std::vector<std::string> servers;
  for (std::size_t at = 0; at <= list.size();) {
    const std::size_t end = std::min(list.find(',', at), list.size());
    servers.push_back(list.substr(at, end - at));
    at = end + 1;
    if (!is_address(servers.back())) {
      usage_error("--server must be HOST:PORT, or several with commas, not \"" +
                  list + "\"");
    }
  }
  return servers;
}

// Three ways to say where the servers are: only one of them at a time.
void check_exclusions(const Options& options) {
  const std::vector<std::vector<std::string>> ways = {
      {"server"}, {"cluster"}, {"base-port", "nodes"}};
  std::string given;
  for (const auto& way : ways) {
    const auto found = std::ranges::find_if(
        way, [&](const std::string& name) { return options.has(name); });
    if (found == way.end()) continue;
    if (!given.empty()) {
      usage_error("--" + given + " and --" + *found + " exclude each other");
    }
    given = *found;
  }
}

std::vector<std::string> servers_of(const Options& options,
                                    const std::string& stage) {
  const bool knows_all = stage_number(stage) >= 4;
  check_exclusions(options);
  const std::string list = options.text("server", "");
  if (options.has("server") && knows_all) return servers_in(list);
  if (list.find(',') != std::string::npos) {
    usage_error("--server takes one address in " + stage +
                "; stage4_cluster_client brings lists");
  }
  if (options.has("server")) return {list};
  const auto nodes = value_or_die(options.number("nodes", 5, 1, kNodesMax));
  const std::uint64_t count = knows_all ? nodes : 1;
  const auto base_port =
      value_or_die(options.number("base-port", 7000, 0, 65535 - count));
  const Cluster cluster =
      options.has("cluster")
          ? value_or_die(
                read_cluster(in_user_directory(options.text("cluster", ""))))
          : built_in_cluster(count, base_port);
  std::vector<std::string> servers;
  for (const NodeAddress& node : cluster.nodes) servers.push_back(node.client);
  return servers;
}

}  // namespace

std::vector<CommandSpec> client_commands(const std::string& stage) {
  std::vector<CommandSpec> commands;
  for (const CommandSpec& command : all_commands()) {
    if (stage_number(command.since) <= stage_number(stage)) {
      commands.push_back(command);
    }
  }
  return commands;
}

std::string command_complaint(const std::string& stage,
                              const std::vector<std::string>& command,
                              bool expect_absent) {
  const auto spec =
      std::ranges::find(all_commands(), command.front(), &CommandSpec::name);
  if (spec == all_commands().end()) {
    return "there is no command \"" + command.front() + "\"; --help lists them";
  }
  if (stage_number(spec->since) > stage_number(stage)) {
    return stage + " has no command " + spec->name + " yet; " + spec->since +
           " brings it";
  }
  if (expect_absent && spec->name != "cas") {
    return "--expect-absent goes with cas only";
  }
  const std::size_t arguments = command.size() - 1;
  const bool fits = spec->name == "cas" ? arguments == (expect_absent ? 2u : 3u)
                                        : spec->arguments_min <= arguments &&
                                              arguments <= spec->arguments_max;
  if (fits) return "";
  return "usage: " + spec->name +
         (expect_absent ? " --expect-absent K NEW" : " " + spec->arguments);
}

ClientOptions parse_client_options(const std::string& stage,
                                   int argc,
                                   char** argv) {
  const auto options =
      value_or_die(Options::parse(specs(), stage, {argv + 1, argv + argc}));
  if (options.has("help")) {
    std::printf("%s",
                help_text(specs(),
                          stage,
                          "client [options] COMMAND [arguments]",
                          about(stage))
                    .c_str());
    std::exit(0);
  }
  if (options.has("version")) {
    std::printf("%s\n", stage.c_str());
    std::exit(0);
  }
  ClientOptions result{.servers = servers_of(options, stage),
                       .json = options.has("json"),
                       .expect_absent = options.has("expect-absent"),
                       .bench = bench_options(options),
                       .command = options.words()};
  result.timeout_ms = static_cast<std::int64_t>(
      value_or_die(options.number("timeout-ms", 10'000, 1, 86'400'000)));
  if (result.command.empty() && stage_number(stage) < 1) {
    usage_error(
        "a command is missing; --help lists them (stage1_client "
        "brings the interactive prompt)");
  }
  if (!result.command.empty()) {
    const std::string complaint =
        command_complaint(stage, result.command, result.expect_absent);
    if (!complaint.empty()) usage_error(complaint);
  }
  return result;
}

}  // namespace raft
