// A simulated run as the servers of a real cluster would trace it, in virtual
// time: all nodes in one file, as common/trace.h has it and //tools:timeline
// draws it.
//
// Unlike a server's, a node's clock goes on after a restart, so that none of
// its messages can be taken for another.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/trace.h"
#include "tests/sim_server.h"

namespace raft {

class SimTraceFile {
 public:
  // Of a message: where its sender was, and how often it arrives.
  struct Sent {
    std::uint64_t clock = 0;
    std::uint64_t crashes = 0;
    std::size_t copies = 0;
  };

  // Writes the file anew. `now` tells the time in microseconds.
  SimTraceFile(const std::string& file,
               NodeId nodes,
               const std::function<std::uint64_t()>& now);

  // What happens, when it happens.
  void start(const SimServer& server);
  void change(NodeId id, const RaftNode& node, const CoreWork& work);
  Sent send(const SimServer& server,
            const Envelope& envelope,
            std::size_t copies);
  void receive(const Envelope& envelope, const Sent& sent);
  void apply(const SimServer& server);

  // The receiver is down. Its sender gives up, if it still knows of the message
  // and no other copy of that is under way.
  void lose(const SimServer& sender,
            const Envelope& envelope,
            const Sent& sent);

 private:
  struct Node {
    std::unique_ptr<Trace> trace = {};
    // What the trace has seen of it.
    Term term = 0;
    Role role = Role::kFollower;
    Index commit_index = 0;
    std::size_t applied = 0;
  };

  Node& node(NodeId id) { return nodes_[id - 1]; }
  void drop(const Envelope& envelope, const Sent& sent);

  std::vector<Node> nodes_;
};

}  // namespace raft
