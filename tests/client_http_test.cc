// [since stage4_cluster_client]
// The client library against one server that says what the test wants: what
// goes over the wire, and what each answer means. Several servers are in
// client_cluster_test.cc.
#include <cppunit/extensions/HelperMacros.h>
#include <utility>
#include <vector>

#include "client.h"
#include "common/json.h"
#include "tests/http_script.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Connection = ScriptedServer::Connection;

constexpr char kOk[] = R"({"ok":true,"index":7,"term":1})";

// For a client that must not run into its timeout, and for one that must.
constexpr std::int64_t kLongMs = 50'000;
constexpr std::int64_t kShortMs = 400;

HttpAnswer error(int status,
                 const std::string& code,
                 const std::string& outcome = "not_executed") {
  return {.status = status,
          .body = R"({"ok":false,"error":")" + code + R"(","message":"why )" +
                  code + R"(","outcome":")" + outcome + R"("})"};
}

// Answers each request with the next of `answers`, until there is none left.
ScriptedServer::Script answering(std::vector<HttpAnswer> answers) {
  return [answers = std::move(answers)](Connection& connection) {
    for (const HttpAnswer& answer : answers) {
      if (!receive_request(connection)) return;
      connection.send(bytes_of(answer));
    }
    receive_request(connection);
  };
}

ScriptedServer::Script answering_always(const HttpAnswer& answer) {
  return [answer](Connection& connection) {
    while (receive_request(connection)) connection.send(bytes_of(answer));
  };
}

// What came, line by line, if it begins like this; without the line's end.
std::vector<std::string> lines_with(const ScriptedServer& server,
                                    const std::string& begin) {
  std::vector<std::string> lines;
  for (const std::string& line : server.received()) {
    if (line.starts_with(begin)) {
      lines.push_back(line.substr(0, line.size() - 1));
    }
  }
  return lines;
}

// What a put comes to when the server answers it by `answer` each time.
Reply put_answered(const HttpAnswer& answer, std::int64_t timeout_ms) {
  ScriptedServer server({answering_always(answer)});
  return Client({server.address()}, timeout_ms).put("k", "v");
}

class ClientHttpTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientHttpTest);
  CPPUNIT_TEST(each_request_is_one_of_the_protocol);
  CPPUNIT_TEST(keys_and_values_of_any_kind_reach_the_server);
  CPPUNIT_TEST(a_write_that_is_done_is_done);
  CPPUNIT_TEST(a_get_has_the_value);
  CPPUNIT_TEST(a_status_is_handed_on_as_it_came);
  CPPUNIT_TEST(not_found_and_conflict_changed_nothing);
  CPPUNIT_TEST(bad_request_and_too_large_are_the_callers_fault);
  CPPUNIT_TEST(what_was_not_executed_is_tried_until_the_time_is_up);
  CPPUNIT_TEST(what_may_have_been_executed_is_tried_until_the_time_is_up_8);
  CPPUNIT_TEST(a_list_walks_through_its_pages);
  CPPUNIT_TEST(a_list_that_makes_no_sense_is_refused);
  CPPUNIT_TEST(a_session_has_an_id_of_its_own_8);
  CPPUNIT_TEST(each_write_has_the_next_number_8);
  CPPUNIT_TEST(an_expired_session_goes_on_as_a_new_one_8);
  CPPUNIT_TEST(a_new_session_that_is_refused_is_given_up);
  CPPUNIT_TEST(a_write_in_doubt_is_not_sent_under_a_new_id_8);
  CPPUNIT_TEST(the_numbers_of_the_outcomes_are_exit_statuses);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Method, path and body; the answer to a get makes sense for all of them.
  void each_request_is_one_of_the_protocol() {
    std::vector<std::string> bodies;
    {
      const ScriptedServer server({[&](Connection& connection) {
        while (const auto request = receive_request(connection)) {
          bodies.push_back(request->body);
          connection.send(bytes_of({.body = kOk}));
        }
      }});
      Client client({server.address()}, kLongMs);
      client.put("k", "v");
      client.get("k");
      client.remove("k");
      client.cas("k", "v", "w");
      client.cas("k", {}, "w");
      client.status();
      const std::vector<std::string> gets = {"GET /v1/kv/k HTTP/1.1",
                                             "GET /v1/status HTTP/1.1"};
      CPPUNIT_ASSERT(gets == lines_with(server, "GET"));
      CPPUNIT_ASSERT(std::vector<std::string>(3, "PUT /v1/kv/k HTTP/1.1") ==
                     lines_with(server, "PUT"));
      CPPUNIT_ASSERT(std::vector{"DELETE /v1/kv/k HTTP/1.1"s} ==
                     lines_with(server, "DELETE"));
    }
    const std::vector<std::string> expected = {
        R"({"value":"v"})",
        "",
        "",
        R"({"expected":"v","value":"w"})",
        R"({"expected":null,"value":"w"})",
        ""};
    CPPUNIT_ASSERT(expected == bodies);
  }

  // The server sends them back. A key is one segment of the path, whatever it
  // consists of.
  void keys_and_values_of_any_kind_reach_the_server() {
    const ScriptedServer server({[](Connection& connection) {
      while (const auto request = receive_request(connection)) {
        const std::string key = request->target.substr(7);
        connection.send(bytes_of({.body = JsonWriter()
                                              .add("key", key)
                                              .add_json("more", request->body)
                                              .text()}));
      }
    }});
    Client client({server.address()}, kLongMs);
    for (const std::string& text : {"plain"s,
                                    "a/b?c=d#e&f"s,
                                    "."s,
                                    "%41 +"s,
                                    "two\r\nlines\0"s,
                                    "na\xC3\xAFve \xF0\x9F\x94\x91"s}) {
      const auto seen = JsonObject::parse(client.put(text, text).json);
      CPPUNIT_ASSERT_MESSAGE(text, seen);
      CPPUNIT_ASSERT_EQUAL(text, *percent_decode(*seen->string("key")));
      CPPUNIT_ASSERT_EQUAL(text, *seen->object("more")->string("value"));
    }
  }

  void a_write_that_is_done_is_done() {
    const Reply reply = put_answered({.body = kOk}, kLongMs);
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(""s, reply.message);
    CPPUNIT_ASSERT_EQUAL(std::string(kOk), reply.json);
  }

  void a_get_has_the_value() {
    const ScriptedServer server(
        {answering({{.body = R"({"key":"k","value":"v","index":7})"},
                    {.body = R"({"key":"k","value":""})"}})});
    Client client({server.address()}, kLongMs);
    const Reply reply = client.get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT(reply.value == "v");
    CPPUNIT_ASSERT(client.get("k").value == "");
  }

  void a_status_is_handed_on_as_it_came() {
    const std::string body = R"({ "stage":"any", "id":1 })";
    const ScriptedServer server({answering({{.body = body}})});
    const Reply reply = Client({server.address()}, kLongMs).status();
    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(body, reply.json);
  }

  // A conflict has the present value if there is one.
  void not_found_and_conflict_changed_nothing() {
    HttpAnswer conflict = error(409, "conflict");
    conflict.body.insert(1, R"("value":"v",)");
    const ScriptedServer server(
        {answering({{.status = 404, .body = R"({"error":"not_found"})"},
                    error(404, "not_found"),
                    error(409, "conflict"),
                    conflict})});
    Client client({server.address()}, kLongMs);
    CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kNotFoundOrMismatch);
    const Reply removed = client.remove("k");
    CPPUNIT_ASSERT(removed.outcome == Outcome::kNotFoundOrMismatch);
    CPPUNIT_ASSERT_EQUAL("not_found"s, removed.error);
    CPPUNIT_ASSERT_EQUAL("why not_found"s, removed.message);
    const Reply absent = client.cas("k", "u", "w");
    CPPUNIT_ASSERT(absent.outcome == Outcome::kNotFoundOrMismatch);
    CPPUNIT_ASSERT(absent.value == std::nullopt);
    CPPUNIT_ASSERT(client.cas("k", "u", "w").value == "v");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections());
  }

  // Another try would be refused, too.
  void bad_request_and_too_large_are_the_callers_fault() {
    for (const auto& [status, code] : std::vector<std::pair<int, std::string>>{
             {400, "bad_request"}, {413, "too_large"}}) {
      const Reply reply = put_answered(error(status, code), kLongMs);
      CPPUNIT_ASSERT(reply.outcome == Outcome::kBadRequest);
      CPPUNIT_ASSERT_EQUAL("why " + code, reply.message);
    }
  }

  // The last answer, and the limit.
  void what_was_not_executed_is_tried_until_the_time_is_up() {
    for (const std::string code : {"unavailable", "overloaded"}) {
      const HttpAnswer answer = error(503, code);
      const Reply reply = put_answered(answer, kShortMs);
      CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
      CPPUNIT_ASSERT_EQUAL("why " + code + "; gave up, the limit is 400 ms",
                           reply.message);
      CPPUNIT_ASSERT_EQUAL(answer.body, reply.json);

      const ScriptedServer server({answering({answer, answer, {.body = kOk}})});
      CPPUNIT_ASSERT(
          Client({server.address()}, kLongMs).put("k", "v").outcome ==
          Outcome::kDone);
    }
  }

  // By its number it is the same write each time (§8); what makes no sense is
  // no answer.
  void what_may_have_been_executed_is_tried_until_the_time_is_up_8() {
    for (const HttpAnswer& answer :
         {error(504, "timeout", "unknown"),
          error(503, "leadership_lost", "unknown"),
          HttpAnswer{.status = 500, .body = "{}"},
          HttpAnswer{.status = 502, .body = "<html>"},
          HttpAnswer{.status = 200, .body = ""},
          HttpAnswer{.status = 200, .body = "{\"ok\":tr"}}) {
      const Reply reply = put_answered(answer, kShortMs);
      CPPUNIT_ASSERT_MESSAGE(answer.body, reply.outcome == Outcome::kUnknown);
      CPPUNIT_ASSERT_MESSAGE(
          reply.message,
          reply.message.ends_with(
              "; gave up, the limit is 400 ms; a write may or may not have "
              "been executed: read the key before you write it again"));

      const ScriptedServer server({answering({answer, answer, {.body = kOk}})});
      CPPUNIT_ASSERT(
          Client({server.address()}, kLongMs).put("k", "v").outcome ==
          Outcome::kDone);
      CPPUNIT_ASSERT(std::vector<std::string>(3, "Raft-Serial: 1") ==
                     lines_with(server, "Raft-Serial"));
    }
  }

  // Each page begins after the last key of the one before.
  void a_list_walks_through_its_pages() {
    const ScriptedServer server({answering(
        {{.body = R"({"entries":[{"key":"a&1","value":"x"},)"
                  R"({"key":"a/2","value":"y"}],"more":true})"},
         {.body = R"({"entries":[{"key":"a3","value":""}],"more":true})"},
         {.body = R"({"entries":[],"more":true})"}})});

    const Reply reply = Client({server.address()}, kLongMs).list("a b");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, reply.entries.size());
    CPPUNIT_ASSERT_EQUAL("a/2"s, reply.entries[1].key);
    CPPUNIT_ASSERT_EQUAL("y"s, reply.entries[1].value);
    CPPUNIT_ASSERT_EQUAL(
        R"({"entries":[{"key":"a&1","value":"x"},{"key":"a/2","value":"y"},)"
        R"({"key":"a3","value":""}],"more":false})"s,
        reply.json);
    const std::string begin = "GET /v1/kv?limit=1000&prefix=a%20b";
    const std::vector<std::string> expected = {begin + " HTTP/1.1",
                                               begin + "&after=a%2F2 HTTP/1.1",
                                               begin + "&after=a3 HTTP/1.1"};
    CPPUNIT_ASSERT(expected == lines_with(server, "GET"));
  }

  // Half a list could be taken for the whole one.
  void a_list_that_makes_no_sense_is_refused() {
    for (const std::string body :
         {R"({})",
          R"({"entries":[]})",
          R"({"entries":[{"key":"k"}],"more":false})",
          R"({"entries":[{"key":1,"value":"v"}],"more":false})",
          R"({"entries":{},"more":false})"}) {
      const ScriptedServer server({answering({{.body = body}})});
      const Reply reply = Client({server.address()}, kLongMs).list("");
      CPPUNIT_ASSERT_MESSAGE(body, reply.outcome == Outcome::kNotExecuted);
      CPPUNIT_ASSERT_MESSAGE(reply.message,
                             reply.message.starts_with(
                                 "the server's list makes no sense: field "));
    }
  }

  // Reads have none.
  void a_session_has_an_id_of_its_own_8() {
    const ScriptedServer server({answering_always({.body = kOk})});
    for (int i = 0; i < 2; ++i) {
      Client client({server.address()}, kLongMs);
      client.put("k", "v");
      client.remove("k");
      client.get("k");
    }
    const auto ids = lines_with(server, "Raft-Client-Id: ");
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, ids.size());
    CPPUNIT_ASSERT_EQUAL(ids[0], ids[1]);
    CPPUNIT_ASSERT_EQUAL(ids[2], ids[3]);
    CPPUNIT_ASSERT(ids[0] != ids[2]);
    CPPUNIT_ASSERT_EQUAL("Raft-Client-Id: "s.size() + 32, ids[0].size());
  }

  // Also after one that was refused, or given up.
  void each_write_has_the_next_number_8() {
    const HttpAnswer ok{.body = kOk};
    const ScriptedServer server({answering(
        {ok, error(409, "conflict"), error(400, "bad_request"), ok, ok})});
    Client client({server.address()}, kLongMs);
    client.put("k", "v");
    client.cas("k", "v", "w");
    client.put("", "v");
    client.get("k");
    client.remove("k");
    const std::vector<std::string> expected = {
        "Raft-Serial: 1", "Raft-Serial: 2", "Raft-Serial: 3", "Raft-Serial: 4"};
    CPPUNIT_ASSERT(expected == lines_with(server, "Raft-Serial"));
  }

  // A client that was forgotten is a new one; its write surely was not executed
  // under the old id.
  void an_expired_session_goes_on_as_a_new_one_8() {
    for (const std::string code : {"session_expired", "stale_serial"}) {
      const HttpAnswer ok{.body = kOk};
      const ScriptedServer server({answering({ok, error(409, code), ok, ok})});
      Client client({server.address()}, kLongMs);
      client.put("k", "1");
      CPPUNIT_ASSERT(client.put("k", "2").outcome == Outcome::kDone);
      CPPUNIT_ASSERT(client.put("k", "3").outcome == Outcome::kDone);
      const auto ids = lines_with(server, "Raft-Client-Id: ");
      CPPUNIT_ASSERT_EQUAL(ids[0], ids[1]);
      CPPUNIT_ASSERT(ids[1] != ids[2]);
      CPPUNIT_ASSERT_EQUAL(ids[2], ids[3]);
      const std::vector<std::string> expected = {"Raft-Serial: 1",
                                                 "Raft-Serial: 2",
                                                 "Raft-Serial: 1",
                                                 "Raft-Serial: 2"};
      CPPUNIT_ASSERT(expected == lines_with(server, "Raft-Serial"));
    }
  }

  // A server that forgets everybody at once would be asked for ever.
  void a_new_session_that_is_refused_is_given_up() {
    const ScriptedServer server(
        {answering_always(error(409, "session_expired"))});

    const Reply reply = Client({server.address()}, kLongMs).put("k", "v");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_EQUAL("session_expired"s, reply.error);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(server, "PUT").size());
  }

  // An earlier try may have been executed, under the id that is forgotten. The
  // next write goes on under a new one.
  void a_write_in_doubt_is_not_sent_under_a_new_id_8() {
    const HttpAnswer ok{.body = kOk};
    const ScriptedServer server({answering({ok,
                                            error(504, "timeout", "unknown"),
                                            error(409, "session_expired"),
                                            ok})});
    Client client({server.address()}, kLongMs);
    client.put("k", "1");

    const Reply reply = client.put("k", "2");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(""s, reply.json);
    CPPUNIT_ASSERT(reply.message.starts_with("why session_expired; a write"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, lines_with(server, "PUT").size());
    CPPUNIT_ASSERT(client.put("k", "3").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL("Raft-Serial: 1"s,
                         lines_with(server, "Raft-Serial").back());
  }

  void the_numbers_of_the_outcomes_are_exit_statuses() {
    CPPUNIT_ASSERT_EQUAL(0, static_cast<int>(Outcome::kDone));
    CPPUNIT_ASSERT_EQUAL(1, static_cast<int>(Outcome::kNotFoundOrMismatch));
    CPPUNIT_ASSERT_EQUAL(2, static_cast<int>(Outcome::kBadRequest));
    CPPUNIT_ASSERT_EQUAL(3, static_cast<int>(Outcome::kNotExecuted));
    CPPUNIT_ASSERT_EQUAL(4, static_cast<int>(Outcome::kUnknown));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientHttpTest);

}  // namespace
}  // namespace raft
