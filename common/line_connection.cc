#include "common/line_connection.h"

#include <algorithm>
#include <bit>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/StreamSocket.h>

#include "common/check.h"
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

struct LineConnection::Impl {
  // Calls `step` until it doesn't time out, at most until `deadline`.
  template <typename Step>
  auto until(Deadline deadline, const Step& step) {
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

  void set_timeout(std::int64_t ms) {
    if (ms == timeout_ms) return;
    socket.setSendTimeout(Poco::Timespan(ms * 1000));
    socket.setReceiveTimeout(Poco::Timespan(ms * 1000));
    timeout_ms = ms;
  }

  Poco::Net::StreamSocket socket = {};
  std::int64_t timeout_ms = 0;  // what the socket was told
  std::string input = {};  // received, not yet handed out
};

LineConnection::LineConnection(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

LineConnection::LineConnection(LineConnection&&) noexcept = default;
LineConnection& LineConnection::operator=(LineConnection&&) noexcept = default;
LineConnection::~LineConnection() = default;

Result<LineConnection> LineConnection::connect(const std::string& address,
                                               Deadline deadline) {
  auto impl = std::make_unique<Impl>();
  try {
    const Poco::Net::SocketAddress parsed(address);
    const auto left = std::min(microseconds_until(deadline), kLongestMs * 1000);
    impl->socket.connect(parsed, Poco::Timespan(std::max(left, 1L)));
    impl->socket.setNoDelay(true);
  } catch (const Poco::Exception& exception) {
    return failure("cannot connect to " + address + ": " + why_of(exception));
  }
  return LineConnection(std::move(impl));
}

Result<void> LineConnection::send(std::string_view line, Deadline deadline) {
  CHECK(line.find('\n') == std::string_view::npos);
  const std::string data = std::string(line) + '\n';
  std::size_t sent = 0;
  try {
    while (sent < data.size()) {
      sent += impl_->until(deadline, [&] {
        // Not StreamSocket::sendBytes(), which tries until all is sent, each
        // time for the whole timeout, and forgets what it sent when that ends.
        return static_cast<std::size_t>(
            impl_->socket.impl()->Poco::Net::SocketImpl::sendBytes(
                data.data() + sent, static_cast<int>(data.size() - sent)));
      });
    }
    return {};
  } catch (const Poco::Exception& exception) {
    return failure("cannot send: " + why_of(exception));
  }
}

Result<std::string> LineConnection::receive(Deadline deadline) {
  std::string& input = impl_->input;
  std::size_t searched = 0;
  try {
    while (true) {
      const std::size_t end = input.find('\n', searched);
      if (end != std::string::npos) {
        std::string line = input.substr(0, end);
        input.erase(0, end + 1);
        return line;
      }
      searched = input.size();
      char chunk[kChunkBytes];
      const int size = impl_->until(deadline, [&] {
        return impl_->socket.receiveBytes(chunk, sizeof chunk);
      });
      if (size <= 0) return failure("the server closed the connection");
      input.append(chunk, static_cast<std::size_t>(size));
    }
  } catch (const Poco::Exception& exception) {
    return failure("no answer: " + why_of(exception));
  }
}

bool LineConnection::is_quiet() const {
  constexpr auto kAnything =
      Poco::Net::Socket::SELECT_READ | Poco::Net::Socket::SELECT_ERROR;
  return impl_->input.empty() &&
         !impl_->socket.poll(Poco::Timespan(0), kAnything);
}

int LineConnection::descriptor() const {
  return impl_->socket.impl()->sockfd();
}

}  // namespace raft
