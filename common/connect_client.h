// A caller of one service of the Connect protocol (see connect.h): one call at
// a time, over a connection that is kept, and opened again when it is broken.
//
//   ConnectClient client("127.0.0.1:7101", "raft.v1.RaftService");
//   v1::AppendEntriesResponse response;
//   const auto done = client.call(
//       "AppendEntries", request, response, deadline_in_ms(500));
//
// A call may also be begun by a thread that must not wait, and be finished by
// another one:
//
//   if (client.is_ready()) client.begin("AppendEntries", request);
//
//   while (!client.wait(500)) {}  // something has come
//   const auto done = client.finish(response, deadline_in_ms(500));
//
// For one thread at a time; but while one is in wait() another one may use it.
// wake() and stop() are for any thread.
#pragma once

#include <google/protobuf/message.h>
#include <mutex>
#include <optional>
#include <string>

#include "common/connect.h"
#include "common/deadline.h"
#include "common/http_connection.h"
#include "common/poller.h"
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

  // True if there is a connection, and nothing but quiet on it.
  bool is_ready() const { return connection_ && connection_->is_quiet(); }

  // Sends `request` and returns at once. What goes wrong is told by finish().
  // REQUIRES: is_ready()
  void begin(const std::string& method,
             const google::protobuf::Message& request);

  // Waits for the answer to what was begun, as call() does, but sends nothing
  // again.
  Result<void> finish(google::protobuf::Message& response, Deadline deadline);

  // True when there is something to receive: the answer to what was begun or,
  // between two calls, the end of the connection. False after wake(), or
  // `timeout_ms`.
  bool wait(int timeout_ms);
  void wake() { poller_.wake(); }

  // Closes the connection.
  void disconnect();

  // From any thread: the call that is under way fails, at once unless it has to
  // connect first, and so does each one after it.
  void stop();

 private:
  HttpRequest request_of(const std::string& method,
                         const google::protobuf::Message& request) const;
  Result<HttpAnswer> exchange(const HttpRequest& request, Deadline deadline);
  Result<HttpAnswer> receive(Deadline deadline);
  Result<void> connect(Deadline deadline);
  bool is_stopped();

  const std::string address_;
  const std::string prefix_;
  Poller poller_;
  std::mutex mutex_;  // for changes of the two below, and for stop()
  bool is_stopped_ = false;
  std::optional<HttpConnection> connection_;
};

}  // namespace raft
