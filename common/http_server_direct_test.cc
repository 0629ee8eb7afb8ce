// Answers that the thread which gives them sends itself, past the server's own
// thread, and those that it must leave to that one.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <thread>

#include "common/http_pausable_server.h"
#include "common/http_server.h"
#include "common/http_test_client.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

const std::string kA = "200 GET /a ";

class HttpServerDirectTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerDirectTest);
  CPPUNIT_TEST(a_lone_request_is_answered_past_the_servers_thread);
  CPPUNIT_TEST(a_thousand_answers_of_another_thread);
  CPPUNIT_TEST(few_and_many_unanswered_requests_in_turn);
  CPPUNIT_TEST(many_unanswered_requests_are_left_to_the_server);
  CPPUNIT_TEST(the_rest_of_a_large_answer_is_left_to_the_server);
  CPPUNIT_TEST(a_request_that_came_ahead_is_answered_second);
  CPPUNIT_TEST(a_request_that_comes_while_one_is_held_is_answered_second);
  CPPUNIT_TEST(the_end_of_an_answer_comes_before_the_next_one);
  CPPUNIT_TEST(head_and_close_are_left_to_the_server);
  CPPUNIT_TEST_SUITE_END();

 public:
  // And that one, once it goes on, serves the client as ever.
  void a_lone_request_is_answered_past_the_servers_thread() {
    PausableServer server;
    Client client = server.client();
    const Reply reply = server.hold(client);
    server.pause();

    reply({.headers = {{"X", "y"}}, .body = "direct"});

    const HttpAnswer answer = client.whole_answer();
    CPPUNIT_ASSERT_EQUAL("direct"s, answer.body);
    CPPUNIT_ASSERT_EQUAL("y"s, header_in(answer.headers, "X").value_or(""));
    CPPUNIT_ASSERT(header_in(answer.headers, "Date"));
    client.send(http_get("/a"));
    client.await_arrival();
    server.resume();
    CPPUNIT_ASSERT_EQUAL(kA, client.answer());
  }

  // The next request is sent as soon as the answer is there.
  void a_thousand_answers_of_another_thread() {
    PausableServer server;
    std::thread answering([&server] {
      for (int i = 0; i < 1000; ++i) server.held.answer();
    });
    Client client = server.client();

    for (int i = 0; i < 1000; ++i) {
      const std::string path = "/wait/" + std::to_string(i);
      CPPUNIT_ASSERT_EQUAL("200 GET " + path + " ", client.ask(http_get(path)));
    }
    answering.join();
  }

  // So that both ways are taken by turns, on the same connections.
  void few_and_many_unanswered_requests_in_turn() {
    constexpr int kRounds = 300;
    PausableServer server;
    std::deque<Client> clients;
    for (int i = 0; i < 6; ++i) clients.push_back(server.client());
    std::deque<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&server] {
        for (int j = 0; j < kRounds * 7 / 2; ++j) server.held.answer();
      });
    }

    // 1, 2, … 6 clients, and each time the average is 3.5.
    for (int round = 0; round < kRounds * 2; ++round) {
      const auto count = static_cast<std::size_t>(round % 6 + 1);
      const std::string path = "/wait/" + std::to_string(round);
      for (std::size_t i = 0; i < count; ++i) clients[i].send(http_get(path));
      for (std::size_t i = 0; i < count; ++i) {
        CPPUNIT_ASSERT_EQUAL("200 GET " + path + " ", clients[i].answer());
      }
    }
    for (std::thread& thread : threads) thread.join();
  }

  // It sends them together.
  void many_unanswered_requests_are_left_to_the_server() {
    PausableServer server;
    std::deque<Client> clients;
    std::deque<Reply> replies;
    for (int i = 0; i < 10; ++i) {
      clients.push_back(server.client());
      replies.push_back(server.hold(clients.back()));
    }
    server.pause();

    for (const Reply& reply : replies) reply({.body = "late"});

    for (const Client& client : clients) {
      CPPUNIT_ASSERT(!client.has_something());
    }
    server.resume();
    for (Client& client : clients) {
      CPPUNIT_ASSERT_EQUAL("200 late"s, client.answer());
    }
  }

  // Which waits until the client reads.
  void the_rest_of_a_large_answer_is_left_to_the_server() {
    PausableServer server;
    Client client = server.client();
    const Reply reply = server.hold(client);
    server.pause();

    reply({.body = std::string(kLargeBytes, 'x')});

    CPPUNIT_ASSERT(client.has_something());
    server.resume();
    CPPUNIT_ASSERT_EQUAL(kA, server.client().ask(http_get("/a")));
    CPPUNIT_ASSERT_EQUAL("200 " + std::string(kLargeBytes, 'x'),
                         client.answer());
    CPPUNIT_ASSERT_EQUAL(kA, client.ask(http_get("/a")));
  }

  // Both have arrived when the first one is held.
  void a_request_that_came_ahead_is_answered_second() {
    PausableServer server;
    Client client = server.client();
    const Reply reply = server.hold(client, http_get("/wait") + http_get("/a"));
    server.pause();

    reply({.body = "first"});

    CPPUNIT_ASSERT(!client.has_something());
    server.resume();
    CPPUNIT_ASSERT_EQUAL("200 first"s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kA, client.answer());
  }

  // The server's thread may have seen it when the first one is answered, or may
  // not.
  void a_request_that_comes_while_one_is_held_is_answered_second() {
    for (const bool is_seen : {true, false}) {
      PausableServer server;
      Client client = server.client();
      const Reply reply = server.hold(client);
      if (!is_seen) server.pause();
      client.send(http_get("/a") + http_get("/wait"));
      client.await_arrival();
      // Whoever connects now is served after that.
      if (is_seen) server.client();

      reply({.body = "first"});

      CPPUNIT_ASSERT_EQUAL("200 first"s, client.answer());
      server.resume();
      CPPUNIT_ASSERT_EQUAL(kA, client.answer());
      server.held.answer();
      CPPUNIT_ASSERT_EQUAL("200 GET /wait "s, client.answer());
    }
  }

  // Though the next request is there before the server's thread looks.
  void the_end_of_an_answer_comes_before_the_next_one() {
    PausableServer server;
    Client client = server.client();
    const Reply reply = server.hold(client);
    server.pause();
    client.send(http_get("/a"));
    client.await_arrival();

    reply({.body = std::string(kLargeBytes, 'x')});
    server.resume();

    CPPUNIT_ASSERT_EQUAL("200 " + std::string(kLargeBytes, 'x'),
                         client.answer());
    CPPUNIT_ASSERT_EQUAL(kA, client.answer());
  }

  // Both need more than the answer's bytes.
  void head_and_close_are_left_to_the_server() {
    PausableServer server;
    Client head = server.client();
    const Reply head_reply =
        server.hold(head, "HEAD /wait HTTP/1.1\r\nHost: h\r\n\r\n");
    server.pause();
    head_reply({.body = "four"});
    CPPUNIT_ASSERT(!head.has_something());
    server.resume();
    head.half_close();
    const std::string text = head.rest();
    CPPUNIT_ASSERT_MESSAGE(text, text.find("Length: 4\r\n") != text.npos);
    CPPUNIT_ASSERT_MESSAGE(text, text.ends_with("\r\n\r\n"));

    Client last = server.client();
    const Reply last_reply = server.hold(
        last, "GET /wait HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    server.pause();
    last_reply({.body = "last"});
    CPPUNIT_ASSERT(!last.has_something());
    server.resume();
    const HttpAnswer answer = last.whole_answer();
    CPPUNIT_ASSERT_EQUAL("close"s,
                         header_in(answer.headers, "Connection").value_or(""));
    CPPUNIT_ASSERT_EQUAL("closed"s, last.answer());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerDirectTest);

}  // namespace
}  // namespace raft
