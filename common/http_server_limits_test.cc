// Time limits, too many connections, and no descriptor for one more.
#include <algorithm>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>
#include <vector>

#include "common/http_server.h"
#include "common/http_test_client.h"
#include "common/http_test_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;

constexpr char kHalf[] = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n";
constexpr char kChunked[] =
    "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string get_a(Client& client) {
  return client.ask(http_get("/a"));
}

const std::string kA = "200 GET /a ";

void set_limit_of_open_files(rlim_t files) {
  rlimit limit{};
  CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
  limit.rlim_cur = std::min(files, limit.rlim_max);
  CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));
}

class HttpServerLimitsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerLimitsTest);
  CPPUNIT_TEST(a_request_that_takes_too_long_is_told_so);
  CPPUNIT_TEST(a_request_that_goes_on_for_ever_takes_too_long);
  CPPUNIT_TEST(a_silent_connection_is_closed_after_the_idle_timeout);
  CPPUNIT_TEST(one_connection_too_many_is_refused_readably);
  CPPUNIT_TEST(a_crowd_of_surplus_clients_is_closed);
  CPPUNIT_TEST(without_a_free_descriptor_the_others_are_served);
  CPPUNIT_TEST_SUITE_END();

 public:
  // In its head, before its body, in it, and between two chunks.
  void a_request_that_takes_too_long_is_told_so() {
    auto options = http_on_any_port();
    options.request_timeout_ms = 10;
    HttpServer server(options);

    for (const std::string& half : {"G"s,
                                    std::string(kHalf),
                                    kHalf + "\r\n"s,
                                    kHalf + "\r\nh"s,
                                    std::string(kChunked),
                                    kChunked + "1\r\na\r\n"s}) {
      Client client(server.port());
      CPPUNIT_ASSERT_EQUAL("408 bad_request"s, client.ask(half));
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    }
  }

  // A byte now and then gives it no new time.
  void a_request_that_goes_on_for_ever_takes_too_long() {
    auto options = http_on_any_port();
    options.request_timeout_ms = 50;
    HttpServer server(options);
    Client other(server.port());

    for (const auto& [begin, piece] :
         std::vector<std::pair<std::string, std::string>>{
             {"GET / HTTP/1.1\r\nHost: h\r\nX:", "x"},
             {http_put("/", std::string(999'999, 'x')).substr(0, 70), "x"},
             {kChunked + "0\r\n"s, "x:\r\n"}}) {
      Client client(server.port());
      client.send(begin);
      while (!client.has_something()) {
        client.send(piece);
        CPPUNIT_ASSERT_EQUAL(kA, get_a(other));
      }
      CPPUNIT_ASSERT_EQUAL("408 bad_request"s, client.answer());
    }
  }

  // So that forgotten connections do not pile up.
  void a_silent_connection_is_closed_after_the_idle_timeout() {
    auto options = http_on_any_port();
    options.idle_timeout_ms = 10;
    HttpServer server(options);
    Client silent(server.port());
    Client other(server.port());

    other.send("\r\n");

    CPPUNIT_ASSERT_EQUAL("closed"s, silent.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, other.answer());
  }

  // It is told why, and the next one is served when a place is free again,
  // though the refused one stays.
  void one_connection_too_many_is_refused_readably() {
    auto options = http_on_any_port();
    options.connections_max = 2;
    HttpServer server(options);
    Client first(server.port());
    Client second(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, get_a(first));
    CPPUNIT_ASSERT_EQUAL(kA, get_a(second));

    Client third(server.port());
    third.send(http_get("/a") + std::string(1024 * 1024, 'x'));
    CPPUNIT_ASSERT_EQUAL("503 unavailable"s, third.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, third.answer());

    first.half_close();
    CPPUNIT_ASSERT_EQUAL("closed"s, first.answer());
    Client fourth(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, get_a(fourth));
    CPPUNIT_ASSERT_EQUAL(kA, get_a(second));
  }

  // Telling them all would take a descriptor each.
  void a_crowd_of_surplus_clients_is_closed() {
    auto options = http_on_any_port();
    options.connections_max = 1;
    HttpServer server(options);
    Client served(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, get_a(served));

    std::deque<Client> crowd;
    for (int i = 0; i < 200; ++i) crowd.emplace_back(server.port());
    int told = 0;
    for (Client& client : crowd) told += client.answer() != "closed" ? 1 : 0;

    CPPUNIT_ASSERT_EQUAL(64, told);
    CPPUNIT_ASSERT_EQUAL(kA, get_a(served));
  }

  // And the new one is, as soon as there is one.
  void without_a_free_descriptor_the_others_are_served() {
    HttpServer server(http_on_any_port());
    Client first(server.port());
    CPPUNIT_ASSERT_EQUAL(kA, get_a(first));
    rlimit limit{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    // The one descriptor that is left is the client's.
    const int next = ::dup(0);
    ::close(next);
    set_limit_of_open_files(static_cast<rlim_t>(next) + 1);
    Client second(server.port());

    second.send(http_get("/a"));
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_EQUAL(kA, get_a(first));
    const bool is_answered = second.has_something();
    set_limit_of_open_files(limit.rlim_cur);

    CPPUNIT_ASSERT(!is_answered);
    CPPUNIT_ASSERT_EQUAL(kA, second.answer());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerLimitsTest);

}  // namespace
}  // namespace raft
