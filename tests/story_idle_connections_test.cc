// [since stage4_cluster_client]
// Clients that connect and say nothing, or nothing more: 2,000 of them at one
// node cost a new client nothing.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdio>
#include <list>
#include <string>

#include "common/deadline.h"
#include "common/http_connection.h"
#include "common/open_files.h"
#include "common/test_process.h"
#include "tests/http_cluster.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

constexpr std::uint64_t kNodes = 3;
constexpr int kIdle = 2000;
constexpr int kRequests = 200;

class StoryIdleConnections : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryIdleConnections);
  CPPUNIT_TEST(two_thousand_idle_connections_are_nothing_to_a_new_client);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    lift_limit_of_open_files();
    cluster_.start();
    http_.wait_until_ready();
    address_ = cluster_.client_address(http_.leader());
  }

  // Half of them have asked for something once. All still work afterwards.
  void two_thousand_idle_connections_are_nothing_to_a_new_client() {
    const double alone_us = microseconds_per_request();
    std::list<HttpConnection> idle;
    for (int i = 0; i < kIdle; ++i) {
      idle.push_back(HttpConnection::connect(address_, patience()).value());
      if (i % 2 == 0) ask(idle.back(), get_request("/healthz"));
    }
    const double among_us = microseconds_per_request();
    std::printf(
        "a put and a get: %.0f us alone, %.0f us beside %d idle connections\n",
        alone_us,
        among_us,
        kIdle);
    for (HttpConnection& connection : idle) {
      CPPUNIT_ASSERT(connection.is_quiet());
      ask(connection, get_request("/healthz"));
    }
    cluster_.stop();
  }

 private:
  static void ask(HttpConnection& connection, const HttpRequest& request) {
    CPPUNIT_ASSERT(connection.send(request, patience()));
    const auto answer = connection.receive(patience());
    CPPUNIT_ASSERT_MESSAGE(answer ? "" : answer.error().message, answer);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer->body, 200, answer->status);
  }

  // Of a client that comes new.
  double microseconds_per_request() const {
    auto connection = HttpConnection::connect(address_, patience());
    CPPUNIT_ASSERT(connection);
    const Deadline start = Clock::now();
    for (int i = 0; i < kRequests; ++i) {
      ask(*connection, put_request("k", std::to_string(i)));
      ask(*connection, get_request(path_of("k")));
    }
    const std::chrono::duration<double, std::micro> took = Clock::now() - start;
    return took.count() / kRequests;
  }

  TestCluster cluster_{
      RAFT_STAGE,
      {.nodes = kNodes, .server_options = with_lasting_leader(RAFT_STAGE)}};
  HttpCluster http_{cluster_};
  std::string address_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryIdleConnections);

}  // namespace
}  // namespace raft
