// [since stage1_client]
// The client library when servers are gone, slow or on their way back: what it
// sends again, what it never sends again, and when it stops.
//
// A client that must not run into its timeout gets a long one. One that must
// gets a short one, or one that leaves time for what it can do meanwhile.
#include <cppunit/extensions/HelperMacros.h>
#include <future>

#include "client.h"
#include "common/line_server.h"
#include "tests/reserved_port.h"
#include "tests/scripted_server.h"

namespace raft {
namespace {

using Connection = ScriptedServer::Connection;

constexpr std::int64_t kLongMs = 50'000;
constexpr std::int64_t kSomeMs = 1000;
constexpr std::int64_t kShortMs = 200;

constexpr char kOk[] = "{\"ok\":true,\"value\":\"v\"}\n";
constexpr char kUnavailable[] =
    "{\"ok\":false,\"error\":\"unavailable\",\"outcome\":\"not_executed\"}\n";

// Answers everything, as long as the client wants.
void answer_all(Connection& connection) {
  while (connection.receive()) connection.send(kOk);
}

// Takes a request and never answers it.
void say_nothing(Connection& connection) {
  while (connection.receive()) {
  }
}

// Takes a request and ends the connection.
void drop_one(Connection& connection) {
  connection.receive();
}

// Answers one request, then ends the connection, as a server that restarts.
// Says so through `gone` when the client's machine has heard of it.
ScriptedServer::Script answer_one_and_end(std::promise<void>& gone) {
  return [&gone](Connection& connection) {
    connection.receive();
    connection.send(kOk);
    connection.end();
    gone.set_value();
  };
}

std::int64_t ms_since(Clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() -
                                                               start)
      .count();
}

class ClientRetryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientRetryTest);
  CPPUNIT_TEST(a_refused_connection_is_tried_again_until_the_time_is_up);
  CPPUNIT_TEST(a_server_that_comes_is_found_by_a_request_under_way);
  CPPUNIT_TEST(a_server_that_comes_is_found_by_the_next_request);
  CPPUNIT_TEST(unavailable_is_sent_again_until_it_is_done);
  CPPUNIT_TEST(unavailable_all_the_time_means_surely_not_executed);
  CPPUNIT_TEST(a_write_that_was_sent_and_lost_is_never_sent_again_8);
  CPPUNIT_TEST(a_read_that_was_sent_and_lost_is_sent_again);
  CPPUNIT_TEST(a_read_is_sent_again_when_its_answer_makes_no_sense);
  CPPUNIT_TEST(a_read_without_an_answer_was_not_executed);
  CPPUNIT_TEST(a_write_without_an_answer_waits_for_its_timeout);
  CPPUNIT_TEST(after_an_unknown_outcome_the_next_request_connects_anew);
  CPPUNIT_TEST(a_late_answer_is_not_taken_for_the_next_one);
  CPPUNIT_TEST(an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one);
  CPPUNIT_TEST(a_restart_between_two_writes_is_noticed_before_the_second);
  CPPUNIT_TEST(a_real_server_may_restart_between_two_reads);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The pauses grow, so the last of them ends well after the first.
  void a_refused_connection_is_tried_again_until_the_time_is_up() {
    const ReservedPort port;
    Client client(port.address(), kShortMs);
    const auto start = Clock::now();
    const Reply reply = client.put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(ms_since(start) >= kShortMs / 3);
    CPPUNIT_ASSERT(reply.message.find("refused") != std::string::npos);
    CPPUNIT_ASSERT(reply.message.find("gave up") != std::string::npos);
  }

  void a_server_that_comes_is_found_by_a_request_under_way() {
    const ReservedPort port;
    Client client(port.address(), kLongMs);
    auto reply =
        std::async(std::launch::async, [&] { return client.put("k", "v"); });
    const ScriptedServer server({answer_all}, port.address());
    CPPUNIT_ASSERT(reply.get().outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  void a_server_that_comes_is_found_by_the_next_request() {
    const ReservedPort port;
    Client client(port.address(), kSomeMs);
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kNotExecuted);
    const LineServer server(
        {.address = port.address(), .handler = [](std::string_view) {
           return std::string(R"({"ok":true})");
         }});
    CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
  }

  void unavailable_is_sent_again_until_it_is_done() {
    ScriptedServer server({[](Connection& connection) {
      for (const char* answer : {kUnavailable, kUnavailable, kOk}) {
        connection.receive();
        connection.send(answer);
      }
      connection.receive();
    }});
    const Reply reply = Client(server.address(), kLongMs).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(server.received() ==
                   std::vector<std::string>(3, server.received().front()));
  }

  void unavailable_all_the_time_means_surely_not_executed() {
    ScriptedServer server({[](Connection& connection) {
      while (connection.receive()) connection.send(kUnavailable);
    }});
    const Reply reply = Client(server.address(), kSomeMs).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(server.received().size() > 1);
  }

  // Done twice it could undo what another client wrote in between (§8).
  void a_write_that_was_sent_and_lost_is_never_sent_again_8() {
    for (int kind = 0; kind < 3; ++kind) {
      ScriptedServer server({drop_one, answer_all});
      Client client(server.address(), kLongMs);
      const Reply reply = kind == 0   ? client.put("k", "v")
                          : kind == 1 ? client.remove("k")
                                      : client.cas("k", "v", "w");
      CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
      CPPUNIT_ASSERT(reply.message.find("may or may not") != std::string::npos);
      CPPUNIT_ASSERT(reply.json.empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
    }
  }

  void a_read_that_was_sent_and_lost_is_sent_again() {
    ScriptedServer server({drop_one, drop_one, answer_all});
    Client client(server.address(), kLongMs);
    const Reply reply = client.get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == "v");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server.received().size());
  }

  void a_read_is_sent_again_when_its_answer_makes_no_sense() {
    ScriptedServer server({[](Connection& connection) {
      connection.receive();
      connection.send("no JSON\n");
      answer_all(connection);
    }});
    const Reply reply = Client(server.address(), kLongMs).status();
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.received().size());
  }

  // There is nothing of it that could have been executed.
  void a_read_without_an_answer_was_not_executed() {
    const ScriptedServer server({say_nothing});
    const Reply reply = Client(server.address(), kShortMs).get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(!reply.message.empty());
  }

  void a_write_without_an_answer_waits_for_its_timeout() {
    const ScriptedServer server({say_nothing});
    Client client(server.address(), kShortMs);
    const auto start = Clock::now();
    const Reply reply = client.put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT(ms_since(start) >= kShortMs);
    CPPUNIT_ASSERT(reply.message.find("timed out") != std::string::npos);
    CPPUNIT_ASSERT(server.received().size() <= 1);
  }

  void after_an_unknown_outcome_the_next_request_connects_anew() {
    const ScriptedServer server({drop_one, answer_all});
    Client client(server.address(), kLongMs);
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.connections());
  }

  // The first request's answer comes when the second request is under way, or
  // when the client leaves the connection.
  void a_late_answer_is_not_taken_for_the_next_one() {
    ScriptedServer server({[](Connection& connection) {
                             connection.receive();
                             connection.receive();
                             connection.send("{\"ok\":true,\"value\":\"1\"}\n");
                           },
                           [](Connection& connection) {
                             connection.receive();
                             connection.send("{\"ok\":true,\"value\":\"2\"}\n");
                             connection.receive();
                           }});
    Client client(server.address(), kSomeMs);
    CPPUNIT_ASSERT(client.put("1", "").outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT(client.get("2").value == "2");
  }

  void an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    ScriptedServer server({[](Connection& connection) {
                             connection.receive();
                             connection.send(
                                 "{\"ok\":true,\"value\":\"1\"}\n"
                                 "{\"ok\":true,\"value\":\"surplus\"}\n");
                             connection.receive();
                           },
                           [](Connection& connection) {
                             connection.receive();
                             connection.send("{\"ok\":true,\"value\":\"2\"}\n");
                             connection.receive();
                           }});
    Client client(server.address(), kLongMs);
    CPPUNIT_ASSERT(client.get("1").value == "1");
    CPPUNIT_ASSERT(client.get("2").value == "2");
  }

  // Sent into the old connection, the second would have an unknown outcome.
  void a_restart_between_two_writes_is_noticed_before_the_second() {
    std::promise<void> gone;
    const ScriptedServer server({answer_one_and_end(gone), answer_all});
    Client client(server.address(), kLongMs);
    CPPUNIT_ASSERT(client.put("k", "1").outcome == Outcome::kDone);
    gone.get_future().wait();
    CPPUNIT_ASSERT(client.put("k", "2").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.received().size());
  }

  void a_real_server_may_restart_between_two_reads() {
    const ReservedPort port;
    const LineServerOptions options{.address = port.address(),
                                    .handler = [](std::string_view) {
                                      return std::string(R"({"ok":true})");
                                    }};
    Client client(port.address(), kLongMs);
    for (int restart = 0; restart < 2; ++restart) {
      const LineServer server(options);
      CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
      CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientRetryTest);

}  // namespace
}  // namespace raft
