// Lines there and back, and never a wait past the deadline.
#include "common/line_connection.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <utility>

#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "common/line_server.h"
#include "common/net.h"
#include "common/test_process.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using namespace std::string_literals;

// Where a server answers each line with the same line.
std::string echo_address() {
  static const LineServer server(
      {.address = "127.0.0.1:0",
       .handler = [](std::string_view line) { return std::string(line); },
       .line_bytes_max = 16 * 1024 * 1024});
  return "127.0.0.1:" + std::to_string(server.port());
}

LineConnection connected(const std::string& address) {
  auto connection = LineConnection::connect(address, patience());
  CPPUNIT_ASSERT(connection);
  return std::move(*connection);
}

template <typename T>
std::string complaint_of(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

// Both ends of a connection; the other one does what the test says.
struct Pair {
  Poco::Net::ServerSocket listening = *listen_on("127.0.0.1:0");
  LineConnection connection = connected(listening.address().toString());
  Poco::Net::StreamSocket other = listening.acceptConnection();
};

void await_readable(const LineConnection& connection) {
  pollfd wanted{.fd = connection.descriptor(), .events = POLLIN, .revents = 0};
  CPPUNIT_ASSERT_EQUAL(1, poll(&wanted, 1, 50'000));
}

class LineConnectionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LineConnectionTest);
  CPPUNIT_TEST(lines_go_there_and_back);
  CPPUNIT_TEST(lines_that_come_together_are_handed_out_one_by_one);
  CPPUNIT_TEST(a_long_line_arrives_whole);
  CPPUNIT_TEST(a_moved_connection_goes_on);
  CPPUNIT_TEST(a_port_without_a_server_refuses);
  CPPUNIT_TEST(a_bad_address_is_named);
  CPPUNIT_TEST(connecting_ends_at_the_deadline);
  CPPUNIT_TEST(receiving_ends_at_the_deadline);
  CPPUNIT_TEST(sending_ends_at_the_deadline);
  CPPUNIT_TEST(a_deadline_that_has_passed_sends_and_receives_nothing);
  CPPUNIT_TEST(a_line_that_has_arrived_is_there_after_the_deadline);
  CPPUNIT_TEST(a_server_that_closes_is_said);
  CPPUNIT_TEST(half_a_line_is_no_line);
  CPPUNIT_TEST(a_reset_is_said);
  CPPUNIT_TEST(a_connection_is_quiet_between_answer_and_request);
  CPPUNIT_TEST(a_connection_is_not_quiet_when_something_has_come);
  CPPUNIT_TEST(a_connection_is_not_quiet_when_the_server_has_closed_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Blank ones and any bytes, too.
  void lines_go_there_and_back() {
    LineConnection connection = connected(echo_address());

    for (const std::string& line : {"a"s, ""s, "b\r"s, "\0\xFF"s}) {
      CPPUNIT_ASSERT(connection.send(line, patience()));
      CPPUNIT_ASSERT_EQUAL(line, *connection.receive(patience()));
    }
  }

  // In their order.
  void lines_that_come_together_are_handed_out_one_by_one() {
    Pair pair;
    send_all(pair.other, "a\n\nb\nc");
    CPPUNIT_ASSERT_EQUAL("a"s, *pair.connection.receive(patience()));
    CPPUNIT_ASSERT_EQUAL(""s, *pair.connection.receive(patience()));
    CPPUNIT_ASSERT_EQUAL("b"s, *pair.connection.receive(patience()));

    send_all(pair.other, "d\n");
    CPPUNIT_ASSERT_EQUAL("cd"s, *pair.connection.receive(patience()));
  }

  // In many pieces, while the other side takes its time.
  void a_long_line_arrives_whole() {
    LineConnection connection = connected(echo_address());
    std::string line(4 * 1024 * 1024, 'x');
    for (std::size_t i = 0; i < line.size(); i += 1000) {
      line[i] = static_cast<char>('a' + i / 1000 % 26);
    }

    CPPUNIT_ASSERT(connection.send(line, patience()));

    CPPUNIT_ASSERT(line == *connection.receive(patience()));
  }

  // Clients keep theirs in an optional.
  void a_moved_connection_goes_on() {
    LineConnection first = connected(echo_address());
    LineConnection second = connected(echo_address());
    CPPUNIT_ASSERT(first.send("a", patience()));

    second = std::move(first);

    CPPUNIT_ASSERT_EQUAL("a"s, *second.receive(patience()));
  }

  // With a hint.
  void a_port_without_a_server_refuses() {
    const ReservedPort port;

    CPPUNIT_ASSERT_EQUAL(
        "cannot connect to " + port.address() +
            ": connection refused (no server there?)",
        complaint_of(LineConnection::connect(port.address(), patience())));
  }

  // No exception gets out.
  void a_bad_address_is_named() {
    for (const std::string address : {"",
                                      "nonsense",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:x",
                                      "127.0.0.1:99999",
                                      ":"}) {
      const auto connection = LineConnection::connect(address, patience());
      CPPUNIT_ASSERT_MESSAGE(address, !connection);
      CPPUNIT_ASSERT(connection.error().message.starts_with(
          "cannot connect to " + address + ": "));
    }
  }

  // Linux drops attempts when the queue of a listening socket is full.
  void connecting_ends_at_the_deadline() {
    Poco::Net::ServerSocket listening;
    listening.bind(Poco::Net::SocketAddress("127.0.0.1:0"), true, false);
    listening.listen(0);
    const std::string address = listening.address().toString();
    const LineConnection fills_the_queue = connected(address);

    const auto connection =
        LineConnection::connect(address, deadline_in_ms(20));

    CPPUNIT_ASSERT_EQUAL("cannot connect to " + address + ": timed out",
                         complaint_of(connection));
  }

  // Whatever has come before of the line.
  void receiving_ends_at_the_deadline() {
    Pair pair;
    send_all(pair.other, "half a line");

    CPPUNIT_ASSERT_EQUAL(
        "no answer: timed out"s,
        complaint_of(pair.connection.receive(deadline_in_ms(20))));
  }

  // Once twice the time could pass, as each part had the whole timeout.
  void sending_ends_at_the_deadline() {
    Pair pair;
    const std::string line(32 * 1024 * 1024, 'x');
    const auto start = Clock::now();

    const auto sent = pair.connection.send(line, start + kBounded);

    CPPUNIT_ASSERT_EQUAL("cannot send: timed out"s, complaint_of(sent));
    CPPUNIT_ASSERT(Clock::now() - start >= kBounded);
  }

  // Not even when there would be room.
  void a_deadline_that_has_passed_sends_and_receives_nothing() {
    Pair pair;

    CPPUNIT_ASSERT_EQUAL("cannot send: timed out"s,
                         complaint_of(pair.connection.send("a", Clock::now())));
    CPPUNIT_ASSERT_EQUAL("no answer: timed out"s,
                         complaint_of(pair.connection.receive(Clock::now())));
  }

  // It came in time.
  void a_line_that_has_arrived_is_there_after_the_deadline() {
    Pair pair;
    send_all(pair.other, "a\nb\n");
    CPPUNIT_ASSERT_EQUAL("a"s, *pair.connection.receive(patience()));

    CPPUNIT_ASSERT_EQUAL("b"s, *pair.connection.receive(Clock::now()));
  }

  // In order, so no reset.
  void a_server_that_closes_is_said() {
    Pair pair;
    pair.other.close();

    CPPUNIT_ASSERT_EQUAL("the server closed the connection"s,
                         complaint_of(pair.connection.receive(patience())));
  }

  // Half an answer could be another answer.
  void half_a_line_is_no_line() {
    Pair pair;
    send_all(pair.other, "{\"ok\":true");
    pair.other.close();

    CPPUNIT_ASSERT_EQUAL("the server closed the connection"s,
                         complaint_of(pair.connection.receive(patience())));
  }

  // As when the server is killed with our line unread.
  void a_reset_is_said() {
    Pair pair;
    pair.other.setLinger(true, 0);
    pair.other.close();

    CPPUNIT_ASSERT_EQUAL("no answer: the connection was reset"s,
                         complaint_of(pair.connection.receive(patience())));
    CPPUNIT_ASSERT_EQUAL("cannot send: the connection was reset"s,
                         complaint_of(pair.connection.send("a", patience())));
  }

  // It may be used again.
  void a_connection_is_quiet_between_answer_and_request() {
    LineConnection connection = connected(echo_address());

    CPPUNIT_ASSERT(connection.is_quiet());
    CPPUNIT_ASSERT(connection.send("a", patience()));
    CPPUNIT_ASSERT_EQUAL("a"s, *connection.receive(patience()));
    CPPUNIT_ASSERT(connection.is_quiet());
  }

  // In the kernel's buffer or in ours.
  void a_connection_is_not_quiet_when_something_has_come() {
    Pair pair;
    send_all(pair.other, "a\nb\n");
    await_readable(pair.connection);

    CPPUNIT_ASSERT(!pair.connection.is_quiet());
    CPPUNIT_ASSERT_EQUAL("a"s, *pair.connection.receive(patience()));
    CPPUNIT_ASSERT(!pair.connection.is_quiet());
    CPPUNIT_ASSERT_EQUAL("b"s, *pair.connection.receive(patience()));
    CPPUNIT_ASSERT(pair.connection.is_quiet());
  }

  // A request would surely not be answered.
  void a_connection_is_not_quiet_when_the_server_has_closed_it() {
    for (const bool has_reset : {false, true}) {
      Pair pair;
      if (has_reset) pair.other.setLinger(true, 0);
      pair.other.close();
      await_readable(pair.connection);

      CPPUNIT_ASSERT(!pair.connection.is_quiet());
    }
  }

 private:
  static constexpr std::chrono::milliseconds kBounded{20};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LineConnectionTest);

}  // namespace
}  // namespace raft
