// `client bench` over JSON lines.
#pragma once

#include <string>

#include "common/client_options.h"

namespace raft {

// As run_bench(), against the server at `address` (HOST:PORT).
int run_line_bench(const BenchOptions& options, const std::string& address);

}  // namespace raft
