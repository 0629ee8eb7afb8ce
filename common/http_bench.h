// `client bench` over HTTP.
#pragma once

#include <string>
#include <vector>

#include "common/client_options.h"

namespace raft {

// As run_bench(), against the cluster at `servers` (HOST:PORT each): puts go to
// the leader, wherever that is, and each connection has a server of its own for
// its gets. REQUIRES: `servers` is not empty.
int run_http_bench(const BenchOptions& options,
                   const std::vector<std::string>& servers);

}  // namespace raft
