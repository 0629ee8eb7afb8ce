#include "tests/raw_connection.h"

#include <cppunit/TestAssert.h>
#include <sys/socket.h>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "common/test_process.h"

namespace raft {

struct RawConnection::Impl {
  Poco::Net::StreamSocket socket = {};
  std::string input = {};  // received, not yet handed out
};

RawConnection::RawConnection(const std::string& address)
    : impl_(std::make_unique<Impl>()) {
  const Poco::Timespan timeout(microseconds_until(patience()));
  try {
    impl_->socket.connect(Poco::Net::SocketAddress(address), timeout);
    impl_->socket.setNoDelay(true);
    impl_->socket.setSendTimeout(timeout);
    impl_->socket.setReceiveTimeout(timeout);
  } catch (const Poco::Exception& exception) {
    CPPUNIT_FAIL("cannot connect: " + exception.displayText());
  }
}

RawConnection::RawConnection(RawConnection&&) noexcept = default;
RawConnection::~RawConnection() = default;

void RawConnection::send(std::string_view bytes) {
  try {
    const int size = static_cast<int>(bytes.size());
    CPPUNIT_ASSERT_EQUAL(
        size, impl_->socket.sendBytes(bytes.data(), size, MSG_NOSIGNAL));
  } catch (const Poco::Exception& exception) {
    CPPUNIT_FAIL("cannot send: " + exception.displayText());
  }
}

void RawConnection::half_close() {
  impl_->socket.shutdownSend();
}

std::string RawConnection::receive_line() {
  std::string& input = impl_->input;
  std::size_t end = 0;
  while ((end = input.find('\n')) == std::string::npos) {
    CPPUNIT_ASSERT_MESSAGE("the connection ended after \"" + input + "\"",
                           receive());
  }
  std::string line = input.substr(0, end);
  input.erase(0, end + 1);
  return line;
}

std::string RawConnection::receive_bytes(std::size_t size) {
  std::string& input = impl_->input;
  while (input.size() < size) {
    CPPUNIT_ASSERT_MESSAGE("the connection ended after \"" + input + "\"",
                           receive());
  }
  std::string bytes = input.substr(0, size);
  input.erase(0, size);
  return bytes;
}

std::string RawConnection::receive_rest() {
  while (receive()) {
  }
  return std::exchange(impl_->input, {});
}

std::string RawConnection::ask(const std::string& line) {
  send(line + '\n');
  return receive_line();
}

bool RawConnection::receive() {
  char chunk[64 * 1024];
  try {
    const int size = impl_->socket.receiveBytes(chunk, sizeof chunk);
    if (size <= 0) return false;
    impl_->input.append(chunk, static_cast<std::size_t>(size));
    return true;
  } catch (const Poco::Exception& exception) {
    CPPUNIT_FAIL("cannot receive: " + exception.displayText());
  }
  return false;
}

}  // namespace raft
