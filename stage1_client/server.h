// The shell of a server: owns the parts and connects them.
//
//   Server server(options);  // serves from here on
//   wait_for_stop_signal();
//   server.stop();           // answers what is in flight
#pragma once

#include <optional>
#include <string>

#include "api.h"
#include "common/node_id.h"
#include "common/server_options.h"
#include "kv_store.h"

namespace raft {

// What became of a write.
struct WriteResult {
  ApplyResult applied = {};
};

// What a server says of itself.
struct ServerStatus {
  std::string stage = {};
  NodeId id = kNobody;
  std::size_t keys = 0;
};

class Server {
 public:
  // Serves clients at once. Ends the process when the port is taken.
  explicit Server(const ServerOptions& options);

  // Serves nobody from here on; returns when what was in flight is answered.
  void stop();

  // For Api, from any thread. write() returns when the write is done.
  WriteResult write(const Command& command);
  std::optional<std::string> read(const std::string& key) const;
  ServerStatus status() const;

 private:
  const ServerOptions options_;
  KvStore store_;
  Api api_;  // last: its threads call the rest
};

}  // namespace raft
