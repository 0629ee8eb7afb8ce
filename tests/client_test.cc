// The client library against a server that says what the test wants: what goes
// over the wire, and what each answer means.
#include "client.h"

#include <cppunit/extensions/HelperMacros.h>
#include <utility>
#include <vector>

#include "tests/scripted_server.h"

namespace raft {
namespace {

using Connection = ScriptedServer::Connection;

// Answers each request with the next of `answers`, until there is none left.
ScriptedServer::Script answering(std::vector<std::string> answers) {
  return [answers = std::move(answers)](Connection& connection) {
    for (const std::string& answer : answers) {
      if (!connection.receive()) return;
      connection.send(answer + "\n");
    }
    connection.receive();
  };
}

// What a put comes to when the server answers it by `answer`.
Reply put_answered(const std::string& answer) {
  ScriptedServer server({answering({answer})});
  return Client(server.address()).put("k", "v");
}

class ClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientTest);
  CPPUNIT_TEST(each_request_is_one_line_of_the_protocol);
  CPPUNIT_TEST(texts_of_any_kind_reach_the_server_and_come_back);
  CPPUNIT_TEST(a_write_that_is_done_is_done);
  CPPUNIT_TEST(a_get_has_the_value);
  CPPUNIT_TEST(not_found_and_conflict_changed_nothing);
  CPPUNIT_TEST(a_conflict_has_the_present_value_if_there_is_one);
  CPPUNIT_TEST(bad_request_and_too_large_are_the_callers_fault);
  CPPUNIT_TEST(not_leader_means_surely_not_executed_and_no_second_try);
  CPPUNIT_TEST(timeout_means_outcome_unknown_and_no_second_try);
  CPPUNIT_TEST(an_answer_to_a_write_that_makes_no_sense_means_unknown);
  CPPUNIT_TEST(the_answer_is_handed_on_as_it_came);
  CPPUNIT_TEST(an_answer_may_come_in_pieces);
  CPPUNIT_TEST(the_requests_of_a_client_share_a_connection);
  CPPUNIT_TEST(half_an_answer_to_a_write_means_unknown);
  CPPUNIT_TEST(the_numbers_of_the_outcomes_are_exit_statuses);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_request_is_one_line_of_the_protocol() {
    ScriptedServer server(
        {answering(std::vector<std::string>(6, R"({"ok":true})"))});
    Client client(server.address());
    client.put("k", "v");
    client.get("k");
    client.remove("k");
    client.cas("k", "v", "w");
    client.cas("k", {}, "w");
    client.status();
    const std::vector<std::string> lines = {
        R"({"op":"put","key":"k","value":"v"})",
        R"({"op":"get","key":"k"})",
        R"({"op":"delete","key":"k"})",
        R"({"op":"cas","key":"k","expected":"v","value":"w"})",
        R"({"op":"cas","key":"k","expected":null,"value":"w"})",
        R"({"op":"status"})"};
    CPPUNIT_ASSERT(lines == server.received());
  }

  // The server sends the line of the put back: a line of its own, however many
  // newlines the texts have.
  void texts_of_any_kind_reach_the_server_and_come_back() {
    ScriptedServer server({[](Connection& connection) {
      while (const auto line = connection.receive()) {
        connection.send(R"({"ok":true,)" + line->substr(1) + "\n");
      }
    }});
    Client client(server.address());
    for (const std::string text : {"",
                                   "two\nlines",
                                   "\r\n",
                                   "\"quoted\" \\ and / not",
                                   "\x01\x1f\x7f",
                                   "naïve ключ 鍵 \xF0\x9F\x94\x91",
                                   "{\"ok\":false}"}) {
      CPPUNIT_ASSERT(client.put("k", text).value == text);
      const Reply reply = client.put(text, "v");
      CPPUNIT_ASSERT(JsonObject::parse(reply.json)->string("key").value() ==
                     text);
    }
  }

  void a_write_that_is_done_is_done() {
    const Reply reply = put_answered(R"({"ok":true,"unknown":[1,{}]})");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string(), reply.message);
  }

  void a_get_has_the_value() {
    ScriptedServer server({answering(
        {R"({"ok":true,"value":"v"})", R"({"ok":true,"value":""})"})});
    Client client(server.address());
    const Reply reply = client.get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == "v");
    CPPUNIT_ASSERT(client.get("k").value == "");
  }

  void not_found_and_conflict_changed_nothing() {
    ScriptedServer server({answering(
        {R"({"ok":false,"error":"not_found","message":"no such key"})",
         R"({"ok":false,"error":"not_found","outcome":"not_executed"})",
         R"({"ok":false,"error":"conflict","outcome":"not_executed"})"})});
    Client client(server.address());
    const Reply reply = client.get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotFoundOrMismatch);
    CPPUNIT_ASSERT(reply.value == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string("no such key"), reply.message);
    CPPUNIT_ASSERT(client.remove("k").outcome == Outcome::kNotFoundOrMismatch);
    CPPUNIT_ASSERT(client.cas("k", "v", "w").outcome ==
                   Outcome::kNotFoundOrMismatch);
  }

  void a_conflict_has_the_present_value_if_there_is_one() {
    const std::string error = R"({"ok":false,"error":"conflict",)";
    ScriptedServer server({answering({error + R"("value":"v"})",
                                      error + R"("value":""})",
                                      error + R"("value":null})"})});
    Client client(server.address());
    CPPUNIT_ASSERT(client.cas("k", "u", "w").value == "v");
    CPPUNIT_ASSERT(client.cas("k", "u", "w").value == "");
    CPPUNIT_ASSERT(client.cas("k", "u", "w").value == std::nullopt);
  }

  void bad_request_and_too_large_are_the_callers_fault() {
    for (const std::string code : {"bad_request", "too_large"}) {
      const Reply reply = put_answered(R"({"ok":false,"error":")" + code +
                                       R"(","outcome":"not_executed"})");
      CPPUNIT_ASSERT(reply.outcome == Outcome::kBadRequest);
    }
  }

  // Another try at the same server would be refused as this one was.
  void not_leader_means_surely_not_executed_and_no_second_try() {
    ScriptedServer server({answering(
        {R"({"ok":false,"error":"not_leader","leader":"127.0.0.1:1",)"
         R"("outcome":"not_executed","message":"ask the leader"})",
         R"({"ok":true})"})});
    const Reply reply = Client(server.address()).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_EQUAL(std::string("ask the leader"), reply.message);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  // A write that runs twice can undo what another client wrote (§8).
  void timeout_means_outcome_unknown_and_no_second_try() {
    ScriptedServer server(
        {answering({R"({"ok":false,"error":"timeout","outcome":"unknown"})",
                    R"({"ok":true})"})});
    const Reply reply = Client(server.address()).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  void an_answer_to_a_write_that_makes_no_sense_means_unknown() {
    for (const std::string answer : {"",
                                     "HTTP/1.1 400 Bad Request",
                                     "{}",
                                     "[]",
                                     "true",
                                     R"({"ok":1})",
                                     R"({"ok":"true"})",
                                     R"({"ok":null})",
                                     R"({"ok":true)",
                                     R"({"ok":true} {"ok":true})",
                                     "{\"ok\":true,\"value\":\"\xff\"}"}) {
      const Reply reply = put_answered(answer);
      CPPUNIT_ASSERT_MESSAGE(answer, reply.outcome == Outcome::kUnknown);
      CPPUNIT_ASSERT_MESSAGE(answer, !reply.message.empty());
      CPPUNIT_ASSERT_MESSAGE(answer, reply.json.empty());
    }
  }

  void the_answer_is_handed_on_as_it_came() {
    const std::string answer = R"({ "x":1, "ok":true, "value":"v" })";
    CPPUNIT_ASSERT_EQUAL(answer, put_answered(answer).json);
  }

  void an_answer_may_come_in_pieces() {
    ScriptedServer server({[](Connection& connection) {
      connection.receive();
      for (const char c : std::string(R"({"ok":true,"value":"long"})")) {
        connection.send({&c, 1});
      }
      connection.send("\r\n");
      connection.receive();
    }});
    const Reply reply = Client(server.address()).get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == "long");
  }

  void the_requests_of_a_client_share_a_connection() {
    ScriptedServer server(
        {answering(std::vector<std::string>(20, R"({"ok":true})"))});
    Client client(server.address());
    for (int i = 0; i < 20; ++i) client.put("k", "v");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, server.received().size());
  }

  void half_an_answer_to_a_write_means_unknown() {
    ScriptedServer server({[](Connection& connection) {
      connection.receive();
      connection.send(R"({"ok":true})");  // without a newline
    }});
    const Reply reply = Client(server.address()).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  void the_numbers_of_the_outcomes_are_exit_statuses() {
    CPPUNIT_ASSERT_EQUAL(0, static_cast<int>(Outcome::kDone));
    CPPUNIT_ASSERT_EQUAL(1, static_cast<int>(Outcome::kNotFoundOrMismatch));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(Outcome::kBadRequest));
    CPPUNIT_ASSERT_EQUAL(3, static_cast<int>(Outcome::kNotExecuted));
    CPPUNIT_ASSERT_EQUAL(4, static_cast<int>(Outcome::kUnknown));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientTest);

}  // namespace
}  // namespace raft
