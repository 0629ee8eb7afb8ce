// --trace FILE: one JSON object per protocol event, one event a line.
//
//   {"event":"send","node":1,"time_us":…,"clock":17,"to":2,"type":"…"}
//
// `time_us` is the wall clock in microseconds, for people; `clock` is a Lamport
// clock: an event that can have caused another one has the smaller number, on
// whatever node. Each message carries its sender's clock for that.
//
// Any thread may call; the lines of one node are in the order of their clocks.
#pragma once

#include <cstdint>
#include <cstdio>
#include <mutex>
#include <string>

#include "common/json.h"
#include "common/node_id.h"

namespace raft {

class Trace {
 public:
  // Appends to `file`; an empty name keeps the clock but writes nothing. Ends
  // the process with a clear line when the file can't be written.
  Trace(const std::string& file, NodeId node);
  ~Trace();

  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // Writes the event with its own `fields` and returns its clock.
  std::uint64_t write(const std::string& event, const JsonWriter& fields);

  // A message with the clock `seen` has arrived: what follows comes after it.
  void observe(std::uint64_t seen);

 private:
  const NodeId node_;
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
  std::uint64_t clock_ = 0;
};

}  // namespace raft
