// Requests there, answers back, and never a wait past the deadline. What an
// answer may look like is in http_answer_reader_test.cc.
#include "common/http_connection.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <utility>

#include <Poco/Net/ServerSocket.h>

#include "common/net.h"
#include "common/test_process.h"
#include "tests/http_script.h"
#include "tests/reserved_port.h"
#include "tests/scripted_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Connection = ScriptedServer::Connection;

HttpConnection connected(const std::string& address) {
  auto connection = HttpConnection::connect(address, patience());
  CPPUNIT_ASSERT(connection);
  return std::move(*connection);
}

template <typename T>
std::string complaint_of(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

void send(HttpConnection& connection, const HttpRequest& request = {}) {
  const auto sent = connection.send(request, patience());
  CPPUNIT_ASSERT_EQUAL("none"s, complaint_of(sent));
}

HttpAnswer receive(HttpConnection& connection) {
  const auto answer = connection.receive(patience());
  CPPUNIT_ASSERT_EQUAL("none"s, complaint_of(answer));
  return *answer;
}

void await_readable(const HttpConnection& connection) {
  pollfd wanted{.fd = connection.descriptor(), .events = POLLIN, .revents = 0};
  CPPUNIT_ASSERT_EQUAL(1, poll(&wanted, 1, 50'000));
}

// Answers each request with what it was, as a body.
void echo(Connection& connection) {
  while (const auto request = receive_request(connection)) {
    std::string body = request->method + " " + request->target + "\n";
    for (const auto& [name, value] : request->headers) {
      if (name != "Host") body += name + "=" + value + "\n";
    }
    connection.send(bytes_of({.body = body + request->body}));
  }
}

// A script that answers the first request with `bytes` and waits for a second.
ScriptedServer::Script answer_with(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    receive_request(connection);
    connection.send(bytes);
    receive_request(connection);
  };
}

class HttpConnectionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpConnectionTest);
  CPPUNIT_TEST(a_request_arrives_as_it_was_made);
  CPPUNIT_TEST(a_request_without_a_body_says_so_where_one_is_usual);
  CPPUNIT_TEST(a_host_is_named_once);
  CPPUNIT_TEST(requests_are_answered_in_their_order);
  CPPUNIT_TEST(an_answer_may_come_byte_by_byte);
  CPPUNIT_TEST(a_large_body_goes_there_and_back);
  CPPUNIT_TEST(a_moved_connection_goes_on);
  CPPUNIT_TEST(a_port_without_a_server_refuses);
  CPPUNIT_TEST(a_bad_address_is_named);
  CPPUNIT_TEST(receiving_ends_at_the_deadline);
  CPPUNIT_TEST(sending_ends_at_the_deadline);
  CPPUNIT_TEST(an_answer_that_has_arrived_is_there_after_the_deadline);
  CPPUNIT_TEST(a_server_that_closes_early_is_said);
  CPPUNIT_TEST(garbage_is_said);
  CPPUNIT_TEST(a_connection_is_quiet_between_answer_and_request);
  CPPUNIT_TEST(a_connection_is_not_quiet_when_something_has_come);
  CPPUNIT_TEST(a_connection_is_not_quiet_when_it_is_going_to_be_closed);
  CPPUNIT_TEST(a_connection_is_not_quiet_when_the_server_has_closed_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Method, target, headers and body.
  void a_request_arrives_as_it_was_made() {
    const ScriptedServer server({echo});
    HttpConnection connection = connected(server.address());

    send(connection,
         {.method = "PUT",
          .target = "/v1/kv/a%20b?x=1",
          .headers = {{"Raft-Serial", "7"}, {"Empty", ""}},
          .body = "a\r\n\r\n\0b"s});

    const HttpAnswer answer = receive(connection);
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL(
        "PUT /v1/kv/a%20b?x=1\nRaft-Serial=7\nEmpty=\nContent-Length=7\n"
        "a\r\n\r\n\0b"s,
        answer.body);
  }

  // A server must not wait for one (RFC 9110 §8.6).
  void a_request_without_a_body_says_so_where_one_is_usual() {
    const ScriptedServer server({echo});
    HttpConnection connection = connected(server.address());

    send(connection, {.method = "GET", .target = "/"});
    send(connection, {.method = "DELETE", .target = "/"});

    CPPUNIT_ASSERT_EQUAL("GET /\n"s, receive(connection).body);
    CPPUNIT_ASSERT_EQUAL("DELETE /\nContent-Length=0\n"s,
                         receive(connection).body);
  }

  // A server that serves several names would need it (RFC 9112 §3.2).
  void a_host_is_named_once() {
    const ScriptedServer server({answer_with(bytes_of({}))});
    HttpConnection connection = connected(server.address());

    send(connection, {.target = "/x"});
    receive(connection);

    const std::vector<std::string> expected = {
        "GET /x HTTP/1.1\r", "Host: " + server.address() + "\r", "\r"};
    CPPUNIT_ASSERT(expected == server.received());
  }

  // Also when they were sent before the first answer.
  void requests_are_answered_in_their_order() {
    const ScriptedServer server({echo});
    HttpConnection connection = connected(server.address());

    send(connection, {.target = "/1"});
    send(connection, {.target = "/2"});

    CPPUNIT_ASSERT_EQUAL("GET /1\n"s, receive(connection).body);
    CPPUNIT_ASSERT_EQUAL("GET /2\n"s, receive(connection).body);
  }

  // And in chunks, after a word that is none.
  void an_answer_may_come_byte_by_byte() {
    const std::string bytes =
        "HTTP/1.1 100 Continue\r\n\r\n"
        "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nab\r\n1\r\nc\r\n0\r\n\r\n";
    const ScriptedServer server({[&](Connection& connection) {
      receive_request(connection);
      for (const char c : bytes) connection.send({&c, 1});
      receive_request(connection);
    }});
    HttpConnection connection = connected(server.address());

    send(connection);

    const HttpAnswer answer = receive(connection);
    CPPUNIT_ASSERT_EQUAL(201, answer.status);
    CPPUNIT_ASSERT_EQUAL("abc"s, answer.body);
    CPPUNIT_ASSERT(connection.is_quiet());
  }

  // In many pieces, while the other side takes its time.
  void a_large_body_goes_there_and_back() {
    const ScriptedServer server({echo});
    HttpConnection connection = connected(server.address());
    std::string body(8 * 1024 * 1024, 'x');
    for (std::size_t i = 0; i < body.size(); i += 1000) {
      body[i] = static_cast<char>('a' + i / 1000 % 26);
    }

    send(connection, {.method = "POST", .body = body});

    CPPUNIT_ASSERT("POST /\nContent-Length=8388608\n" + body ==
                   receive(connection).body);
  }

  // Clients keep theirs in an optional.
  void a_moved_connection_goes_on() {
    const ScriptedServer server({echo});
    HttpConnection first = connected(server.address());
    HttpConnection second = connected(server.address());
    send(first, {.target = "/1"});

    second = std::move(first);

    CPPUNIT_ASSERT_EQUAL("GET /1\n"s, receive(second).body);
  }

  // With a hint.
  void a_port_without_a_server_refuses() {
    const ReservedPort port;

    CPPUNIT_ASSERT_EQUAL(
        "cannot connect to " + port.address() +
            ": connection refused (no server there?)",
        complaint_of(HttpConnection::connect(port.address(), patience())));
  }

  // No exception gets out.
  void a_bad_address_is_named() {
    for (const std::string address : {"", "nonsense", "127.0.0.1:x"}) {
      const auto connection = HttpConnection::connect(address, patience());
      CPPUNIT_ASSERT_MESSAGE(address, !connection);
      CPPUNIT_ASSERT(connection.error().message.starts_with(
          "cannot connect to " + address + ": "));
    }
  }

  // Whatever has come before of the answer.
  void receiving_ends_at_the_deadline() {
    const ScriptedServer server(
        {answer_with("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhalf")});
    HttpConnection connection = connected(server.address());
    send(connection);

    CPPUNIT_ASSERT_EQUAL("no answer: timed out"s,
                         complaint_of(connection.receive(deadline_in_ms(20))));
  }

  // A server that reads nothing takes what fits into the kernel's buffers.
  void sending_ends_at_the_deadline() {
    const auto listening = *listen_on("127.0.0.1:0");
    HttpConnection connection = connected(listening.address().toString());
    const HttpRequest request{.method = "POST",
                              .body = std::string(32 * 1024 * 1024, 'x')};

    CPPUNIT_ASSERT_EQUAL(
        "cannot send: timed out"s,
        complaint_of(connection.send(request, deadline_in_ms(20))));
  }

  // It came in time.
  void an_answer_that_has_arrived_is_there_after_the_deadline() {
    const ScriptedServer server(
        {answer_with(bytes_of({.body = "a"}) + bytes_of({.body = "b"}))});
    HttpConnection connection = connected(server.address());
    send(connection);
    CPPUNIT_ASSERT_EQUAL("a"s, receive(connection).body);

    const auto second = connection.receive(Clock::now());

    CPPUNIT_ASSERT_EQUAL("none"s, complaint_of(second));
    CPPUNIT_ASSERT_EQUAL("b"s, second->body);
  }

  // Before the answer, or in the middle of it.
  void a_server_that_closes_early_is_said() {
    for (const std::string part : {"", "HTTP/1.1 200 OK\r\n"}) {
      const ScriptedServer server({[&](Connection& connection) {
        receive_request(connection);
        connection.send(part);
      }});
      HttpConnection connection = connected(server.address());
      send(connection);

      CPPUNIT_ASSERT_EQUAL("the server closed the connection"s,
                           complaint_of(connection.receive(patience())));
    }
  }

  // A server of something else is there.
  void garbage_is_said() {
    const ScriptedServer server({answer_with("{\"ok\":true}\r\n\r\n")});
    HttpConnection connection = connected(server.address());
    send(connection);

    CPPUNIT_ASSERT_EQUAL("the server's answer is no HTTP/1.1"s,
                         complaint_of(connection.receive(patience())));
  }

  // It may be used again.
  void a_connection_is_quiet_between_answer_and_request() {
    const ScriptedServer server({echo});
    HttpConnection connection = connected(server.address());

    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(connection.is_quiet());
      send(connection);
      receive(connection);
    }
    CPPUNIT_ASSERT(connection.is_quiet());
  }

  // In the kernel's buffer or in ours.
  void a_connection_is_not_quiet_when_something_has_come() {
    const ScriptedServer server({answer_with(bytes_of({}) + bytes_of({}))});
    HttpConnection connection = connected(server.address());
    send(connection);
    await_readable(connection);

    CPPUNIT_ASSERT(!connection.is_quiet());
    receive(connection);
    CPPUNIT_ASSERT(!connection.is_quiet());
    receive(connection);
    CPPUNIT_ASSERT(connection.is_quiet());
  }

  // A request that comes too late for it would have an unknown outcome.
  void a_connection_is_not_quiet_when_it_is_going_to_be_closed() {
    const ScriptedServer server(
        {answer_with(bytes_of({.headers = {{"Connection", "close"}}}))});
    HttpConnection connection = connected(server.address());
    send(connection);
    receive(connection);

    CPPUNIT_ASSERT(!connection.is_quiet());
  }

  // A request would surely not be answered.
  void a_connection_is_not_quiet_when_the_server_has_closed_it() {
    const ScriptedServer server({[](Connection&) {}});
    HttpConnection connection = connected(server.address());
    await_readable(connection);

    CPPUNIT_ASSERT(!connection.is_quiet());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpConnectionTest);

}  // namespace
}  // namespace raft
