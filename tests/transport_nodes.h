// [since stage2_naive_repl]
// A cluster's transports in one process, each with a receiver that keeps what
// comes, for the suites of the transport.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/check.h"
#include "common/cluster.h"
#include "common/deadline.h"
#include "common/faults.h"
#include "common/inbox.h"
#include "common/json.h"
#include "common/line_connection.h"
#include "common/test_process.h"
#include "common/trace.h"
#include "tests/scripted_server.h"
#include "tests/three_ports.h"
#include "tests/transport_messages.h"
#include "transport.h"

namespace raft {

// A transport, and what it has received.
class TransportNode {
 public:
  TransportNode(NodeId id,
                const ThreePorts& ports,
                const std::string& trace_file = "")
      : trace_(trace_file, id), transport_(make<Transport>(id, ports)) {}

  ~TransportNode() { stop(); }

  Transport& transport() { return *transport_; }

  // The next request; waits for it.
  Envelope receive() { return inbox_.pop().value(); }

  // Answers all requests from here on, and those that wait.
  void answer_all() {
    answering_ = std::thread([this] {
      while (const auto request = inbox_.pop()) {
        transport_->answer(result_of(*request));
      }
    });
  }

  // Calls until there is an answer: on a busy machine one may come too late.
  // Each call has an index of its own, from `index` on; returns the last one.
  Index call_until_answered(NodeId to,
                            Index index,
                            const std::string& command) {
    const Deadline deadline = patience();
    while (true) {
      const Envelope envelope = request(to, index, command);
      const CallResult call = transport_->call(envelope);
      if (call.delivery == Delivery::kAnswered) {
        CHECK(call.result == result_of(envelope));
        return index;
      }
      CHECK(Clock::now() < deadline);
      ++index;
    }
  }

  // Returns what came and was not looked at.
  std::vector<Envelope> stop() {
    transport_->stop();
    if (!stopped_) inbox_.close();
    stopped_ = true;
    if (answering_.joinable()) answering_.join();
    std::vector<Envelope> left;
    while (auto envelope = inbox_.pop()) left.push_back(std::move(*envelope));
    return left;
  }

 private:
  // In some stages it can be told to make faults.
  template <typename T>
  std::unique_ptr<T> make(NodeId id, const ThreePorts& ports) {
    const auto receiver = [this](Envelope envelope) {
      inbox_.push(std::move(envelope));
    };
    const Cluster& cluster = ports.cluster();
    if constexpr (requires { T(id, cluster, receiver, trace_, faults_); }) {
      return std::make_unique<T>(id, cluster, receiver, trace_, faults_);
    } else {
      return std::make_unique<T>(id, cluster, receiver, trace_);
    }
  }

  Trace trace_;
  Faults faults_;
  Inbox<Envelope> inbox_;
  const std::unique_ptr<Transport> transport_;
  bool stopped_ = false;
  std::thread answering_;
};

// What goes over the wire for a request to node 1 or 2. For one thread.
inline std::string line_of(const Envelope& envelope) {
  const auto drop_one = [](ScriptedServer::Connection& connection) {
    connection.receive();
  };
  static const ThreePorts ports;
  static const ScriptedServer one({drop_one}, ports.peer(1));
  static const ScriptedServer two({drop_one}, ports.peer(2));
  static TransportNode sender(3, ports);
  const ScriptedServer& to = envelope.to == 1 ? one : two;
  const std::size_t before = to.received().size();
  while (to.received().size() == before) sender.transport().call(envelope);
  return to.received().back();
}

// The peer port of a node, from outside.
class PeerPort {
 public:
  explicit PeerPort(const std::string& address)
      : connection_(LineConnection::connect(address, patience()).value()) {}

  void send(const std::string& line) {
    CHECK(connection_.send(line, patience()).has_value());
  }
  std::string receive_line() { return connection_.receive(patience()).value(); }
  JsonObject receive() { return JsonObject::parse(receive_line()).value(); }

 private:
  LineConnection connection_;
};

// What goes over the wire as the result of a request.
inline std::string line_of_result(const Envelope& request) {
  const ThreePorts ports;
  TransportNode node(request.to, ports);
  PeerPort peer(ports.peer(request.to));
  peer.send(line_of(request));
  node.transport().answer(result_of(node.receive()));
  return peer.receive_line();
}

}  // namespace raft
