// Programs in tests: run to their end, or watched while they run. Each wait has
// a deadline that only a broken program meets; then the test fails.
#pragma once

#include <string>
#include <sys/types.h>

#include "common/child_process.h"
#include "common/deadline.h"

namespace raft {

// When a test gives up waiting for what has to come.
Deadline patience();

// How a program ended, and what it wrote.
struct Finished {
  ExitStatus status = {};
  std::string output = {};
  std::string error = {};
};

// Runs it to its end with `input` as its stdin.
Finished run_to_end(ChildProcess::Spec spec, const std::string& input = "");

// The rest of what it writes, and its end. REQUIRES: it captures both.
Finished finish(ChildProcess& process);

// Adds what the process writes to `text` until `part` is in it.
// REQUIRES: the process captures that.
void await_output(ChildProcess& process,
                  std::string& text,
                  const std::string& part);
void await_error(ChildProcess& process,
                 std::string& text,
                 const std::string& part);

// Returns when no process `pid`, which may be another one's child, runs.
void await_end_of(pid_t pid);

}  // namespace raft
