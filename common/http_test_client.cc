#include "common/http_test_client.h"

#include <cppunit/TestAssert.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <thread>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>

#include "common/net.h"
#include "common/test_process.h"

namespace raft {

HttpTestClient::HttpTestClient(std::uint16_t port)
    : socket_(Poco::Net::SocketAddress("127.0.0.1", port)) {
  const Poco::Timespan timeout(microseconds_until(patience()));
  socket_.setNoDelay(true);
  socket_.setReceiveTimeout(timeout);
  socket_.setSendTimeout(timeout);
}

void HttpTestClient::send(std::string_view bytes) {
  try {
    send_all(socket_, bytes);
  } catch (const Poco::TimeoutException&) {
    CPPUNIT_FAIL("the server reads no more");
  } catch (const Poco::Exception&) {
    // Closed: to be seen in the answer.
  }
}

void HttpTestClient::half_close() {
  socket_.shutdownSend();
}

void HttpTestClient::vanish() {
  socket_.setLinger(true, 0);
  socket_.close();
}

void HttpTestClient::await_arrival() const {
  const Deadline deadline = patience();
  int bytes = 1;
  while (bytes != 0) {
    CPPUNIT_ASSERT(Clock::now() < deadline);
    CPPUNIT_ASSERT_EQUAL(0,
                         ::ioctl(socket_.impl()->sockfd(), SIOCOUTQ, &bytes));
    std::this_thread::yield();
  }
}

bool HttpTestClient::has_something() const {
  // Not Poco's poll(), which needs a descriptor of its own.
  pollfd wanted = {};
  wanted.fd = socket_.impl()->sockfd();
  wanted.events = POLLIN;
  return ::poll(&wanted, 1, 0) > 0;
}

std::string HttpTestClient::answer() {
  while (true) {
    if (const auto answer = reader_.next()) {
      return std::to_string(answer->status) + " " + answer->body;
    }
    if (!receive(reader_.input())) return "closed";
  }
}

std::string HttpTestClient::ask(std::string_view bytes) {
  send(bytes);
  return answer();
}

HttpAnswer HttpTestClient::whole_answer() {
  while (true) {
    if (auto answer = reader_.next()) return *answer;
    CPPUNIT_ASSERT_MESSAGE("no answer", receive(reader_.input()));
  }
}

std::string HttpTestClient::rest() {
  std::string input = std::exchange(reader_.input(), {});
  while (receive(input)) {
  }
  return input;
}

bool HttpTestClient::receive(std::string& input) {
  char chunk[64 * 1024];
  try {
    const int size = socket_.receiveBytes(chunk, sizeof chunk);
    if (size <= 0) return false;
    input.append(chunk, static_cast<std::size_t>(size));
    return true;
  } catch (const Poco::TimeoutException&) {
    CPPUNIT_FAIL("nothing comes");
  } catch (const Poco::Exception&) {
    // Reset.
  }
  return false;
}

std::string http_get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string http_put(const std::string& target, const std::string& body) {
  return "PUT " + target + " HTTP/1.1\r\nHost: h\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace raft
