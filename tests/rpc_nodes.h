// [since stage5_rpc]
// A cluster's transports in one process, each with a receiver that keeps what
// comes, for the suites of the transport by RPC.
#pragma once

#include <cppunit/TestAssert.h>
#include <string>
#include <utility>
#include <vector>

#include "common/faults.h"
#include "common/inbox.h"
#include "common/trace.h"
#include "tests/three_ports.h"
#include "tests/transport_messages.h"
#include "transport.h"

namespace raft {

struct RpcNodeOptions {
  std::string trace_file = {};
  // Longer than any test: what ends a call is then never its deadline.
  std::int64_t call_timeout_ms = 3'600'000;
};

// A transport, and what it has received.
class RpcNode {
 public:
  RpcNode(NodeId id,
          const ThreePorts& ports,
          const RpcNodeOptions& options = {})
      : trace_(options.trace_file, id),
        transport_(
            id,
            ports.cluster(),
            [this](Envelope envelope) { inbox_.push(std::move(envelope)); },
            trace_,
            faults_,
            options.call_timeout_ms) {}

  ~RpcNode() { stop(); }

  Faults& faults() { return faults_; }

  void send(Envelope message) { transport_.send(std::move(message)); }

  // The next request or result; waits for it.
  Envelope receive() { return inbox_.pop().value(); }

  // Receives a request, which must be this one, and answers it.
  void answer(const Envelope& request, bool success = true) {
    CPPUNIT_ASSERT(request == receive());
    send(result_of(request, success));
  }

  // Returns what came and was not looked at.
  std::vector<Envelope> stop() {
    transport_.stop();
    if (!std::exchange(is_stopped_, true)) inbox_.close();
    std::vector<Envelope> left;
    while (auto envelope = inbox_.pop()) left.push_back(std::move(*envelope));
    return left;
  }

 private:
  Trace trace_;
  Faults faults_;
  Inbox<Envelope> inbox_;
  Transport transport_;
  bool is_stopped_ = false;
};

}  // namespace raft
