// Messages to and from the other nodes: JSON lines over TCP on the peer port,
// one request a line, its result in the answer.
//
// call() blocks until the result is there or the time is up, so a node that is
// slow to answer keeps its caller waiting. A request that comes in is handed to
// the receiver, and its sender waits until answer() is called: once for each
// request, in the order in which that peer's requests came.
//
// call() and answer() are for one thread; the receiver runs on Poco's.
#pragma once

#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "common/cluster.h"
#include "common/faults.h"
#include "common/json.h"
#include "common/line_connection.h"
#include "common/line_server.h"
#include "common/trace.h"
#include "raft_message.h"

namespace raft {

enum class Delivery {
  kAnswered,
  kNotSent,  // surely not received: there was no connection
  kUnknown,  // sent, and no result came in time
};

struct CallResult {
  Delivery delivery = Delivery::kNotSent;
  Envelope result = {};  // if kAnswered
};

class Transport {
 public:
  using Receiver = std::function<void(Envelope)>;

  // Listens on the peer address of node `id` at once. `cluster`, `trace` and
  // `faults` must outlive this.
  Transport(NodeId id,
            const Cluster& cluster,
            Receiver receiver,
            Trace& trace,
            Faults& faults);

  // Sends a request and waits for its result.
  CallResult call(const Envelope& request);

  // Answers the oldest request of result.to that is not answered yet.
  void answer(const Envelope& result);

  // Receives no more; whoever still waits for an answer gets an error.
  void stop();

 private:
  // On the threads of the connections: a request in, its result out.
  std::string receive(std::string_view line);
  std::future<Envelope> hand_over(const Envelope& request);

  Result<void> connect(NodeId to);
  Result<Envelope> exchange(const Envelope& request);
  void note_lost(const Envelope& request, const std::string& why);
  void hold_back() const;
  std::string encode(const Envelope& envelope);
  Result<Envelope> decode(std::string_view line);

  const NodeId id_;
  const Cluster& cluster_;
  const Receiver receiver_;
  Trace& trace_;
  Faults& faults_;

  // For call().
  std::map<NodeId, LineConnection> connections_;
  std::set<NodeId> lost_;  // whose last call failed

  // Requests that the receiver has, by their senders, oldest first.
  std::mutex mutex_;
  bool stopping_ = false;
  std::map<NodeId, std::deque<std::promise<Envelope>>> unanswered_;

  LineServer lines_;  // last: its threads call the rest
};

}  // namespace raft
