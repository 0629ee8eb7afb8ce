// Answers that come later, from any thread.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <thread>
#include <vector>

#include "common/http_server.h"
#include "common/http_test_client.h"
#include "common/http_test_server.h"
#include "tests/death.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

// The first client of many for which there is room.
Client first_served(const HttpServer& server) {
  while (true) {
    Client client(server.port());
    if (client.ask(http_get("/a")) == "200 GET /a ") return client;
  }
}

class HttpServerLateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerLateTest);
  CPPUNIT_TEST(answering_a_request_twice_is_a_bug);
  CPPUNIT_TEST(answering_twice_from_another_thread_is_a_bug);
  CPPUNIT_TEST(answers_may_come_from_any_thread);
  CPPUNIT_TEST(answers_keep_the_order_of_the_requests);
  CPPUNIT_TEST(a_late_answer_holds_up_its_own_connection_only);
  CPPUNIT_TEST(an_answer_may_come_when_the_client_has_gone);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The second answer might reach the next request. These two come first, for
  // they need a process of one thread.
  void answering_a_request_twice_is_a_bug() {
    const std::string words = last_words([] {
      auto options = http_on_any_port();
      options.handler = [](const HttpRequest&, const Reply& reply) {
        reply({});
        reply({});
      };
      HttpServer server(options);
      Client client(server.port());
      client.ask(http_get("/") + http_get("/"));
      client.answer();
      client.rest();
    });

    CPPUNIT_ASSERT_MESSAGE(words, words.find("CHECK failed") != words.npos);
  }

  // There the first answer is sent past the server's thread.
  void answering_twice_from_another_thread_is_a_bug() {
    const std::string words = last_words([] {
      HeldRequests held;
      auto options = http_on_any_port();
      options.handler = held.handler();
      HttpServer server(options);
      Client client(server.port());
      client.send(http_get("/wait"));
      const auto [request, reply] = held.take();
      reply({});
      reply({});
      client.answer();
      client.rest();
    });

    CPPUNIT_ASSERT_MESSAGE(words, words.find("CHECK failed") != words.npos);
  }

  // Many at once, as a commit answers many writes.
  void answers_may_come_from_any_thread() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    HttpServer server(options);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&held] {
        for (int j = 0; j < 50; ++j) held.answer();
      });
    }
    std::deque<Client> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back(server.port());

    for (int round = 0; round < 10; ++round) {
      const std::string path = "/wait/" + std::to_string(round);
      for (Client& client : clients) client.send(http_get(path));
      for (Client& client : clients) {
        CPPUNIT_ASSERT_EQUAL("200 GET " + path + " ", client.answer());
      }
    }
    for (std::thread& thread : threads) thread.join();
  }

  // Those of one connection: its next request waits for the answer.
  void answers_keep_the_order_of_the_requests() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/wait/1") + http_get("/a") + http_get("/wait/2") +
                http_get("/b"));

    const auto [first, reply] = held.take();
    CPPUNIT_ASSERT(!client.has_something());
    reply({.body = "late"});

    CPPUNIT_ASSERT_EQUAL("200 late"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("200 GET /a "s, client.answer());
    held.answer();
    CPPUNIT_ASSERT_EQUAL("200 GET /wait/2 "s, client.answer());
    CPPUNIT_ASSERT_EQUAL("200 GET /b "s, client.answer());
  }

  // A write waits for a majority, and meanwhile others read.
  void a_late_answer_holds_up_its_own_connection_only() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    HttpServer server(options);
    Client slow(server.port());
    Client other(server.port());
    slow.send(http_get("/wait"));

    const auto [request, reply] = held.take();
    CPPUNIT_ASSERT_EQUAL("200 GET /a "s, other.ask(http_get("/a")));
    reply({.body = "late"});
    CPPUNIT_ASSERT_EQUAL("200 late"s, slow.answer());
  }

  // It reaches nobody, least of all the next client.
  void an_answer_may_come_when_the_client_has_gone() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    options.connections_max = 1;
    HttpServer server(options);
    Client gone(server.port());
    gone.send(http_get("/wait/1") + http_get("/wait/2"));
    const auto [request, reply] = held.take();
    gone.vanish();

    // The server has seen it when there is room for another one.
    Client next = first_served(server);
    next.send(http_get("/wait/3"));
    const auto [other, other_reply] = held.take();
    reply({.body = "for one that has gone"});
    other_reply({.body = other.target});

    CPPUNIT_ASSERT_EQUAL("200 /wait/3"s, next.answer());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerLateTest);

}  // namespace
}  // namespace raft
