#include "common/server_options.h"

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <unistd.h>

#include "common/check.h"
#include "common/logging.h"
#include "common/options.h"
#include "common/user_directory.h"

namespace raft {
namespace {

constexpr std::uint64_t kBasePortDefault = 7000;
constexpr std::uint64_t kNodesDefault = 5;

const std::vector<OptionSpec>& specs() {
  static const std::vector<OptionSpec> table = {
      {"id",
       "N",
       "Run node N alone, in this process; without it, a whole local cluster "
       "is started.",
       "stage2_naive_repl"},
      {"nodes",
       "N",
       "Size of the built-in local cluster (5).",
       "stage2_naive_repl"},
      {"base-port",
       "P",
       "Built-in addresses on 127.0.0.1: client port P+id, peer port P+100+id; "
       "a single server uses P+1 (7000).",
       "stage0_kv"},
      {"cluster",
       "FILE",
       "Addresses from a JSON file instead of the built-in ones.",
       "stage2_naive_repl"},
      {"data-dir",
       "DIR",
       "Durable state; node N uses DIR/node-N.",
       "stage3_log_repl"},
      {"election-timeout-ms",
       "MIN:MAX",
       "Randomised election timeout (150:300).",
       "stage6_election"},
      {"heartbeat-ms", "N", "Leader heartbeat (50).", "stage3_log_repl"},
      {"request-timeout-ms",
       "N",
       "How long a write waits to commit (5000).",
       "stage2_naive_repl"},
      {"snapshot-log-bytes",
       "N",
       "Take a snapshot when the log since the last one exceeds N bytes "
       "(64 MiB).",
       "stage7_compaction"},
      {"join",
       "",
       "Start with an empty configuration and wait to be added.",
       "stage8_membership"},
      {"client-address",
       "H:P",
       "Where a joining node serves clients.",
       "stage8_membership"},
      {"peer-address",
       "H:P",
       "Where a joining node serves the other nodes.",
       "stage8_membership"},
      {"trace",
       "FILE",
       "Append one JSON object per protocol event.",
       "stage2_naive_repl"},
      {"enable-faults", "", "Serve /v1/faults.", "stage4_cluster_client"},
      {"config",
       "FILE",
       "Any of these options, as \"name = value\" lines.",
       "stage0_kv"},
      {"log-level",
       "L",
       "none, fatal, critical, error, warning, notice, information, debug or "
       "trace (information).",
       "stage0_kv"},
      {"version", "", "Print the version and exit.", "stage0_kv"},
      {"help", "", "Print this text and exit.", "stage0_kv"},
  };
  return table;
}

template <typename T>
T value_or_die(const Result<T>& result) {
  if (!result) fatal(result.error().message + "; nothing was changed");
  return *result;
}

std::string about(const std::string& stage) {
  if (stage_number(stage) < 2) return "One key/value server; Ctrl-C stops it.";
  return "Without --id: a whole local cluster, one process per node; Ctrl-C "
         "stops it.";
}

// "150:300". A number alone would be a timeout without randomness, and that is
// how elections never end (§9.3).
TimeoutRange election_timeout_of(const Options& options) {
  constexpr std::int64_t kMsMax = 60'000;
  const std::string text = options.text("election-timeout-ms", "150:300");
  TimeoutRange range;
  const char* end = text.data() + text.size();
  const auto min = std::from_chars(text.data(), end, range.min_ms);
  const bool has_colon =
      min.ec == std::errc() && min.ptr != end && *min.ptr == ':';
  const auto max =
      std::from_chars(has_colon ? min.ptr + 1 : end, end, range.max_ms);
  if (!has_colon || max.ec != std::errc() || max.ptr != end ||
      range.min_ms < 1 || range.max_ms < range.min_ms ||
      range.max_ms > kMsMax) {
    fatal(
        "--election-timeout-ms must be MIN:MAX, with 1 <= MIN <= MAX <= "
        "60000, not \"" +
        text + "\"; nothing was changed");
  }
  return range;
}

// The port below that of node 1, as the built-in clusters count.
std::uint64_t base_port_of(const Cluster& cluster) {
  const std::string& address = cluster.nodes.front().client;
  return std::stoull(address.substr(address.rfind(':') + 1)) - 1;
}

// What a client that knows all servers has to be told of `cluster`.
std::string servers_option(const Cluster& cluster) {
  const std::size_t nodes = cluster.nodes.size();
  const std::uint64_t base_port = base_port_of(cluster);
  std::string options;
  if (cluster.nodes == built_in_cluster(nodes, base_port).nodes) {
    if (nodes != kNodesDefault) {
      options += "--nodes " + std::to_string(nodes) + " ";
    }
    if (base_port != kBasePortDefault) {
      options += "--base-port " + std::to_string(base_port) + " ";
    }
    return options;
  }
  for (const NodeAddress& node : cluster.nodes) {
    options += (options.empty() ? "--server " : ",") + node.client;
  }
  return options + " ";
}

// A first command for the client, given to `server`, or to all of them where
// it knows all.
std::string client_command(const ServerOptions& options,
                           const std::string& server) {
  const bool is_default =
      server == built_in_cluster(1, kBasePortDefault).nodes.front().client;
  return "bazel run //" + options.stage + ":client -- " +
         (stage_number(options.stage) >= 4 ? servers_option(options.cluster)
          : is_default                     ? ""
                                           : "--server " + server + " ") +
         "put greeting hello";
}

Cluster cluster_of(const Options& options, const std::string& stage) {
  if (options.has("cluster")) {
    for (const char* other : {"nodes", "base-port"}) {
      if (!options.has(other)) continue;
      fatal("--cluster and --" + std::string(other) +
            " exclude each other: the file has the addresses; nothing was "
            "changed");
    }
    return value_or_die(
        read_cluster(in_user_directory(options.text("cluster", ""))));
  }
  const auto nodes =
      value_or_die(options.number("nodes", kNodesDefault, 1, kNodesMax));
  const bool has_peers = stage_number(stage) >= 2;
  const auto highest = has_peers ? 100 + nodes : 1;
  const auto base_port = value_or_die(
      options.number("base-port", kBasePortDefault, 0, 65535 - highest));
  return built_in_cluster(nodes, base_port);
}

}  // namespace

ServerOptions parse_server_options(const std::string& stage,
                                   int argc,
                                   char** argv) {
  const auto options =
      value_or_die(Options::parse(specs(), stage, {argv + 1, argv + argc}));
  if (options.has("help")) {
    std::printf(
        "%s",
        help_text(specs(), stage, "server [options]", about(stage)).c_str());
    std::exit(0);
  }
  if (options.has("version")) {
    std::printf("%s\n", stage.c_str());
    std::exit(0);
  }
  if (!options.words().empty()) {
    fatal("a server takes options only, not \"" + options.words().front() +
          "\"; --help lists them. Nothing was changed");
  }
  const auto log = init_logging(options.text("log-level", "information"));
  if (!log) fatal("--log-level: " + log.error().message);

  ServerOptions result{.stage = stage, .cluster = cluster_of(options, stage)};
  if (stage_number(stage) < 2) result.id = 1;
  if (options.has("id")) {
    result.id = value_or_die(options.number("id", 0, 1, UINT64_MAX));
  }
  if (result.id) {
    const NodeAddress* self = result.cluster.find(*result.id);
    if (self == nullptr) {
      fatal("there is no node " + std::to_string(*result.id) +
            " in the cluster; nothing was changed. Give --id one of its ids");
    }
    result.client_address = self->client;
  }
  result.request_timeout_ms = static_cast<std::int64_t>(
      value_or_die(options.number("request-timeout-ms", 5000, 1, 3'600'000)));
  result.heartbeat_ms = static_cast<std::int64_t>(
      value_or_die(options.number("heartbeat-ms", 50, 10, 60'000)));
  result.election_timeout = election_timeout_of(options);
  if (result.has_elections() &&
      result.heartbeat_ms >= result.election_timeout.min_ms) {
    fatal(
        "--heartbeat-ms must be below --election-timeout-ms, or followers "
        "would give up a leader that lives; nothing was changed");
  }
  if (stage_number(stage) >= 3 && (result.id || options.has("data-dir"))) {
    result.data_dir =
        in_user_directory(options.text("data-dir", "raft-data/" + stage));
  }
  if (options.has("trace")) {
    result.trace_file = in_user_directory(options.text("trace", ""));
  }
  result.enable_faults = options.has("enable-faults");
  return result;
}

bool ServerOptions::has_elections() const {
  return stage_number(stage) >= 6;
}

void announce(const ServerOptions& options) {
  if (std::getenv(kLauncherVariable) != nullptr) return;
  std::printf(
      "node %s serves clients at %s (pid %d); Ctrl-C stops it. "
      "Try, in another terminal:\n  %s\n",
      std::to_string(*options.id).c_str(),
      options.client_address.c_str(),
      getpid(),
      client_command(options, options.client_address).c_str());
  std::fflush(stdout);
}

LocalCluster local_cluster(const ServerOptions& options,
                           int argc,
                           char** argv) {
  LocalCluster local{.cluster = options.cluster};
  // Not argv[0], which may be relative to a directory that is not ours.
  local.command = {std::filesystem::read_symlink("/proc/self/exe")};
  local.command.insert(local.command.end(), argv + 1, argv + argc);
  const NodeAddress* leader = options.cluster.find(options.cluster.leader);
  local.has_fixed_leader = !options.has_elections();
  local.data_dir = options.data_dir;
  // A local cluster starts afresh each time, unless told where its state is.
  if (stage_number(options.stage) >= 3 && options.data_dir.empty()) {
    local.temporary_data_dir =
        std::filesystem::temp_directory_path() / (options.stage + "-XXXXXX");
  }
  local.client_command = client_command(options, leader->client);
  return local;
}

}  // namespace raft
