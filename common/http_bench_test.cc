// A bench against servers of HTTP: who is asked what, and what it prints. The
// rest of the report is in line_bench_test.cc.
#include <atomic>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdio>

#include "common/backoff.h"
#include "common/http_server.h"
#include "common/test_process.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

using Answering = std::function<HttpAnswer(const HttpRequest&)>;

// A server that takes 5 to 10 ms for each answer, and counts the requests.
class CountingServer {
 public:
  explicit CountingServer(Answering answer)
      : server_({.address = "127.0.0.1:0",
                 .handler =
                     [this, answer = std::move(answer)](
                         HttpRequest request,
                         const HttpServerOptions::Reply& reply) {
                       last_target = request.target;
                       ++(request.method == "PUT" ? puts : gets);
                       Backoff(10, 10).wait(deadline_in_ms(60'000));
                       reply(answer(request));
                     },
                 .error_answer =
                     [](int status, std::string, std::string) {
                       return HttpAnswer{.status = status};
                     }}) {}

  std::string address() const {
    return "127.0.0.1:" + std::to_string(server_.port());
  }

  std::atomic<unsigned long> puts = 0;
  std::atomic<unsigned long> gets = 0;
  std::string last_target = {};  // to be read after puts or gets

 private:
  HttpServer server_;  // last: it uses the rest
};

HttpAnswer done(const HttpRequest&) {
  return {.body = "{\"ok\":true}"};
}

// One second, three connections.
Finished bench(const std::string& servers,
               const std::string& op,
               const std::string& keys) {
  return run_to_end({.command = {kProgram, "http_bench", servers, op, keys}});
}

// How many requests were done, by a report without a failure.
unsigned long done_in(const Finished& finished, const std::string& op) {
  unsigned long rate = 0, done = 0;
  const std::string format =
      op + ": %lu requests/s over 3 connections, %lu done, 0 failed";
  CPPUNIT_ASSERT_EQUAL_MESSAGE(
      finished.output + finished.error,
      2,
      std::sscanf(finished.output.c_str(), format.c_str(), &rate, &done));
  CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
  return done;
}

class HttpBenchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpBenchTest);
  CPPUNIT_TEST(puts_go_to_the_leader_that_a_follower_names);
  CPPUNIT_TEST(gets_go_to_all_servers);
  CPPUNIT_TEST(a_key_that_is_not_everywhere_yet_is_an_answer);
  CPPUNIT_TEST(a_dead_server_is_walked_past);
  CPPUNIT_TEST(answers_that_are_errors_are_counted_as_failed);
  CPPUNIT_TEST(redirections_in_circles_end);
  CPPUNIT_TEST(without_a_server_it_says_so_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // It is asked once, before the time is taken.
  void puts_go_to_the_leader_that_a_follower_names() {
    CountingServer leader(done);
    CountingServer follower([&](const HttpRequest& request) {
      return HttpAnswer{
          .status = 307,
          .headers = {
              {"Location", "http://" + leader.address() + request.target}}};
    });

    const Finished finished =
        bench(follower.address() + "," + leader.address(), "put", "1");

    // The first three came before.
    CPPUNIT_ASSERT_EQUAL(leader.puts - 3, done_in(finished, "put"));
    CPPUNIT_ASSERT(follower.puts <= 3);
    CPPUNIT_ASSERT_EQUAL("/v1/kv/bench-0"s, leader.last_target);
  }

  // Each connection keeps to one.
  void gets_go_to_all_servers() {
    CountingServer a(done);
    CountingServer b(done);
    CountingServer c(done);

    const Finished finished =
        bench(a.address() + "," + b.address() + "," + c.address(), "get", "5");

    CPPUNIT_ASSERT_EQUAL(a.gets + b.gets + c.gets, done_in(finished, "get"));
    CPPUNIT_ASSERT_EQUAL(5ul, a.puts + b.puts + c.puts);
    CPPUNIT_ASSERT(finished.error.starts_with("storing 5 keys first\n"));
    for (const CountingServer* server : {&a, &b, &c}) {
      CPPUNIT_ASSERT(server->gets > 0);
    }
  }

  // A follower may be a little behind the leader.
  void a_key_that_is_not_everywhere_yet_is_an_answer() {
    CountingServer server([](const HttpRequest& request) {
      return request.method == "PUT" ? done(request)
                                     : HttpAnswer{.status = 404, .body = "{}"};
    });

    const Finished finished = bench(server.address(), "get", "1");

    CPPUNIT_ASSERT_EQUAL(server.gets.load(), done_in(finished, "get"));
  }

  // By puts and by gets.
  void a_dead_server_is_walked_past() {
    const ReservedPort dead;
    CountingServer server(done);

    const Finished finished =
        bench(dead.address() + "," + server.address(), "mixed", "1");

    CPPUNIT_ASSERT_EQUAL(server.puts + server.gets - 3,
                         done_in(finished, "mixed"));
  }

  // With the first of them.
  void answers_that_are_errors_are_counted_as_failed() {
    std::atomic<unsigned long> requests = 0;
    CountingServer server([&](const HttpRequest& request) {
      return ++requests <= 3 ? done(request)
                             : HttpAnswer{.status = 503, .body = "busy"};
    });

    const Finished finished = bench(server.address(), "put", "5");

    CPPUNIT_ASSERT_EQUAL("exited with status 3"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    CPPUNIT_ASSERT(finished.error.ends_with(
        std::to_string(requests - 3) +
        " requests failed, the first: the server answered 503 busy\n"));
  }

  // The first request fails, and so it does not begin.
  void redirections_in_circles_end() {
    CountingServer server([](const HttpRequest& request) {
      const auto here = header_in(request.headers, "Host");
      return HttpAnswer{
          .status = 307,
          .headers = {{"Location",
                       "http://" + here.value_or("nowhere") + request.target}},
          .body = "round"};
    });

    const Finished finished = bench(server.address(), "put", "1");

    CPPUNIT_ASSERT_EQUAL("exited with status 3"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL("error: the server answered 307 round\n"s,
                         finished.error);
    CPPUNIT_ASSERT(server.puts <= 8);
  }

  // The status for "surely not executed".
  void without_a_server_it_says_so_at_once() {
    const ReservedPort port;

    const Finished finished = bench(port.address(), "put", "5");

    CPPUNIT_ASSERT_EQUAL("exited with status 3"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    CPPUNIT_ASSERT_EQUAL("error: cannot connect to " + port.address() +
                             ": connection refused (no server there?)\n",
                         finished.error);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpBenchTest);

}  // namespace
}  // namespace raft
