// No client that harms another one, or takes more than its share. What takes
// too long, and too many clients, are in http_server_limits_test.cc.
#include <atomic>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <thread>
#include <vector>

#include "common/http_server.h"
#include "common/http_test_client.h"
#include "common/http_test_server.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

constexpr char kHalf[] = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n";

std::string get_a(Client& client) {
  return client.ask(http_get("/a"));
}

const std::string kA = "200 GET /a ";

class HttpServerHostileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerHostileTest);
  CPPUNIT_TEST(two_thousand_silent_clients_keep_nobody_out);
  CPPUNIT_TEST(a_trickling_client_holds_up_nobody);
  CPPUNIT_TEST(a_half_closed_client_gets_all_its_answers);
  CPPUNIT_TEST(half_a_request_is_none);
  CPPUNIT_TEST(a_client_that_vanishes_harms_nobody);
  CPPUNIT_TEST(a_client_that_never_reads_gets_few_answers);
  CPPUNIT_TEST(a_client_that_never_reads_is_closed);
  CPPUNIT_TEST(a_client_that_sends_ahead_waits_its_turn);
  CPPUNIT_TEST_SUITE_END();

 public:
  // An idle connection costs its memory and nothing else.
  void two_thousand_silent_clients_keep_nobody_out() {
    HttpServer server(http_on_any_port());
    std::deque<Client> silent;
    for (int i = 0; i < 2000; ++i) silent.emplace_back(server.port());

    Client client(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, get_a(client));
    CPPUNIT_ASSERT_EQUAL(kA, get_a(silent.front()));
    CPPUNIT_ASSERT_EQUAL(kA, get_a(silent.back()));
  }

  // One byte at a time, and others are answered after each.
  void a_trickling_client_holds_up_nobody() {
    HttpServer server(http_on_any_port());
    Client trickling(server.port());
    Client other(server.port());

    for (const char c : http_put("/slow", "one byte at a time")) {
      trickling.send({&c, 1});
      CPPUNIT_ASSERT_EQUAL(kA, get_a(other));
    }

    CPPUNIT_ASSERT_EQUAL("200 PUT /slow one byte at a time"s,
                         trickling.answer());
  }

  // nc does that, and waits.
  void a_half_closed_client_gets_all_its_answers() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    HttpServer server(options);
    Client client(server.port());
    client.send(http_get("/wait") + http_get("/a") + http_get("/wait"));
    client.half_close();

    held.answer();
    held.answer();

    CPPUNIT_ASSERT_EQUAL("200 GET /wait "s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kA, client.answer());
    CPPUNIT_ASSERT_EQUAL("200 GET /wait "s, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // Half a put would put something else.
  void half_a_request_is_none() {
    std::atomic<int> calls = 0;
    auto options = http_on_any_port();
    options.handler = [&calls](const HttpRequest& request, const Reply& reply) {
      ++calls;
      reply({.body = in_short(request)});
    };
    HttpServer server(options);

    for (const std::string& half :
         {"G"s, "GET / HTTP/1.1\r\nHost: h\r\n"s, kHalf + "\r\nh"s}) {
      Client client(server.port());
      client.send(http_get("/a") + half);
      client.half_close();
      CPPUNIT_ASSERT_EQUAL(kA, client.answer());
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    }
    CPPUNIT_ASSERT_EQUAL(3, calls.load());
  }

  // Before its request, in the middle of it, and before its answer.
  void a_client_that_vanishes_harms_nobody() {
    HeldRequests held;
    auto options = http_on_any_port();
    options.handler = held.handler();
    HttpServer server(options);
    Client other(server.port());

    for (const std::string& bytes : {""s,
                                     std::string(kHalf),
                                     http_get("/a") + http_get("/a"),
                                     http_get("/wait")}) {
      Client client(server.port());
      client.send(bytes);
      client.vanish();
      CPPUNIT_ASSERT_EQUAL(kA, get_a(other));
    }
  }

  // As many as fit between it and the server; the rest would pile up here.
  void a_client_that_never_reads_gets_few_answers() {
    constexpr int kRequests = 1000;
    std::atomic<int> calls = 0;
    auto options = http_on_any_port();
    options.handler = [&calls](const HttpRequest& request, const Reply& reply) {
      if (request.target != "/long") return reply({.body = in_short(request)});
      ++calls;
      reply({.body = std::string(1024 * 1024, 'x')});
    };
    HttpServer server(options);
    Client never_reads(server.port());
    Client other(server.port());
    for (int i = 0; i < kRequests; ++i) never_reads.send(http_get("/long"));

    // Were there no limit, each of these would see one more call.
    for (int i = 0; i < kRequests; ++i) {
      CPPUNIT_ASSERT_EQUAL(kA, get_a(other));
    }

    CPPUNIT_ASSERT(calls > 0);
    CPPUNIT_ASSERT(calls < kRequests / 10);
  }

  // And makes room for others.
  void a_client_that_never_reads_is_closed() {
    auto options = http_on_any_port();
    options.handler = [](const HttpRequest& request, const Reply& reply) {
      const std::size_t size = request.target == "/long" ? 1 << 26 : 1;
      reply({.body = std::string(size, 'x')});
    };
    options.idle_timeout_ms = 50;
    options.connections_max = 1;
    HttpServer server(options);
    Client never_reads(server.port());
    never_reads.send(http_get("/long"));

    wait_until("there is room for another client", [&server] {
      return Client(server.port()).ask(http_get("/")) == "200 x";
    });

    CPPUNIT_ASSERT(never_reads.rest().size() < 1 << 26);
  }

  // Others come after each of its requests, not after all of them.
  void a_client_that_sends_ahead_waits_its_turn() {
    std::atomic<bool> is_open = false;
    std::atomic<bool> has_arrived = false;
    int calls = 0;
    int calls_before_the_other = -1;
    auto options = http_on_any_port();
    options.handler = [&](const HttpRequest& request, const Reply& reply) {
      if (request.target == "/gate") {
        has_arrived = true;
        while (!is_open) std::this_thread::yield();
      }
      if (request.target == "/other") calls_before_the_other = calls;
      ++calls;
      reply({.body = in_short(request)});
    };
    {
      HttpServer server(options);
      Client other(server.port());
      other.ask(http_get("/"));
      Client greedy(server.port());
      std::string requests = http_get("/gate");
      for (int i = 0; i < 1000; ++i) requests += http_get("/a");
      greedy.send(requests);
      wait_until("the gate is reached", [&] { return has_arrived.load(); });

      other.send(http_get("/other"));
      is_open = true;

      CPPUNIT_ASSERT_EQUAL("200 GET /other "s, other.answer());
      CPPUNIT_ASSERT_EQUAL("200 GET /gate "s, greedy.answer());
      for (int i = 0; i < 1000; ++i) CPPUNIT_ASSERT_EQUAL(kA, greedy.answer());
    }
    CPPUNIT_ASSERT_EQUAL(1003, calls);
    CPPUNIT_ASSERT(calls_before_the_other < 10);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerHostileTest);

}  // namespace
}  // namespace raft
