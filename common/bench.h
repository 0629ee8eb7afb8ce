// `client bench`: closed-loop load. Each connection sends a request, waits for
// its answer, and sends the next; a thread serves many connections, so that the
// load costs little beside the server that it measures. A progress line a
// second on stderr; throughput and percentiles at the end on stdout.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "common/client_options.h"
#include "common/result.h"

namespace raft {

struct BenchRequest {
  bool is_put = true;  // otherwise a get
  std::string key = {};
  std::string value = {};
};

// One connection. Belongs to one thread at a time.
class BenchConnection {
 public:
  virtual ~BenchConnection() = default;

  // Sends a request; fails when there is no server.
  virtual Result<void> send(const BenchRequest& request) = 0;

  // Waits for the answer; fails, with the reason, when the request was not
  // done.
  virtual Result<void> receive() = 0;

  // Readable when an answer has come. Valid after a successful send().
  virtual int descriptor() const = 0;
};

// Runs the load that `options` describes over connections that `connect`
// makes; for get and mixed the keys are stored first. Returns an exit status:
// kExitDone, or kExitNotExecuted when a connection's first request fails.
int run_bench(const BenchOptions& options,
              const std::function<std::unique_ptr<BenchConnection>()>& connect);

}  // namespace raft
