// What a server counts, for GET /metrics: the text format of Prometheus, on
// top of prometheus-cpp.
//
// Any thread may call.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "common/node_id.h"

namespace raft {

class Metrics {
 public:
  // All metrics carry the labels "stage" and "node".
  Metrics(const std::string& stage, NodeId node);
  ~Metrics();

  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A request of a client was answered: counts it, and how long it took.
  void count_request(const std::string& method, int status, double seconds);

  // The present value of the gauge raft_NAME, which `help` explains.
  void set(const std::string& name, const std::string& help, double value);

  // All of them in the text format, version 0.0.4.
  std::string text() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
