#include "tests/http_script.h"

namespace raft {

std::optional<HttpRequest> receive_request(
    ScriptedServer::Connection& connection) {
  const auto first = connection.receive();
  if (!first) return std::nullopt;
  HttpRequest request;
  request.method = first->substr(0, first->find(' '));
  request.target = first->substr(first->find(' ') + 1);
  request.target = request.target.substr(0, request.target.find(' '));
  for (auto line = connection.receive(); line != "\r";
       line = connection.receive()) {
    if (!line) return std::nullopt;
    const std::size_t colon = line->find(": ");
    request.headers.emplace_back(
        line->substr(0, colon),
        line->substr(colon + 2, line->size() - colon - 3));
  }
  if (const auto length = header_in(request.headers, "Content-Length")) {
    const auto body = connection.receive(std::stoul(*length));
    if (!body) return std::nullopt;
    request.body = *body;
  }
  return request;
}

std::string bytes_of(const HttpAnswer& answer) {
  std::string bytes = "HTTP/1.1 " + std::to_string(answer.status) + " Any\r\n";
  for (const auto& [name, value] : answer.headers) {
    bytes += name + ": " + value + "\r\n";
  }
  bytes += "Content-Length: " + std::to_string(answer.body.size());
  return bytes + "\r\n\r\n" + answer.body;
}

}  // namespace raft
