// The client library: one request, one answer, and the truth about it.
//
//   Client client({"127.0.0.1:7001", "127.0.0.1:7002", "127.0.0.1:7003"});
//   const Reply reply = client.put("k", "v");
//   if (reply.outcome == Outcome::kDone) …
//
// It knows all servers: a read goes to any of them, a write to the leader. From
// one that is dead or can't serve it walks on to the next, with growing pauses,
// until the request is answered or the time is up.
//
// A write that may have been executed is sent again, too: it has a number, and
// the cluster does not execute the same one twice (§8). If it can't learn the
// answer in time the outcome is unknown, and the reply says so.
//
// Owned and used by one thread at a time.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "common/http_connection.h"

namespace raft {

// What is known after a request. The numbers are the program's exit statuses.
enum class Outcome {
  kDone = 0,
  kNotFoundOrMismatch = 1,  // the server answered, and changed nothing
  kBadRequest = 2,
  kNotExecuted = 3,  // surely
  kUnknown = 4,  // a write may or may not have been executed
};

struct KeyValue {
  std::string key = {};
  std::string value = {};
};

struct Reply {
  Outcome outcome = Outcome::kUnknown;
  std::optional<std::string> value = {};  // of a get, or present at a conflict
  std::vector<KeyValue> entries = {};  // of a list, by key
  std::string error =
      {};  // the server's code for what is wrong, if it said one
  std::string message = {};  // for a person: what happened; empty when done
  std::string json = {};  // the server's answer; empty if there is none
};

class Client {
 public:
  // Connects with the first request to a server, and again when the connection
  // breaks. `timeout_ms` bounds each request, its retries included.
  // REQUIRES: `servers` (HOST:PORT each) is not empty.
  explicit Client(std::vector<std::string> servers,
                  std::int64_t timeout_ms = 10'000);

  Reply get(const std::string& key);
  Reply put(const std::string& key, const std::string& value);
  Reply remove(const std::string& key);
  // Sets `key` to `value` if it holds `expected` (nothing: if it is absent).
  Reply cas(const std::string& key,
            const std::optional<std::string>& expected,
            const std::string& value);
  // All keys that begin with `prefix`, page by page: what is written meanwhile
  // may be missing.
  Reply list(const std::string& prefix);
  // Of one server, whichever answers.
  Reply status();

 private:
  enum class Kind { kRead, kWrite };

  Reply write(HttpRequest request);
  Reply call(const HttpRequest& request, Kind kind, Deadline deadline);
  Reply attempt(const std::string& server,
                const HttpRequest& request,
                Deadline deadline);
  void begin_session();
  const std::string& next_server();

  const std::vector<std::string> servers_;
  const std::int64_t timeout_ms_;
  const std::int64_t share_ms_;  // of the timeout, for one server
  std::map<std::string, HttpConnection> connections_;  // by server
  std::mt19937_64 random_;
  std::size_t next_ = 0;  // in servers_
  std::string leader_;  // last heard of; empty if nobody has named one
  std::string client_id_;  // as random as to be unique
  std::uint64_t serial_ = 0;  // of the latest write
};

}  // namespace raft
