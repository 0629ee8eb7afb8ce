// The client library: one request, one answer, and the truth about it.
//
//   Client client("127.0.0.1:7001");
//   const Reply reply = client.put("k", "v");
//   if (reply.outcome == Outcome::kDone) …
//
// A request that surely was not executed is sent again, with growing pauses,
// until it is answered or the time is up. One that may have been executed is
// sent again only if it is a read: a write that runs twice can undo what
// another client wrote in between (§8). Its outcome is unknown, and the reply
// says so.
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
  // Connects with the first request, and again when the connection breaks.
  // `timeout_ms` bounds each request, its retries included.
  explicit Client(std::string server, std::int64_t timeout_ms = 10'000);

  Reply get(const std::string& key);
  Reply put(const std::string& key, const std::string& value);
  Reply remove(const std::string& key);
  // Sets `key` to `value` if it holds `expected` (nothing: if it is absent).
  Reply cas(const std::string& key,
            const std::optional<std::string>& expected,
            const std::string& value);
  Reply status();

 private:
  enum class Kind { kRead, kWrite };

  Reply call(const JsonWriter& request, Kind kind);
  Reply attempt(const JsonWriter& request, Deadline deadline);

  const std::string server_;
  const std::int64_t timeout_ms_;
  std::optional<LineConnection> connection_;
};

}  // namespace raft
