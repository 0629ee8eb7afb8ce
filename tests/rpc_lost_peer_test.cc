// [since stage5_rpc]
// What a transport does when a peer is lost, restarts, or makes no sense, and
// when it is told to lose messages itself.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <filesystem>
#include <iterator>

#include "common/temporary_directory.h"
#include "tests/http_script.h"
#include "tests/log_lines.h"
#include "tests/rpc_nodes.h"
#include "tests/scripted_server.h"
#include "tests/transport_events.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using Connection = ScriptedServer::Connection;

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class RpcLostPeerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RpcLostPeerTest);
  CPPUNIT_TEST(a_late_result_is_not_taken_for_that_of_the_next_call);
  CPPUNIT_TEST(where_nobody_listens_a_message_is_lost);
  CPPUNIT_TEST(a_node_that_restarts_gets_the_next_message);
  CPPUNIT_TEST(a_kept_connection_that_breaks_is_replaced_at_once_5_5);
  CPPUNIT_TEST(a_peer_that_falls_silent_is_given_up);
  CPPUNIT_TEST(an_answer_that_makes_no_sense_is_none);
  CPPUNIT_TEST(many_connections_leave_nothing_behind);
  CPPUNIT_TEST(a_fault_loses_requests_on_either_side);
  CPPUNIT_TEST(a_fault_loses_results_on_either_side);
  CPPUNIT_TEST(a_fault_holds_messages_back);
  CPPUNIT_TEST(stop_does_not_wait_for_what_is_held_back);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_late_result_is_not_taken_for_that_of_the_next_call() {
    auto log = LogLines::install();
    const ThreePorts ports;
    RpcNode one(1, ports, {.call_timeout_ms = 1000});
    RpcNode two(2, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());
    log->await();  // given up

    one.send(request(2, 2));
    CPPUNIT_ASSERT(request(2, 2) == two.receive());
    two.send(result_of(request(2, 1)));
    two.send(result_of(request(2, 2)));
    CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());
    CPPUNIT_ASSERT(one.stop().empty());
  }

  // One line in the log for an outage, and one for its end.
  void where_nobody_listens_a_message_is_lost() {
    auto log = LogLines::install();
    const TemporaryDirectory directory;
    const ThreePorts ports;
    RpcNode one(1, ports, {.trace_file = directory.file("1")});
    for (Index index = 1; index <= 3; ++index) {
      one.send(request(2, index));
      wait_until("the drop", [&] {
        const auto events = events_in(directory.file("1"));
        return !events.empty() && events.back().event == "drop" &&
               events.back().index == index;
      });
    }
    const auto lost = log->await();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lost.size());
    CPPUNIT_ASSERT(contains(lost[0], "node 2 misses a message"));

    RpcNode two(2, ports);
    for (Index index = 4; index <= 5; ++index) {
      one.send(request(2, index));
      two.answer(request(2, index));
      CPPUNIT_ASSERT(result_of(request(2, index)) == one.receive());
    }
    const auto found = log->await();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.size());
    CPPUNIT_ASSERT(contains(found[0], "node 2 answers again"));
  }

  void a_node_that_restarts_gets_the_next_message() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    for (Index index = 1; index <= 20; ++index) {
      RpcNode two(2, ports);
      one.send(request(2, index));
      two.answer(request(2, index));
      CPPUNIT_ASSERT(result_of(request(2, index)) == one.receive());
    }
  }

  // The call that finds it broken goes out again: to call twice is harmless
  // (§5.5).
  void a_kept_connection_that_breaks_is_replaced_at_once_5_5() {
    const ThreePorts ports;
    const auto answer_and_break = [&](Connection& connection) {
      answer(connection);
      receive_request(connection);
    };
    const ScriptedServer two({answer_and_break, answer}, ports.peer(2));
    RpcNode one(1, ports);
    for (int call = 0; call < 2; ++call) {
      one.send(request(2, 2));
      CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, two.connections());
  }

  // On a connection on which it has answered before.
  void a_peer_that_falls_silent_is_given_up() {
    auto log = LogLines::install();
    const ThreePorts ports;
    const auto answer_one_of_two = [&](Connection& connection) {
      answer(connection);
      receive_request(connection);
      connection.receive();
    };
    const ScriptedServer two({answer_one_of_two, answer}, ports.peer(2));
    RpcNode one(1, ports, {.call_timeout_ms = 1000});
    one.send(request(2, 2));
    CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());
    one.send(request(2, 2));
    CPPUNIT_ASSERT(contains(log->await()[0], "node 2 misses a message"));
    one.send(request(2, 2));
    CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());
    CPPUNIT_ASSERT(one.stop().empty());
  }

  void an_answer_that_makes_no_sense_is_none() {
    const HttpHeaders proto = {{"Content-Type", "application/proto"}};
    const HttpHeaders json = {{"Content-Type", "application/json"}};
    for (const HttpAnswer& answer :
         {HttpAnswer{.headers = proto, .body = "\x08"},
          HttpAnswer{.headers = json, .body = "{}"},
          HttpAnswer{.body = ""},
          HttpAnswer{.status = 204, .headers = proto},
          HttpAnswer{.status = 404, .body = "<html>"},
          HttpAnswer{.status = 503,
          .headers = json,
          .body = R"({"code":"unavailable"})"}}) {
      auto log = LogLines::install();
      const ThreePorts ports;
      const ScriptedServer two({[&](Connection& connection) {
                                 receive_request(connection);
                                 connection.send(bytes_of(answer));
                               }},
                               ports.peer(2));
      RpcNode one(1, ports);
      one.send(request(2, 1));
      CPPUNIT_ASSERT(contains(log->await()[0], "node 2 misses a message"));
      CPPUNIT_ASSERT(one.stop().empty());
    }
  }

  void many_connections_leave_nothing_behind() {
    const auto descriptors = [] {
      const std::filesystem::directory_iterator open("/proc/self/fd");
      return std::distance(begin(open), end(open));
    };
    const ThreePorts ports;
    RpcNode one(1, ports);
    const auto before = descriptors();
    for (Index index = 1; index <= 200; ++index) {
      RpcNode two(2, ports);
      one.send(request(2, index));
      two.answer(request(2, index));
      one.receive();
    }
    // One of them is kept.
    CPPUNIT_ASSERT(descriptors() <= before + 1);
  }

  void a_fault_loses_requests_on_either_side() {
    for (const NodeId faulty : {1, 2}) {
      auto log = LogLines::install();
      const ThreePorts ports;
      RpcNode one(1, ports);
      RpcNode two(2, ports);
      if (faulty == 1) set(one, R"({"drop_to":[2]})");
      if (faulty == 2) set(two, R"({"drop_from":[1]})");
      one.send(request(2, 1));
      CPPUNIT_ASSERT(contains(log->await()[0], "it was dropped"));

      one.faults().clear();
      two.faults().clear();
      one.send(request(2, 2));
      two.answer(request(2, 2));
      CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());
      CPPUNIT_ASSERT(two.stop().empty());
    }
  }

  void a_fault_loses_results_on_either_side() {
    for (const NodeId faulty : {1, 2}) {
      auto log = LogLines::install();
      const ThreePorts ports;
      RpcNode one(1, ports);
      RpcNode two(2, ports);
      if (faulty == 1) set(one, R"({"drop_from":[2]})");
      if (faulty == 2) set(two, R"({"drop_to":[1]})");
      one.send(request(2, 1));
      two.answer(request(2, 1));
      CPPUNIT_ASSERT(contains(log->await()[0], "its result was dropped"));
      CPPUNIT_ASSERT(one.stop().empty());
    }
  }

  void a_fault_holds_messages_back() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    set(one, R"({"delay_ms":20})");
    set(two, R"({"delay_ms":20})");
    const Deadline twice = deadline_in_ms(40);
    one.send(request(2, 1));
    two.answer(request(2, 1));
    CPPUNIT_ASSERT(result_of(request(2, 1)) == one.receive());
    CPPUNIT_ASSERT(Clock::now() >= twice);
  }

  void stop_does_not_wait_for_what_is_held_back() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    set(two, R"({"delay_ms":60000})");
    one.send(request(2, 1));
    two.answer(request(2, 1));
    two.send(request(1, 1, "x", 2));
    CPPUNIT_ASSERT(two.stop().empty());
    CPPUNIT_ASSERT(one.stop().empty());
  }

 private:
  // As node 2 would request(2, 2).
  static void answer(Connection& connection) {
    const std::string response("\x08\x01\x10\x17\x18\x01\x20\x02\x28\x16", 10);
    receive_request(connection);
    connection.send(
        bytes_of({.headers = {{"Content-Type", "application/proto"}},
                  .body = response}));
  }

  static void set(RpcNode& node, const std::string& faults) {
    CPPUNIT_ASSERT(node.faults().set(JsonObject::parse(faults).value()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcLostPeerTest);

}  // namespace
}  // namespace raft
