// The socket of one client of an HttpServer, for the thread that answers.
//
// Waking the server's thread so that it sends an answer costs more than to send
// it. So the server's thread may offer a request: whoever answers it may then
// send the answer itself. Meanwhile the server's thread sends nothing, and
// before it does anything else with the client it takes the offer back, and
// with it what the socket did not take.
//
// Inside common/ only. send() may be called from any thread and at any time, if
// need be long after close(); all else belongs to the server's thread.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace raft {

class HttpOutlet {
 public:
  explicit HttpOutlet(int descriptor) : descriptor_(descriptor) {}

  HttpOutlet(const HttpOutlet&) = delete;
  HttpOutlet& operator=(const HttpOutlet&) = delete;

  // `request` says which one of the client's, and is never 0.
  // REQUIRES: the server's thread has nothing to send.
  void offer(std::uint64_t request);

  // Ends the offer. Nothing if it was not made use of; otherwise the end of the
  // answer, which is still to be sent: "" when all of it was.
  std::optional<std::string> take_back();

  // Closes the socket, and with it the offer.
  void close();

  enum class Sent { kNothing, kPart, kAll };

  // Sends as many of `bytes`, the answer to `request`, as the socket takes, and
  // keeps the others for take_back(): kPart, also when it takes none, or is
  // broken, which the server's thread finds out. kNothing, and nothing is kept,
  // when there is no offer of that request.
  Sent send(std::uint64_t request, std::string_view bytes);

 private:
  // Also holds up close(), so that send() never finds the descriptor in the
  // hands of another client.
  std::mutex mutex_;
  const int descriptor_;
  std::uint64_t offered_ = 0;  // 0 when no request is
  std::optional<std::string> left_;  // of the answer, once it is sent
};

}  // namespace raft
