// [since stage2_naive_repl]
// Transports of several nodes that talk to each other, to nobody, and to peers
// that do what they should not.
#include <cppunit/extensions/HelperMacros.h>

#include "tests/transport_nodes.h"

namespace raft {
namespace {

using Connection = ScriptedServer::Connection;

// `text` with its only `part` replaced.
std::string with(std::string text,
                 const std::string& part,
                 const std::string& replacement) {
  const std::size_t place = text.find(part);
  CPPUNIT_ASSERT(place != std::string::npos);
  return text.replace(place, part.size(), replacement);
}

class TransportTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TransportTest);
  CPPUNIT_TEST(a_request_reaches_its_node_and_the_result_its_caller);
  CPPUNIT_TEST(success_and_failure_both_come_back);
  CPPUNIT_TEST(every_command_survives_and_unknown_fields_are_ignored);
  CPPUNIT_TEST(a_command_of_the_largest_value_survives);
  CPPUNIT_TEST(what_is_not_for_this_node_is_refused_before_anybody_sees_it);
  CPPUNIT_TEST(what_makes_no_sense_is_refused_before_anybody_sees_it);
  CPPUNIT_TEST(where_nobody_listens_nothing_is_sent);
  CPPUNIT_TEST(a_call_that_is_not_answered_may_have_arrived);
  CPPUNIT_TEST(a_late_result_is_not_taken_for_that_of_the_next_call);
  CPPUNIT_TEST(an_answer_that_makes_no_sense_is_none);
  CPPUNIT_TEST(a_node_that_restarts_is_reached_again);
  CPPUNIT_TEST(requests_of_one_peer_are_answered_in_order);
  CPPUNIT_TEST(each_peer_gets_its_own_results);
  CPPUNIT_TEST(stop_releases_who_waits_for_a_result);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_request_reaches_its_node_and_the_result_its_caller() {
    const ThreePorts ports;
    TransportNode one(1, ports);
    TransportNode two(2, ports);
    two.answer_all();
    one.call_until_answered(2, 1, "x");
    one.call_until_answered(2, 100, "y");
  }

  void success_and_failure_both_come_back() {
    const Envelope envelope = request(2, 7);
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort peer(ports.peer(2));
    for (const bool success : {true, false}) {
      peer.send(line_of(envelope));
      two.transport().answer(result_of(two.receive(), success));
      const JsonObject answer = peer.receive();
      CPPUNIT_ASSERT_EQUAL(std::string("test"),
                           answer.string("cluster_id").value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, answer.number("from").value());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, answer.number("to").value());
      CPPUNIT_ASSERT_EQUAL(Index{7}, index_of(answer));
      CPPUNIT_ASSERT_EQUAL(success, answer.boolean("success").value());
    }
  }

  void every_command_survives_and_unknown_fields_are_ignored() {
    std::string ascii;
    for (char byte = 0; byte < 127; ++byte) ascii += byte;
    ascii += '\x7f';
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort peer(ports.peer(2));
    for (const std::string& command : {std::string(),
                                       ascii,
                                       std::string("naïve ключ 鍵"),
                                       std::string("\xF0\x9F\x94\x91"),
                                       std::string("\"},{\"to\":3}")}) {
      const Envelope envelope = request(2, 9'007'199'254'740'993, command);
      peer.send(with(line_of(envelope), "{", "{\"more\":[{}],"));
      CPPUNIT_ASSERT(two.receive() == envelope);
      two.transport().answer(result_of(envelope));
      peer.receive();
    }
  }

  // The line is put together here: to encode it takes a slow build too long.
  void a_command_of_the_largest_value_survives() {
    const std::string command(1024 * 1024, 'v');
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort peer(ports.peer(2));
    peer.send(with(line_of(request(2, 1)), "\"x\"", '"' + command + '"'));
    CPPUNIT_ASSERT(two.receive() == request(2, 1, command));
  }

  // Another cluster's messages, or another node's, would do harm here.
  void what_is_not_for_this_node_is_refused_before_anybody_sees_it() {
    const std::string line = line_of(request(2, 1));
    check_refused({with(line, "\"test\"", "\"other\""),
                   with(line, "\"test\"", "\"\""),
                   with(line, "\"to\":2", "\"to\":3"),
                   with(line, "\"to\":2", "\"to\":0"),
                   with(line, "\"from\":1", "\"from\":4"),
                   with(line, "\"from\":1", "\"from\":0"),
                   with(line, "\"from\":1", "\"from\":2")});
  }

  void what_makes_no_sense_is_refused_before_anybody_sees_it() {
    const std::string line = line_of(request(2, 1));
    const std::string type = "\"append_entries\"";
    const std::string result = line_of_result(request(2, 1));
    check_refused({"",
                   "garbage",
                   "GET / HTTP/1.1",
                   "[]",
                   "{}",
                   line.substr(0, line.size() - 1),
                   line + line,
                   with(line, "cluster_id", "cluster"),
                   with(line, "\"from\":1", "\"from\":\"1\""),
                   with(line, "\"from\":1", "\"from\":-1"),
                   with(line, "\"from\":1,", ""),
                   with(line, "\"to\":2", "\"to\":2.5"),
                   with(line, "\"clock\":", "\"clock\":null,\"x\":"),
                   with(line, type, "\"append\""),
                   with(line, type, "\"append_entries_result\""),
                   with(line, type, "1"),
                   with(line, "\"command\"", "\"commands\""),
                   with(line, "\"x\"", "\"\xff\""),
                   with(result, R"("from":2,"to":1)", R"("from":1,"to":2)")});
  }

  void where_nobody_listens_nothing_is_sent() {
    const ThreePorts ports;
    TransportNode one(1, ports);
    const CallResult call = one.transport().call(request(2, 1));
    CPPUNIT_ASSERT(call.delivery == Delivery::kNotSent);
  }

  void a_call_that_is_not_answered_may_have_arrived() {
    const ThreePorts ports;
    TransportNode one(1, ports);
    ScriptedServer two({[](Connection& connection) { connection.receive(); }},
                       ports.peer(2));
    const CallResult call = one.transport().call(request(2, 1));
    CPPUNIT_ASSERT(call.delivery == Delivery::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, two.received().size());
  }

  // Node 2 answers the first call when its time is up.
  void a_late_result_is_not_taken_for_that_of_the_next_call() {
    const ThreePorts ports;
    TransportNode one(1, ports);
    TransportNode two(2, ports);
    const CallResult call = one.transport().call(request(2, 1));
    CPPUNIT_ASSERT(call.delivery == Delivery::kUnknown);
    two.answer_all();
    CPPUNIT_ASSERT(one.call_until_answered(2, 2, "x") >= 2);
  }

  void an_answer_that_makes_no_sense_is_none() {
    const std::string result = line_of_result(request(2, 1));
    const std::vector<std::string> answers = {
        "garbage",
        "{}",
        R"({"error":"unavailable","message":"stopping"})",
        with(result, "test", "other"),
        with(result, "\"from\":2", "\"from\":3"),
        with(result, "\"to\":1", "\"to\":3"),
        with(result, "index\":1,", "index\":\"1\","),
        with(result, "\"success\":true", "\"more\":true"),
        line_of(request(1, 1, "x", 2))};
    std::vector<ScriptedServer::Script> scripts;
    for (const std::string& answer : answers) {
      scripts.push_back([&answer](Connection& connection) {
        connection.receive();
        connection.send(answer + "\n");
        connection.receive();
      });
    }
    const ThreePorts ports;
    const ScriptedServer two(scripts, ports.peer(2));
    TransportNode one(1, ports);
    for (const std::string& answer : answers) {
      const CallResult call = one.transport().call(request(2, 1));
      CPPUNIT_ASSERT_MESSAGE(answer, call.delivery == Delivery::kUnknown);
    }
    CPPUNIT_ASSERT_EQUAL(answers.size(), two.connections());
  }

  void a_node_that_restarts_is_reached_again() {
    const ThreePorts ports;
    TransportNode one(1, ports);
    for (const Index start : {1, 100}) {
      TransportNode two(2, ports);
      two.answer_all();
      one.call_until_answered(2, start, "x");
      two.stop();
      const CallResult call = one.transport().call(request(2, start));
      CPPUNIT_ASSERT(call.delivery != Delivery::kAnswered);
    }
  }

  void requests_of_one_peer_are_answered_in_order() {
    constexpr Index kRequests = 50;
    const std::string line = line_of(request(2, 1000));
    const ThreePorts ports;
    TransportNode two(2, ports);
    two.answer_all();
    PeerPort peer(ports.peer(2));
    for (Index index = 1; index <= kRequests; ++index) {
      peer.send(with(line, ":1000", ":" + std::to_string(index)));
    }
    for (Index index = 1; index <= kRequests; ++index) {
      CPPUNIT_ASSERT_EQUAL(index, index_of(peer.receive()));
    }
  }

  void each_peer_gets_its_own_results() {
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort one(ports.peer(2));
    PeerPort three(ports.peer(2));
    one.send(line_of(request(2, 11, "x", 1)));
    const Envelope of_one = two.receive();
    three.send(line_of(request(2, 33, "x", 3)));
    const Envelope of_three = two.receive();
    two.transport().answer(result_of(of_three));
    CPPUNIT_ASSERT_EQUAL(Index{33}, index_of(three.receive()));
    two.transport().answer(result_of(of_one));
    CPPUNIT_ASSERT_EQUAL(Index{11}, index_of(one.receive()));
  }

  // A result that comes after that is for nobody, and does no harm.
  void stop_releases_who_waits_for_a_result() {
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort peer(ports.peer(2));
    peer.send(line_of(request(2, 1)));
    const Envelope envelope = two.receive();
    two.stop();
    CPPUNIT_ASSERT_EQUAL(std::string("unavailable"),
                         peer.receive().string("error").value());
    two.transport().answer(result_of(envelope));
  }

 private:
  // Each of the lines, and the connection goes on.
  static void check_refused(const std::vector<std::string>& lines) {
    const ThreePorts ports;
    TransportNode two(2, ports);
    PeerPort peer(ports.peer(2));
    for (const std::string& line : lines) {
      peer.send(line);
      const auto error = peer.receive().string("error");
      CPPUNIT_ASSERT_MESSAGE(line, error == "invalid_argument");
    }
    peer.send(line_of(request(2, 1)));
    CPPUNIT_ASSERT(two.receive() == request(2, 1));
    CPPUNIT_ASSERT(two.stop().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TransportTest);

}  // namespace
}  // namespace raft
