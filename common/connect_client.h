// A caller of one service of the Connect protocol (see connect.h): one call at
// a time, over a connection that is kept, and opened again when it is broken.
//
//   ConnectClient client("127.0.0.1:7101", "raft.v1.RaftService");
//   v1::AppendEntriesResponse response;
//   const auto done = client.call(
//       "AppendEntries", request, response, deadline_in_ms(500));
//
// For one thread, but for stop().
#pragma once

#include <google/protobuf/message.h>
#include <mutex>
#include <optional>
#include <string>

#include "common/connect.h"
#include "common/deadline.h"
#include "common/http_connection.h"
#include "common/result.h"

namespace raft {

class ConnectClient {
 public:
  // Connects to HOST:PORT when there is something to send.
  ConnectClient(std::string address, const std::string& service)
      : address_(std::move(address)), prefix_("/" + service + "/") {}

  // Sends `request`, waits for the answer and fills `response` from it. Fails,
  // saying why, when that does not come before `deadline`, or is an error. When
  // a connection that was kept turns out to be broken, the request goes out
  // again on a new one. REQUIRES: the method may be called twice for once.
  Result<void> call(const std::string& method,
                    const google::protobuf::Message& request,
                    google::protobuf::Message& response,
                    Deadline deadline);

  // From any thread: the call that is under way fails, at once unless it has to
  // connect first, and so does each one after it.
  void stop();

 private:
  Result<HttpAnswer> exchange(const HttpRequest& request, Deadline deadline);
  Result<void> connect(Deadline deadline);
  bool is_stopped();
  void disconnect();

  const std::string address_;
  const std::string prefix_;
  std::mutex mutex_;  // for changes of the two below, and for stop()
  bool is_stopped_ = false;
  std::optional<HttpConnection> connection_;
};

}  // namespace raft
