// HTTP/1.1 requests and answers as plain values, for http_server.h and
// http_connection.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raft {

// Names and values in the order in which they stand in a message. The framing
// (Content-Length, Transfer-Encoding, Connection) is not the user's: server and
// connection write it themselves.
using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

// The value of the first header called `name`, in any case; nothing if there is
// none.
std::optional<std::string> header_in(const HttpHeaders& headers,
                                     std::string_view name);

struct HttpRequest {
  std::string method = "GET";
  std::string target = "/";  // path and query as they travel, percent-encoded
  HttpHeaders headers = {};
  std::string body = {};

  // The target up to the first '?', and what follows it ("" if there is none).
  std::string_view path() const;
  std::string_view query() const;
};

struct HttpAnswer {
  int status = 200;
  HttpHeaders headers = {};
  std::string body = {};
};

// The server to which a redirection (307) leads: HOST:PORT in its Location of
// "http://HOST:PORT/…". Empty if it is none, or leads elsewhere.
std::string redirected_to(const HttpAnswer& answer);

// `text` with all bytes but letters, digits and "-._~" as %XX: one segment of a
// path, or a name or value of a query.
std::string percent_encode(std::string_view text);

// The other way round; nothing where a '%' is not followed by two hexadecimal
// digits. A '+' stays one.
std::optional<std::string> percent_decode(std::string_view text);

// The names and values of a query "a=1&b=2", decoded; nothing where one of them
// can't be decoded. A name without '=' has the value "".
std::optional<HttpHeaders> split_query(std::string_view query);

}  // namespace raft
