// The server of one service of the Connect protocol (see connect.h), on top of
// an HttpServer. A method gets its request as a protobuf message, and answers
// with one, at once or later.
//
//   ConnectServer server(
//       {.address = "127.0.0.1:7101",
//        .service = "raft.v1.RaftService",
//        .methods = {connect_method<v1::AppendEntriesRequest>(
//            "AppendEntries", [](auto& request, const ConnectReply& reply) {
//              reply.fail({ConnectCode::kUnavailable, "not today"});
//            })}});
//
// All that the protocol refuses (another path, verb, content type or version, a
// body that does not decode) is answered before a method hears of it, and so is
// a call whose Connect-Timeout-Ms passes before its method has answered.
#pragma once

#include <cstdint>
#include <functional>
#include <google/protobuf/message.h>
#include <memory>
#include <string>
#include <vector>

#include "common/connect.h"

namespace raft {

// Answers one call, once: what is said after that, or after the deadline of the
// call, does nothing. A call whose replies have all gone without an answer is
// told that there is none. May be copied, and called by any thread.
class ConnectReply {
 public:
  void answer(const google::protobuf::Message& response) const;
  void fail(const ConnectError& error) const;

 private:
  friend class ConnectServer;
  struct Call;
  explicit ConnectReply(std::shared_ptr<Call> call);

  std::shared_ptr<Call> call_;
};

struct ConnectMethod {
  using Message = google::protobuf::Message;

  std::string name = {};
  // An empty request, to be filled in.
  std::function<std::unique_ptr<Message>()> make_request = {};
  // Runs on the server's thread, so it must not block, and must not throw. The
  // request ends with the call.
  std::function<void(Message&, const ConnectReply&)> handler = {};
};

// A method `name` whose requests are of the type Request:
// handler(Request&, const ConnectReply&).
template <typename Request, typename Handler>
ConnectMethod connect_method(std::string name, Handler handler) {
  return {.name = std::move(name),
          .make_request = [] { return std::make_unique<Request>(); },
          .handler =
              [handler = std::move(handler)](ConnectMethod::Message& request,
                                             const ConnectReply& reply) {
                handler(static_cast<Request&>(request), reply);
              }};
}

struct ConnectServerOptions {
  std::string address = {};  // HOST:PORT; port 0 lets the kernel pick one
  std::string service = {};  // with its package: "raft.v1.RaftService"
  std::vector<ConnectMethod> methods = {};
  std::size_t body_bytes_max = 2 * 1024 * 1024;
};

class ConnectServer {
 public:
  // Listens at once; ends the process with a clear line when it can't.
  explicit ConnectServer(ConnectServerOptions options);

  // Stops.
  ~ConnectServer();

  ConnectServer(const ConnectServer&) = delete;
  ConnectServer& operator=(const ConnectServer&) = delete;

  // Accepts no further call, and returns when all that are under way are
  // answered, which is for their methods to do. May be repeated.
  void stop();

  // The port it listens on, never 0.
  std::uint16_t port() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace raft
