// A stage's client program, run to its end or started and waited for.
//
//   const ClientResult got = run_client(RAFT_STAGE, address, {"get", "k"});
//   CPPUNIT_ASSERT_EQUAL(printed("v\n"), got);
//
// For the thread of the test.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "tests/program.h"

namespace raft {

struct ClientResult {
  int status = 0;  // what it exited with
  std::string output = {};
  std::string error = {};

  // What it said on stderr is for people: the rest decides.
  bool operator==(const ClientResult& other) const {
    return status == other.status && output == other.output;
  }
};

std::ostream& operator<<(std::ostream& out, const ClientResult& result);

// What a client that is done leaves behind, having printed `output`.
inline ClientResult printed(const std::string& output) {
  return {.status = 0, .output = output};
}

// What a client that fails with `status` leaves behind.
inline ClientResult failed(int status) {
  return {.status = status};
}

class ClientProgram {
 public:
  // Starts the client of `stage` against the server at `address`: `words` are
  // its further options and its command.
  ClientProgram(const std::string& stage,
                const std::string& address,
                const std::vector<std::string>& words);

  // Waits for its end, with no (more) input. The test fails if it does not
  // exit by itself.
  ClientResult wait();

  pid_t pid() const { return program_.pid(); }
  Program& program() { return program_; }

 private:
  Program program_;
};

// Both in one.
ClientResult run_client(const std::string& stage,
                        const std::string& address,
                        const std::vector<std::string>& words);

}  // namespace raft
