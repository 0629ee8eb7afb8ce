#include "common/client_socket.h"

#include <algorithm>
#include <bit>
#include <poll.h>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>

#include "common/net.h"

namespace raft {
namespace {

constexpr std::size_t kChunkBytes = 16 * 1024;

constexpr std::int64_t kLongestMs = 24 * 3600 * 1000;

// A timeout for a socket, in milliseconds, that does not pass `deadline` by
// more than one: what is left, rounded down to a power of two. So it seldom
// changes from one request to the next, and the socket need not be told; who
// is woken by it too early looks at the clock and waits again.
std::int64_t timeout_ms_for(Deadline deadline) {
  const auto left_ms = microseconds_until(deadline) / 1000;
  const auto bounded = std::clamp<std::int64_t>(left_ms, 1, kLongestMs);
  return static_cast<std::int64_t>(
      std::bit_floor(static_cast<std::uint64_t>(bounded)));
}

}  // namespace

Result<ClientSocket> ClientSocket::connect(const std::string& address,
                                           Deadline deadline) {
  ClientSocket result;
  try {
    const Poco::Net::SocketAddress parsed(address);
    const auto left = std::min(microseconds_until(deadline), kLongestMs * 1000);
    result.socket_.connect(parsed, Poco::Timespan(std::max(left, 1L)));
    result.socket_.setNoDelay(true);
  } catch (const Poco::Exception& exception) {
    return failure("cannot connect to " + address + ": " + why_of(exception));
  }
  return result;
}

Result<void> ClientSocket::send(std::string_view data, Deadline deadline) {
  try {
    while (!data.empty()) {
      const int sent = until(deadline, [&] {
        // Not StreamSocket::sendBytes(), which tries until all is sent, each
        // time for the whole timeout, and forgets what it sent when that ends.
        return socket_.impl()->Poco::Net::SocketImpl::sendBytes(
            data.data(), static_cast<int>(data.size()));
      });
      data.remove_prefix(static_cast<std::size_t>(sent));
    }
    return {};
  } catch (const Poco::Exception& exception) {
    return failure("cannot send: " + why_of(exception));
  }
}

Result<std::size_t> ClientSocket::receive(std::string& input,
                                          Deadline deadline) {
  char chunk[kChunkBytes];
  try {
    const int size = until(
        deadline, [&] { return socket_.receiveBytes(chunk, sizeof chunk); });
    const auto bytes = static_cast<std::size_t>(std::max(size, 0));
    input.append(chunk, bytes);
    return bytes;
  } catch (const Poco::Exception& exception) {
    return failure("no answer: " + why_of(exception));
  }
}

// By hand, for Poco makes an epoll set of its own for each question.
bool ClientSocket::is_quiet() const {
  pollfd socket = {.fd = descriptor(), .events = POLLIN, .revents = 0};
  return ::poll(&socket, 1, 0) == 0;
}

int ClientSocket::descriptor() const {
  return socket_.impl()->sockfd();
}

// Calls `step` until it doesn't time out, at most until `deadline`.
template <typename Step>
int ClientSocket::until(Deadline deadline, const Step& step) {
  while (true) {
    if (microseconds_until(deadline) == 0) throw Poco::TimeoutException();
    set_timeout(timeout_ms_for(deadline));
    try {
      return step();
    } catch (const Poco::TimeoutException&) {
      // The deadline decides.
    }
  }
}

void ClientSocket::set_timeout(std::int64_t ms) {
  if (ms == timeout_ms_) return;
  socket_.setSendTimeout(Poco::Timespan(ms * 1000));
  socket_.setReceiveTimeout(Poco::Timespan(ms * 1000));
  timeout_ms_ = ms;
}

}  // namespace raft
