// The shell of a server: owns the parts and connects them. Writes and the
// messages of other nodes queue up in an inbox; one thread takes out what has
// come, feeds it to the node, and carries out what it puts out, in its order:
// persist, send, apply.
//
//   Server server(options);  // serves from here on
//   wait_for_stop_signal();
//   server.stop();           // answers what is in flight
#pragma once

#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "api.h"
#include "common/inbox.h"
#include "common/node_id.h"
#include "common/server_options.h"
#include "common/trace.h"
#include "kv_store.h"
#include "raft_node.h"
#include "storage.h"
#include "transport.h"

namespace raft {

enum class WriteStatus {
  kApplied,
  kNotLeader,  // and not executed
  kUnavailable,  // no majority could be reached; surely not executed
  kTimeout,  // may be executed, or may have reached some nodes
};

// What became of a write.
struct WriteResult {
  WriteStatus status = WriteStatus::kApplied;
  ApplyResult applied = {};  // if kApplied
};

// What a server says of itself.
struct ServerStatus {
  std::string stage = {};
  NodeId id = kNobody;
  Role role = Role::kFollower;
  NodeId leader = kNobody;
  std::string leader_client_address = {};
  Index commit_index = 0;
  Index last_applied = 0;
  Index last_log_index = 0;
  std::size_t keys = 0;
};

class Server {
 public:
  // Serves clients and peers at once. Ends the process when a port is taken.
  explicit Server(const ServerOptions& options);

  // Serves nobody from here on; returns when what was in flight is answered.
  void stop();

  // For Api, from any thread. write() returns when the write is done, refused,
  // or late.
  WriteResult write(const Command& command);
  std::optional<std::string> read(const std::string& key) const;
  ServerStatus status() const;

 private:
  struct Proposal {
    Command command = {};
    std::promise<WriteResult> answer = {};
  };

  // All of these run on the one thread.
  void run();
  void handle(Proposal proposal);
  void handle(const Envelope& request);
  bool carry_out();
  void apply(const Entry& entry);
  void answer_writers();
  void deliver(const Envelope& envelope);
  void publish_status();
  ServerStatus describe() const;

  const ServerOptions options_;
  Trace trace_;
  KvStore store_;
  std::unique_ptr<Storage> storage_;
  RaftNode node_;
  Inbox<std::variant<Proposal, Envelope>> inbox_;
  std::map<Index, std::promise<WriteResult>> waiting_;  // for their entries
  std::vector<std::pair<std::promise<WriteResult>, WriteResult>>
      answers_;  // not given yet
  Transport transport_;
  mutable std::mutex mutex_;
  ServerStatus status_;  // as of the last round of the thread
  std::thread thread_;
  Api api_;  // last: its threads call the rest
};

}  // namespace raft
