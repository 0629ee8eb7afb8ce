// A client of HTTP servers that may misbehave: it sends any bytes, in any
// pieces, or none. What does not come or can't be sent fails the test.
//
// One thread at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <Poco/Net/StreamSocket.h>

#include "common/http.h"
#include "common/http_answer_reader.h"

namespace raft {

class HttpTestClient {
 public:
  // Connects to 127.0.0.1.
  explicit HttpTestClient(std::uint16_t port);

  // All of `bytes`, with nothing added. Ends early when the server has closed
  // the connection.
  void send(std::string_view bytes);

  // Sends no more; what comes back can still be received.
  void half_close();

  // Closes so that the server sees a reset.
  void vanish();

  // Returns when the other end, which may not have read it, has got all that
  // was sent.
  void await_arrival() const;

  // Whether there is something to receive, an end included.
  bool has_something() const;

  // The next answer, as its status and body, "200 text"; "closed" when the
  // server has closed the connection.
  std::string answer();

  // Sends `bytes` and receives the answer.
  std::string ask(std::string_view bytes);

  // The next answer with its headers. Fails the test when there is none.
  HttpAnswer whole_answer();

  // All that is still to come, up to the end of the connection.
  std::string rest();

 private:
  // Appends what has come to `input`; false at the end.
  bool receive(std::string& input);

  Poco::Net::StreamSocket socket_;
  HttpAnswerReader reader_;
};

// A request without a body.
std::string http_get(const std::string& target);

// A request with one.
std::string http_put(const std::string& target, const std::string& body);

}  // namespace raft
