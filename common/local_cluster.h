// A whole cluster on this machine: one process per node, started, watched and
// ended together. What a server does when it is started without --id.
//
// Prints a table of the nodes and a client command to try on stdout, passes
// each node's log on to stderr with the node's id before each line, and reports
// a node that dies; it is not restarted, and the others go on.
#pragma once

#include <string>
#include <vector>

#include "common/cluster.h"

namespace raft {

// The environment variable by which a node knows its launcher's process id.
inline constexpr char kLauncherVariable[] = "RAFT_LAUNCHER_PID";

struct LocalCluster {
  Cluster cluster = {};
  // A node's command line is `command --id N`.
  std::vector<std::string> command = {};
  bool has_fixed_leader = true;  // then the table shows who it is
  std::string client_command = {};  // to try, once the nodes answer
  std::string data_dir = {};  // node N's is data_dir/node-N; empty: none
  // Instead, a fresh one with a name like this, which ends with XXXXXX.
  std::string temporary_data_dir = {};
};

// Runs until SIGINT or SIGTERM has come and all nodes have ended: 0. Or until
// no node is left by itself: 1. Ends the process at once, with one line and no
// node started, if an address is taken.
// REQUIRES: prepare_stop_signal() was called, and there is no other thread.
int run_local_cluster(const LocalCluster& local);

}  // namespace raft
