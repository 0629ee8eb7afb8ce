// The server program: options in, a running Server out, or a cluster of them.
#include "common/server_options.h"
#include "common/stop_signal.h"
#include "server.h"

int main(int argc, char** argv) {
  raft::prepare_stop_signal();
  const auto options = raft::parse_server_options(RAFT_STAGE, argc, argv);
  if (!options.id) {
    return run_local_cluster(raft::local_cluster(options, argc, argv));
  }
  raft::Server server(options);
  raft::announce(options);
  raft::wait_for_stop_signal();
  server.stop();
}
