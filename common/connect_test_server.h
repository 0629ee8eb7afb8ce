// A service of the Connect protocol for the suites of both of its ends, and
// calls of it.
#pragma once

#include <google/protobuf/source_context.pb.h>
#include <string>

#include "common/connect_client.h"
#include "common/connect_server.h"
#include "common/inbox.h"
#include "common/test_process.h"

namespace raft {

using google::protobuf::SourceContext;

inline const std::string kService = "test.v1.EchoService";

inline SourceContext message(const std::string& text) {
  SourceContext result;
  result.set_file_name(text);
  return result;
}

// Answers Echo with what it got; Keep keeps its calls for the test.
class EchoServer {
 public:
  EchoServer()
      : server_({.address = "127.0.0.1:0",
                 .service = kService,
                 .methods = {connect_method<SourceContext>(
                                 "Echo",
                                 [](const SourceContext& request,
                                    const ConnectReply& reply) {
                                   reply.answer(request);
                                 }),
                             connect_method<SourceContext>(
                                 "Keep",
                                 [this](const SourceContext&,
                                        const ConnectReply& reply) {
                                   kept_.push(reply);
                                 })},
                 .body_bytes_max = 1000}) {}

  std::string address() const {
    return "127.0.0.1:" + std::to_string(server_.port());
  }

  // The next call of Keep.
  ConnectReply kept() { return kept_.pop().value(); }

  void stop() { server_.stop(); }

 private:
  Inbox<ConnectReply> kept_;
  ConnectServer server_;
};

// The answer to a call, or the complaint.
inline std::string call(ConnectClient& client,
                        const std::string& method,
                        const std::string& text) {
  SourceContext response;
  const auto done = client.call(method, message(text), response, patience());
  return done ? response.file_name() : done.error().message;
}

}  // namespace raft
