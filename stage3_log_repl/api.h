// The front end for clients: JSON lines over TCP, one request a line.
//
//   {"op":"put","key":"k","value":"v"}   ->  {"ok":true}
//   {"op":"get","key":"k"}               ->  {"ok":true,"value":"v"}
//
// Everything about a request is checked before anything is changed.
#pragma once

#include <string>
#include <string_view>

#include "common/json.h"
#include "common/line_server.h"

namespace raft {

class Server;

class Api {
 public:
  // Listens on `address` at once; `server` must outlive this.
  Api(Server& server, const std::string& address);

  // Answers what has arrived, then no more.
  void stop();

 private:
  // These run on the threads of the connections.
  std::string answer(std::string_view line);
  std::string write(const JsonObject& request, const std::string& op);
  std::string get(const JsonObject& request);
  std::string status();

  Server& server_;
  LineServer lines_;  // last: its threads call the rest
};

}  // namespace raft
