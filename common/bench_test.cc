// What load a bench makes, and what it says when that fails.
#include "common/bench.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <sys/eventfd.h>
#include <unistd.h>
#include <vector>

#include "common/backoff.h"

namespace raft {
namespace {

// A server in name only: it notes the requests of all connections.
struct Server {
  std::mutex mutex = {};
  std::vector<BenchRequest> requests = {};
  // From the number of a request, counted from 1 on, to its end.
  std::function<Result<void>(std::size_t)> on_send = [](std::size_t) {
    return Result<void>();
  };
  std::function<Result<void>(std::size_t)> on_receive = on_send;
};

// Answers after a moment, so that a second has not too many requests.
class Connection : public BenchConnection {
 public:
  explicit Connection(Server& server)
      : server_(server), readable_(eventfd(1, EFD_CLOEXEC)) {}

  ~Connection() override { close(readable_); }

  Result<void> send(const BenchRequest& request) override {
    const std::lock_guard lock(server_.mutex);
    server_.requests.push_back(request);
    number_ = server_.requests.size();
    return server_.on_send(number_);
  }

  Result<void> receive() override {
    Backoff(10, 10).wait(deadline_in_ms(60'000));
    const std::lock_guard lock(server_.mutex);
    return server_.on_receive(number_);
  }

  int descriptor() const override { return readable_; }

 private:
  Server& server_;
  const int readable_;
  std::size_t number_ = 0;
};

int run(Server& server, const BenchOptions& options) {
  return run_bench(options,
                   [&] { return std::make_unique<Connection>(server); });
}

class BenchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BenchTest);
  CPPUNIT_TEST(gets_follow_after_each_key_was_stored);
  CPPUNIT_TEST(mixed_load_has_puts_and_gets);
  CPPUNIT_TEST(the_first_failure_ends_it_before_any_load);
  CPPUNIT_TEST(without_any_answer_nothing_was_done);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Every get finds something.
  void gets_follow_after_each_key_was_stored() {
    Server server;
    CPPUNIT_ASSERT_EQUAL(kExitDone,
                         run(server,
                             {.op = "get",
                              .seconds = 1,
                              .connections = 3,
                              .keys = 7,
                              .value_bytes = 5}));

    std::map<std::string, int> puts;
    std::set<std::string> gets;
    for (std::size_t i = 0; i < server.requests.size(); ++i) {
      const BenchRequest& request = server.requests[i];
      CPPUNIT_ASSERT_EQUAL(i < 7, request.is_put);
      if (request.is_put) {
        CPPUNIT_ASSERT_EQUAL(std::string(5, 'x'), request.value);
        ++puts[request.key];
      } else {
        gets.insert(request.key);
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, puts.size());
    CPPUNIT_ASSERT(!gets.empty());
    for (const std::string& key : gets) CPPUNIT_ASSERT(puts.contains(key));
  }

  // Of each at least one, and with more than 15 requests always so: the choice
  // is made by a generator with a fixed seed.
  void mixed_load_has_puts_and_gets() {
    Server server;
    CPPUNIT_ASSERT_EQUAL(
        kExitDone,
        run(server,
            {.op = "mixed", .seconds = 1, .connections = 4, .keys = 4}));

    int puts = 0;
    int gets = 0;
    for (const BenchRequest& request : server.requests) {
      ++(request.is_put ? puts : gets);
    }
    CPPUNIT_ASSERT(puts > 4);
    CPPUNIT_ASSERT(gets > 0);
  }

  // There is no server.
  void the_first_failure_ends_it_before_any_load() {
    Server sends_nothing;
    sends_nothing.on_send = [](std::size_t) { return failure("no server"); };
    CPPUNIT_ASSERT_EQUAL(
        kExitNotExecuted,
        run(sends_nothing, {.op = "put", .seconds = 3600, .connections = 3}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, sends_nothing.requests.size());

    Server answers_nothing;
    answers_nothing.on_receive = [](std::size_t) { return failure("gone"); };
    CPPUNIT_ASSERT_EQUAL(
        kExitNotExecuted,
        run(answers_nothing, {.op = "get", .seconds = 3600, .connections = 3}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, answers_nothing.requests.size());
  }

  // The server went away as soon as it was asked in earnest.
  void without_any_answer_nothing_was_done() {
    Server server;
    const auto only_two = [](std::size_t number) {
      return number <= 2 ? Result<void>() : failure("gone");
    };
    server.on_send = only_two;
    server.on_receive = only_two;

    CPPUNIT_ASSERT_EQUAL(
        kExitNotExecuted,
        run(server, {.op = "put", .seconds = 1, .connections = 2}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, server.requests.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BenchTest);

}  // namespace
}  // namespace raft
