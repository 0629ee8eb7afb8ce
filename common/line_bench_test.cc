// A bench against a server of JSON lines, and what it prints.
#include "common/line_bench.h"

#include <atomic>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdio>

#include "common/backoff.h"
#include "common/json.h"
#include "common/line_server.h"
#include "common/test_process.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

// One second, three connections.
Finished bench(const std::string& address,
               const std::string& op,
               const std::string& keys) {
  return run_to_end({.command = {kProgram, "bench", address, op, keys}});
}

std::string address_of(const LineServer& server) {
  return "127.0.0.1:" + std::to_string(server.port());
}

class LineBenchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LineBenchTest);
  CPPUNIT_TEST(the_report_agrees_with_what_the_server_has_seen);
  CPPUNIT_TEST(answers_that_are_not_ok_are_counted_as_failed);
  CPPUNIT_TEST(without_a_server_it_says_so_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // As many requests, and no latency below what each took at least.
  void the_report_agrees_with_what_the_server_has_seen() {
    std::atomic<unsigned long> puts = 0;
    std::atomic<unsigned long> gets = 0;
    const LineServer server(
        {.address = "127.0.0.1:0", .handler = [&](std::string_view line) {
           const auto request = JsonObject::parse(line);
           const bool is_put = *request->string("op") == "put";
           ++(is_put ? puts : gets);
           Backoff(10, 10).wait(deadline_in_ms(60'000));  // 5 to 10 ms
           return "{\"ok\":true}"s;
         }});

    const Finished finished = bench(address_of(server), "get", "5");

    unsigned long rate = 0, done = 0, p50 = 0, p99 = 0, p999 = 0, max = 0;
    const int fields = std::sscanf(
        finished.output.c_str(),
        "get: %lu requests/s over 3 connections, %lu done, 0 failed\n"
        "latency in µs: p50 %lu, p99 %lu, p99.9 %lu, max %lu\n",
        &rate,
        &done,
        &p50,
        &p99,
        &p999,
        &max);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(finished.output, 6, fields);
    CPPUNIT_ASSERT_EQUAL(5ul, puts.load());
    CPPUNIT_ASSERT_EQUAL(gets.load(), done);
    CPPUNIT_ASSERT(rate <= done);
    CPPUNIT_ASSERT(5000 <= p50);
    CPPUNIT_ASSERT(p50 <= p99);
    CPPUNIT_ASSERT(p99 <= p999);
    CPPUNIT_ASSERT(p999 <= max);
    CPPUNIT_ASSERT(finished.error.starts_with("storing 5 keys first\n"));
    CPPUNIT_ASSERT(finished.error.find("  1 of 1 s: ") != std::string::npos);
  }

  // With the first of them.
  void answers_that_are_not_ok_are_counted_as_failed() {
    std::atomic<int> requests = 0;
    const LineServer server(
        {.address = "127.0.0.1:0", .handler = [&](std::string_view) {
           Backoff(10, 10).wait(deadline_in_ms(60'000));
           return ++requests <= 3 ? "{\"ok\":true}"s : "{\"ok\":false}"s;
         }});

    const Finished finished = bench(address_of(server), "put", "5");

    CPPUNIT_ASSERT_EQUAL("exited with status 3"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    CPPUNIT_ASSERT(finished.error.ends_with(
        std::to_string(requests - 3) +
        " requests failed, the first: the server answered {\"ok\":false}\n"));
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

CPPUNIT_TEST_SUITE_REGISTRATION(LineBenchTest);

}  // namespace
}  // namespace raft
