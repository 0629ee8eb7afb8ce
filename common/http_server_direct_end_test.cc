// Clients that go, and servers that stop, around an answer that is sent past
// the server's thread.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <optional>
#include <thread>

#include "common/http_pausable_server.h"
#include "common/http_server.h"
#include "common/http_test_client.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

const std::string kA = "200 GET /a ";

// So long that a test which waits for it is not to be mistaken for one that
// does not.
constexpr int kLongMs = 1'000'000;

class HttpServerDirectEndTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerDirectEndTest);
  CPPUNIT_TEST(a_half_close_is_seen_before_or_after_the_answer);
  CPPUNIT_TEST(a_client_that_has_vanished_is_found_out);
  CPPUNIT_TEST(an_answered_connection_times_out);
  CPPUNIT_TEST(stop_comes_after_an_answer);
  CPPUNIT_TEST(stop_sends_the_rest_of_an_answer);
  CPPUNIT_TEST(an_answer_while_it_stops_is_the_last_one);
  CPPUNIT_TEST(a_late_answer_never_reaches_the_next_client);
  CPPUNIT_TEST(an_answer_after_the_servers_end_reaches_nobody);
  CPPUNIT_TEST_SUITE_END();

 public:
  // By the server's thread; the client gets its answer and the end.
  void a_half_close_is_seen_before_or_after_the_answer() {
    for (const bool is_seen : {true, false}) {
      PausableServer server;
      Client client = server.client();
      const Reply reply = server.hold(client);
      if (!is_seen) server.pause();
      client.half_close();
      if (is_seen) server.client();

      reply({.body = "last"});

      CPPUNIT_ASSERT_EQUAL("200 last"s, client.answer());
      server.resume();
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    }
  }

  // Sending to it fails; with room for one client only, the next one is served
  // when that was seen.
  void a_client_that_has_vanished_is_found_out() {
    for (const std::size_t bytes : {std::size_t{1}, kLargeBytes}) {
      auto options = http_on_any_port();
      options.connections_max = 2;
      PausableServer server(options);
      Client client = server.client();
      const Reply reply = server.hold(client);
      server.pause();
      client.vanish();

      reply({.body = std::string(bytes, 'x')});
      server.resume();

      wait_until("room for another client", [&server] {
        return Client((*server).port()).ask(http_get("/a")) == kA;
      });
    }
  }

  // Nobody had told the server's thread that it waits for the client again.
  void an_answered_connection_times_out() {
    auto options = http_on_any_port();
    options.idle_timeout_ms = 500;
    PausableServer server(options);
    Client client((*server).port());
    const Reply reply = server.hold(client);
    server.pause();

    reply({.body = "direct"});
    server.resume();

    CPPUNIT_ASSERT_EQUAL("200 direct"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // At once, though the server's thread has not looked yet.
  void stop_comes_after_an_answer() {
    auto options = http_on_any_port();
    options.stop_timeout_ms = kLongMs;
    PausableServer server(options);
    Client client = server.client();
    const Reply reply = server.hold(client);
    server.pause();

    reply({.body = "direct"});
    std::thread stopping([&server] { (*server).stop(); });
    server.resume();
    stopping.join();

    CPPUNIT_ASSERT_EQUAL("200 direct"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // A half of it would be worse than none.
  void stop_sends_the_rest_of_an_answer() {
    auto options = http_on_any_port();
    options.stop_timeout_ms = kLongMs;
    PausableServer server(options);
    Client client = server.client();
    const Reply reply = server.hold(client);
    server.pause();

    reply({.body = std::string(kLargeBytes, 'x')});
    std::thread stopping([&server] { (*server).stop(); });
    server.resume();

    CPPUNIT_ASSERT_EQUAL("200 " + std::string(kLargeBytes, 'x'),
                         client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    stopping.join();
  }

  // Whichever comes first.
  void an_answer_while_it_stops_is_the_last_one() {
    for (int round = 0; round < 50; ++round) {
      auto options = http_on_any_port();
      options.stop_timeout_ms = kLongMs;
      PausableServer server(options);
      Client client = server.client();
      const Reply reply = server.hold(client);

      std::thread stopping([&server] { (*server).stop(); });
      reply({.body = "last"});

      CPPUNIT_ASSERT_EQUAL("200 last"s, client.answer());
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
      stopping.join();
    }
  }

  // Which has got the descriptor of the one that has gone.
  void a_late_answer_never_reaches_the_next_client() {
    for (int round = 0; round < 20; ++round) {
      auto options = http_on_any_port();
      options.connections_max = 1;
      PausableServer server(options);
      Client gone = server.client();
      const Reply late = server.hold(gone);
      gone.vanish();
      std::optional<Client> next;
      wait_until("room for another client", [&] {
        return next.emplace((*server).port()).ask(http_get("/a")) == kA;
      });
      const Reply reply = server.hold(*next);

      late({.body = "for one that has gone"});
      CPPUNIT_ASSERT(!next->has_something());
      reply({.body = "for the next one"});

      CPPUNIT_ASSERT_EQUAL("200 for the next one"s, next->answer());
    }
  }

  // Here the descriptor belongs to a client of another server, which would get
  // the answer for a request.
  void an_answer_after_the_servers_end_reaches_nobody() {
    HttpServer other(http_on_any_port());
    auto options = http_on_any_port();
    options.stop_timeout_ms = 0;
    PausableServer server(options);
    Client gone = server.client();
    const Reply late = server.hold(gone);
    (*server).stop();
    std::deque<Client> clients;
    for (int i = 0; i < 4; ++i) clients.emplace_back(other.port());

    late({.body = "for one that has gone"});

    for (Client& client : clients) {
      CPPUNIT_ASSERT_EQUAL(kA, client.ask(http_get("/a")));
    }
    CPPUNIT_ASSERT_EQUAL("closed"s, gone.answer());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerDirectEndTest);

}  // namespace
}  // namespace raft
