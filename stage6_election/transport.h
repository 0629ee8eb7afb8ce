// Messages to and from the other nodes: stateless calls of raft.proto's
// service, over HTTP on the peer port, by the Connect protocol.
//
// send() never blocks. Each peer has a sender with a thread of its own, so that
// a node that is slow to answer keeps nobody else waiting. What comes in goes
// to the receiver, requests and results alike; a request's sender waits until
// its result is sent: once for each request, and in the order in which that
// peer's requests of one kind came.
//
// Any thread may call; the receiver runs on threads of this object, and may
// call as well.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "common/cluster.h"
#include "common/connect_server.h"
#include "common/faults.h"
#include "common/timer.h"
#include "common/trace.h"
#include "raft_message.h"
#include "sender.h"

namespace raft {

class Transport {
 public:
  using Receiver = std::function<void(Envelope)>;

  // How long a call may take. A heartbeat later there is a newer message.
  static constexpr std::int64_t kCallTimeoutMs = 500;

  // Listens on the peer address of node `id` at once. `cluster`, `trace` and
  // `faults` must outlive this.
  Transport(NodeId id,
            const Cluster& cluster,
            Receiver receiver,
            Trace& trace,
            Faults& faults,
            std::int64_t call_timeout_ms = kCallTimeoutMs);

  // Stops.
  ~Transport();

  // Sends a request on its way, or answers the oldest request of its kind of
  // message.to that is not answered yet. REQUIRES: message.to is another node
  // of the cluster.
  void send(Envelope message);

  // Neither sends nor receives any more; whoever still waits for an answer gets
  // an error.
  void stop();

 private:
  // The peers that wait for the result of a call of one kind, oldest first.
  using Unanswered = std::deque<ConnectReply>;

  void answer(const Envelope& result);
  template <typename Response>
  void answer(Response response,
              std::uint64_t clock,
              const ConnectReply& reply);

  template <typename Request>
  ConnectMethod method(const std::string& name);

  // On the server's thread.
  template <typename Request>
  void receive(Request& request, const ConnectReply& reply);
  void hand_over(Envelope request, const ConnectReply& reply);

  const NodeId id_;
  const Cluster& cluster_;
  const Receiver receiver_;
  Trace& trace_;
  Faults& faults_;
  std::map<NodeId, Sender> senders_;

  std::mutex mutex_;
  bool is_stopping_ = false;
  std::map<std::pair<NodeId, std::string>, Unanswered> unanswered_;

  Timer timer_;  // of results that are held back
  ConnectServer server_;  // last: its thread calls the rest
};

}  // namespace raft
