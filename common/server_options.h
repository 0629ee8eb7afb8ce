// The options of every stage's server, the same in each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/cluster.h"
#include "common/local_cluster.h"
#include "common/node_id.h"

namespace raft {

// A time that is drawn anew each time, from [min_ms, max_ms].
struct TimeoutRange {
  std::int64_t min_ms = 150;
  std::int64_t max_ms = 300;
  bool operator==(const TimeoutRange&) const = default;
};

struct ServerOptions {
  std::string stage = {};  // "stage2_naive_repl"
  std::optional<NodeId> id = {};  // nothing: a whole local cluster
  Cluster cluster = {};  // of --cluster, or built in
  std::string client_address = {};  // of this node, when there is an id
  std::string data_dir = {};  // node N uses data_dir/node-N; empty: none yet
  TimeoutRange election_timeout = {};
  std::int64_t heartbeat_ms = 50;
  std::int64_t request_timeout_ms = 5000;
  std::string trace_file = {};  // empty: no trace
  bool enable_faults = false;  // serve /v1/faults

  // Whether the stage's leader is elected, not fixed.
  bool has_elections() const;
};

// The options that `argv` gives to a server of `stage`; the log is set up as
// they say. Ends the process itself: with status 0 after --help or --version,
// with 1 and one clear line when they can't be used.
ServerOptions parse_server_options(const std::string& stage,
                                   int argc,
                                   char** argv);

// Says on stdout where a server that was started alone serves, and the client
// command to try. Says nothing in a node that a LocalCluster launched.
void announce(const ServerOptions& options);

// What a server without --id launches: itself, once for each node.
LocalCluster local_cluster(const ServerOptions& options, int argc, char** argv);

}  // namespace raft
