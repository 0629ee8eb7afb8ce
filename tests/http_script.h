// Requests and answers of HTTP for the scripts of a ScriptedServer.
#pragma once

#include <optional>
#include <string>

#include "common/http.h"
#include "tests/scripted_server.h"

namespace raft {

// The next request, headers and body as they came; nothing when the connection
// ends first.
std::optional<HttpRequest> receive_request(
    ScriptedServer::Connection& connection);

// The bytes of an answer, with a Content-Length.
std::string bytes_of(const HttpAnswer& answer);

}  // namespace raft
