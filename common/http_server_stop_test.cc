// stop(): what has arrived is answered, and nobody can hold it up.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <optional>
#include <thread>

#include <Poco/Exception.h>

#include "common/deadline.h"
#include "common/http_server.h"
#include "common/http_test_client.h"
#include "common/http_test_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

const std::string kA = "200 GET /a ";

// So long that a test which waits for it is not to be mistaken for one that
// does not.
constexpr int kLongMs = 1'000'000;

class HttpServerStopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerStopTest);
  CPPUNIT_TEST(stop_answers_what_has_arrived);
  CPPUNIT_TEST(stop_answers_what_nobody_has_read_yet);
  CPPUNIT_TEST(stop_answers_who_has_just_connected);
  CPPUNIT_TEST(stop_ends_idle_connections);
  CPPUNIT_TEST(stop_waits_for_no_second_half);
  CPPUNIT_TEST(stop_does_not_wait_for_a_refused_client);
  CPPUNIT_TEST(stop_gives_up_a_client_that_never_reads);
  CPPUNIT_TEST(stop_gives_up_an_answer_that_never_comes);
  CPPUNIT_TEST(an_answer_may_come_when_the_server_is_gone);
  CPPUNIT_TEST(answers_may_come_while_it_stops);
  CPPUNIT_TEST(stop_may_be_repeated_and_ends_the_listening);
  CPPUNIT_TEST(a_restart_on_the_same_port_works_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Also behind a request that is not answered yet; half a request is none.
  void stop_answers_what_has_arrived() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    options.stop_timeout_ms = kLongMs;
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/wait") + http_get("/a") + http_put("/b", "x") +
                "GET /half");
    client.await_arrival();

    std::thread stopping([&server] { server.stop(); });
    held.answer();

    CPPUNIT_ASSERT_EQUAL("200 GET /wait "s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kA, client.answer());
    CPPUNIT_ASSERT_EQUAL("200 PUT /b x"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    stopping.join();
  }

  // A client that has sent far ahead is not read from, up to here.
  void stop_answers_what_nobody_has_read_yet() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    options.head_bytes_max = 100;
    options.stop_timeout_ms = kLongMs;
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/wait") + http_get("/a") + http_get("/a") +
                http_get("/a"));
    const auto [request, reply] = held.take();
    for (int i = 0; i < 1000; ++i) client.send(http_get("/a"));
    client.await_arrival();

    std::thread stopping([&server] { server.stop(); });
    reply({.body = "late"});

    CPPUNIT_ASSERT_EQUAL("200 late"s, client.answer());
    for (int i = 0; i < 1003; ++i) CPPUNIT_ASSERT_EQUAL(kA, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    stopping.join();
  }

  // The kernel has, though perhaps not the server yet.
  void stop_answers_who_has_just_connected() {
    HttpServer server(http_on_any_port());
    std::deque<Client> clients;
    for (int i = 0; i < 50; ++i) {
      clients.emplace_back(server.port()).send(http_get("/a"));
    }
    for (const Client& client : clients) client.await_arrival();

    server.stop();

    for (Client& client : clients) CPPUNIT_ASSERT_EQUAL(kA, client.answer());
  }

  // Long before their idle timeout, which this test would not live to see.
  void stop_ends_idle_connections() {
    auto options = http_on_any_port();
    options.stop_timeout_ms = kLongMs;
    HttpServer server(options);
    std::deque<Client> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back(server.port());
    for (Client& client : clients) client.ask(http_get("/a"));

    server.stop();

    for (Client& client : clients) {
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    }
  }

  // It may never come.
  void stop_waits_for_no_second_half() {
    auto options = http_on_any_port();
    options.stop_timeout_ms = kLongMs;
    HttpServer server(options);
    Client head(server.port());
    Client body(server.port());
    head.send("GET / HTTP/1.1\r\n");
    body.send(http_put("/", "x").substr(0, 45));

    server.stop();

    CPPUNIT_ASSERT_EQUAL("closed"s, head.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, body.answer());
  }

  // Who was refused and does not go is drained for half a minute otherwise.
  void stop_does_not_wait_for_a_refused_client() {
    auto options = http_on_any_port();
    options.connections_max = 2;
    options.stop_timeout_ms = kLongMs;
    HttpServer server(options);
    Client first(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, first.ask(http_get("/a")));
    Client second(server.port());
    CPPUNIT_ASSERT_EQUAL("400 bad_request"s, second.ask("nonsense\r\n\r\n"));
    Client third(server.port());
    CPPUNIT_ASSERT_EQUAL("503 unavailable"s, third.answer());

    const auto start = Clock::now();
    server.stop();

    CPPUNIT_ASSERT(Clock::now() - start < std::chrono::seconds(15));
  }

  // It would hold the server until its idle timeout, five minutes later.
  void stop_gives_up_a_client_that_never_reads() {
    auto options = http_on_any_port();
    options.handler = [](const HttpRequest&, const Reply& reply) {
      reply({.body = std::string(1 << 26, 'x')});
    };
    options.stop_timeout_ms = 50;
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/a") + http_get("/a"));
    client.await_arrival();

    server.stop();

    CPPUNIT_ASSERT(client.rest().size() < 1 << 26);
  }

  // The client sees that there is none.
  void stop_gives_up_an_answer_that_never_comes() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    options.stop_timeout_ms = 50;
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/wait"));
    const auto [request, reply] = held.take();

    server.stop();
    reply({.body = "too late"});

    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  void an_answer_may_come_when_the_server_is_gone() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    options.stop_timeout_ms = 1;
    std::optional<HttpServer> server(options);
    Client client(server->port());
    client.send(http_get("/wait"));
    auto [request, reply] = held.take();

    server.reset();
    reply({.body = "too late"});
    reply = nullptr;

    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // Whichever comes first, and from several threads.
  void answers_may_come_while_it_stops() {
    for (int round = 0; round < 20; ++round) {
      HeldRequests held;
      auto options = http_on_any_port();
      options.handler = held.handler();
      std::optional<HttpServer> server(options);
      std::deque<Client> clients;
      for (int i = 0; i < 4; ++i) {
        clients.emplace_back(server->port()).send(http_get("/wait"));
      }
      for (const Client& client : clients) client.await_arrival();
      std::deque<std::thread> threads;
      for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&held] { held.answer(); });
      }
      threads.emplace_back([&server] { server->stop(); });
      server->stop();

      for (Client& client : clients) {
        CPPUNIT_ASSERT_EQUAL("200 GET /wait "s, client.answer());
        CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
      }
      for (std::thread& thread : threads) thread.join();
    }
  }

  // A new connection finds nobody.
  void stop_may_be_repeated_and_ends_the_listening() {
    HttpServer server(http_on_any_port());
    CPPUNIT_ASSERT_EQUAL(kA, Client(server.port()).ask(http_get("/a")));

    server.stop();
    server.stop();

    CPPUNIT_ASSERT_THROW(Client{server.port()}, Poco::Exception);
  }

  // Though the old connections, ended by the server, linger in the kernel.
  void a_restart_on_the_same_port_works_at_once() {
    auto options = http_on_any_port();
    std::optional<HttpServer> server(std::in_place, options);
    options.address = "127.0.0.1:" + std::to_string(server->port());
    for (int i = 0; i < 3; ++i) {
      Client client(server->port());
      CPPUNIT_ASSERT_EQUAL(kA, client.ask(http_get("/a")));
      server.reset();
      server.emplace(options);
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
      CPPUNIT_ASSERT_EQUAL(kA, Client(server->port()).ask(http_get("/a")));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerStopTest);

}  // namespace
}  // namespace raft
