// A client of the HTTP API for chaos runs. It never guesses: what it records of
// an operation is what it knows, and of a write that may or may not have taken
// effect it knows nothing.
//
// It asks one server after another, follows redirections, and repeats what was
// surely not executed. A write whose outcome is unknown it repeats only under a
// serial number, and then until it is answered (PROTOCOL.md section 3).
//
// For one thread; the History is shared.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/deadline.h"
#include "common/http.h"
#include "common/http_connection.h"
#include "tests/history.h"

namespace raft {

struct ChaosClientOptions {
  std::uint64_t number = 1;
  std::vector<std::string> servers = {};  // client addresses, never empty
  std::string session = {};  // Raft-Client-Id; empty: writes have no serials
  std::string consistency = "linearizable";
  std::int64_t try_timeout_ms = 1'000;
  // How long an operation is tried again, with and without serial numbers.
  std::int64_t give_up_ms = 5'000;
  std::int64_t give_up_with_serial_ms = 30'000;
  std::uint64_t seed = 1;
};

class ChaosClient {
 public:
  struct Counts {
    std::uint64_t tries = 0;
    std::uint64_t redirections = 0;
    std::uint64_t repeats = 0;  // of a serial number, after an unknown outcome
    // Answers that no server may give, and the first of them.
    std::uint64_t nonsense = 0;
    std::string first_nonsense = {};
  };

  ChaosClient(ChaosClientOptions options, History& history);

  // Does `operation`: its kind, key, expected and value. Returns it as it was
  // recorded, without the times.
  Operation run(Operation operation);

  const Counts& counts() const { return counts_; }

 private:
  // What one try has come to.
  struct Answer {
    Operation::Outcome outcome = Operation::Outcome::kUnknown;
    std::optional<std::string> result = {};
    std::string redirected_to = {};
    bool is_session_over = false;
  };

  Answer run_all_tries(const Operation& operation);
  HttpRequest request_for(const Operation& operation) const;
  Answer try_at(const std::string& server,
                const Operation& operation,
                const HttpRequest& request);
  Answer understand(const HttpAnswer& answer, const Operation& operation);
  Answer understand_error(const HttpAnswer& answer, const Operation& operation);
  Answer nonsense(const HttpAnswer& answer);
  void begin_session();
  const std::string& any_server();

  const ChaosClientOptions options_;
  History& history_;
  std::mt19937_64 random_;
  std::map<std::string, HttpConnection> connections_;
  std::string leader_;  // the last server that did a write; may be empty
  std::uint64_t sessions_ = 0;
  std::uint64_t serial_ = 0;
  Counts counts_;
};

}  // namespace raft
