// The client library: one request, one answer.
//
//   Client client("127.0.0.1:7001");
//   const Reply reply = client.put("k", "v");
//   if (reply.outcome == Outcome::kDone) …
//
// Owned and used by one thread at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "common/json.h"
#include "common/line_connection.h"

namespace raft {

// What is known after a request. The numbers are the program's exit statuses.
enum class Outcome {
  kDone = 0,
  kNotFoundOrMismatch = 1,  // the server answered, and changed nothing
  kBadRequest = 2,
  kNotExecuted = 3,  // surely
  kUnknown = 4,  // a write may or may not have been executed
};

struct Reply {
  Outcome outcome = Outcome::kUnknown;
  std::optional<std::string> value = {};  // of a get, or present at a conflict
  std::string message = {};  // for a person: what happened; empty when done
  std::string json = {};  // the server's answer; empty if there is none
};

class Client {
 public:
  // Connects with the first request.
  explicit Client(std::string server);

  Reply get(const std::string& key);
  Reply put(const std::string& key, const std::string& value);
  Reply remove(const std::string& key);
  // Sets `key` to `value` if it holds `expected` (nothing: if it is absent).
  Reply cas(const std::string& key,
            const std::optional<std::string>& expected,
            const std::string& value);
  Reply status();

 private:
  Reply call(const JsonWriter& request);

  const std::string server_;
  std::optional<LineConnection> connection_;
};

}  // namespace raft
