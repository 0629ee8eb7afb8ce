// HTTP requests as bytes, to be bent at will, and what comes back as bytes.
#pragma once

#include <cppunit/TestAssert.h>
#include <string>

#include "common/http.h"
#include "tests/raw_connection.h"

namespace raft {

// A request after which the server is to close the connection. `headers` are
// whole lines, each with its end; a body has its Content-Length added.
inline std::string raw_request(const std::string& method,
                               const std::string& target,
                               const std::string& headers = "",
                               const std::string& body = "") {
  std::string text = method + " " + target + " HTTP/1.1\r\n" +
                     "Host: test\r\nConnection: close\r\n" + headers;
  if (!body.empty()) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  return text + "\r\n" + body;
}

// The one answer that `text` is. Its body may be missing, as after a HEAD.
inline HttpAnswer raw_answer(const std::string& text) {
  const std::size_t end = text.find("\r\n\r\n");
  CPPUNIT_ASSERT_MESSAGE(
      "no HTTP: " + text,
      text.starts_with("HTTP/1.1 ") && end != std::string::npos);
  HttpAnswer answer{.status = std::stoi(text.substr(9)),
                    .body = text.substr(end + 4)};
  std::size_t at = text.find("\r\n") + 2;
  while (at < end) {
    const std::size_t next = text.find("\r\n", at);
    const std::size_t colon = text.find(": ", at);
    CPPUNIT_ASSERT_MESSAGE(text, colon < next);
    answer.headers.emplace_back(text.substr(at, colon - at),
                                text.substr(colon + 2, next - colon - 2));
    at = next + 2;
  }
  const std::string length =
      header_in(answer.headers, "Content-Length").value_or("");
  CPPUNIT_ASSERT_MESSAGE(
      text,
      answer.body.empty() || length == std::to_string(answer.body.size()));
  return answer;
}

// Sends `bytes` and returns what is answered before the server closes the
// connection, which it must.
inline HttpAnswer ask_raw(const std::string& address,
                          const std::string& bytes) {
  RawConnection connection(address);
  connection.send(bytes);
  return raw_answer(connection.receive_rest());
}

}  // namespace raft
