// --trace FILE: one JSON object per protocol event, one event a line.
//
//   {"event":"send","node":1,"time_us":…,"clock":17,"to":2,"type":"…"}
//
// `time_us` is the wall clock in microseconds, for people, or a simulator's
// virtual time; `clock` is a Lamport clock: an event that can have caused
// another one has the smaller number, on whatever node. Each message carries
// its sender's clock for that.
//
// The events and their own fields, which //tools:timeline knows how to draw; it
// shows any others as they are:
//
//   start          term, voted_for, last_index, snapshot_index: what the disk
//                  held when the node started, its first event
//   send           to, type, and the message's own fields
//   receive        from, sent, type, … ; `sent` is the clock of the send
//   drop           to, type, … : the sender gives up on a message; or from,
//                  sent, type, … : the receiver throws it away
//   role           role (follower, candidate, leader), term
//   term           term: a new current_term
//   vote           term, for: a vote given, to itself too
//   append         first_index, last_index: entries written to the log, in
//                  place of all from first_index on
//   commit         index: the new commit_index
//   apply          index, command
//   snapshot       index: a snapshot taken or installed
//   configuration  index, members, new_members (while joint)
//
// Any thread may call; the lines of one node are in the order of their clocks.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <type_traits>

#include "common/json.h"
#include "common/node_id.h"

namespace raft {

class Trace {
 public:
  // Appends to `file`; an empty name keeps the clock but writes nothing. Ends
  // the process with a clear line when the file can't be written.
  // `now` tells the time in microseconds, instead of the wall clock.
  Trace(const std::string& file,
        NodeId node,
        std::function<std::uint64_t()> now = {});
  ~Trace();

  Trace(const Trace&) = delete;
  Trace& operator=(const Trace&) = delete;

  // Writes the event with its own `fields` and returns its clock.
  std::uint64_t write(const char* event, const JsonWriter& fields);

  // The same with what `fields()` returns: it is not called without a file, so
  // a node that nobody watches pays for its clock only.
  template <typename Fields>
  requires std::is_invocable_r_v<JsonWriter, Fields> std::uint64_t write(
      const char* event, const Fields& fields) {
    return write(event, is_on() ? fields() : JsonWriter());
  }

  // Whether somebody watches.
  bool is_on() const { return file_ != nullptr; }

  // A message with the clock `seen` has arrived: what follows comes after it.
  void observe(std::uint64_t seen);

 private:
  const NodeId node_;
  const std::function<std::uint64_t()> now_;
  std::FILE* file_ = nullptr;
  std::mutex mutex_;
  std::uint64_t clock_ = 0;
};

}  // namespace raft
