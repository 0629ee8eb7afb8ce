// Both ends of the Connect protocol against each other, with a message that
// protobuf brings along. How a server refuses what is no call is in the suites
// of the stages that have one.
#include "common/connect.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <thread>
#include <vector>

#include "common/connect_test_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

class ConnectTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectTest);
  CPPUNIT_TEST(a_type_of_content_names_an_encoding);
  CPPUNIT_TEST(a_message_survives_both_encodings);
  CPPUNIT_TEST(a_complaint_is_one_line_of_ascii);
  CPPUNIT_TEST(an_error_has_its_code_and_status);
  CPPUNIT_TEST(an_answer_that_is_no_error_of_connect_is_described);
  CPPUNIT_TEST(a_call_is_answered);
  CPPUNIT_TEST(a_refusal_comes_with_its_reason);
  CPPUNIT_TEST(only_the_first_answer_counts);
  CPPUNIT_TEST(a_call_may_be_answered_by_any_thread);
  CPPUNIT_TEST(an_answer_after_the_end_does_nothing);
  CPPUNIT_TEST(a_call_that_is_forgotten_is_told_so);
  CPPUNIT_TEST(a_call_ends_at_its_deadline);
  CPPUNIT_TEST(a_client_that_stops_gives_its_call_up);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_type_of_content_names_an_encoding() {
    for (const char* type : {"application/json",
                             "application/json; charset=utf-8",
                             " Application/Json ;x"}) {
      CPPUNIT_ASSERT(encoding_of(type) == ConnectEncoding::kJson);
    }
    CPPUNIT_ASSERT(encoding_of("application/proto") == ConnectEncoding::kProto);
    for (const char* type : {"", "json", "application/jsonx", "text/json"}) {
      CPPUNIT_ASSERT(!encoding_of(type).has_value());
    }
  }

  void a_message_survives_both_encodings() {
    for (const auto encoding :
         {ConnectEncoding::kProto, ConnectEncoding::kJson}) {
      for (const std::string& text : {""s, "a\"\n"s, "\u00fc\0"s}) {
        SourceContext read;
        const auto body = encode_message(message(text), encoding);
        CPPUNIT_ASSERT(decode_message(body, encoding, read).has_value());
        CPPUNIT_ASSERT_EQUAL(text, read.file_name());
      }
    }
    CPPUNIT_ASSERT_EQUAL("\x0a\x01x"s,
                         encode_message(message("x"), ConnectEncoding::kProto));
    CPPUNIT_ASSERT_EQUAL(R"({"fileName":"x"})"s,
                         encode_message(message("x"), ConnectEncoding::kJson));
  }

  void a_complaint_is_one_line_of_ascii() {
    SourceContext read;
    for (const std::string& body : {"\n\xff\x80\n"s,
                                    std::string(10'000, '\xe9'),
                                    "{\"fileName\":{\"\n\u00e9\":1}}"s}) {
      const auto done = decode_message(body, ConnectEncoding::kJson, read);
      CPPUNIT_ASSERT(!done);
      for (const char c : done.error().message) {
        CPPUNIT_ASSERT(c >= ' ' && c <= '~');
      }
      CPPUNIT_ASSERT(done.error().message.size() < 300);
    }
  }

  // https://connectrpc.com/docs/protocol#error-codes
  void an_error_has_its_code_and_status() {
    const std::vector<std::pair<ConnectCode, std::pair<int, std::string>>>
        table = {
            {ConnectCode::kInvalidArgument, {400, "invalid_argument"}},
            {ConnectCode::kDeadlineExceeded, {504, "deadline_exceeded"}},
            {ConnectCode::kResourceExhausted, {429, "resource_exhausted"}},
            {ConnectCode::kFailedPrecondition, {400, "failed_precondition"}},
            {ConnectCode::kUnimplemented, {501, "unimplemented"}},
            {ConnectCode::kUnavailable, {503, "unavailable"}}};
    for (const auto& [code, expected] : table) {
      const HttpAnswer answer = answer_of({code, "why \"not\""});
      CPPUNIT_ASSERT_EQUAL(expected.first, answer.status);
      CPPUNIT_ASSERT_EQUAL("{\"code\":\"" + expected.second +
                               "\",\"message\":\"why \\\"not\\\"\"}",
                           answer.body);
      CPPUNIT_ASSERT_EQUAL(expected.second + ": why \"not\"",
                           describe_error(answer));
    }
  }

  void an_answer_that_is_no_error_of_connect_is_described() {
    for (const std::string& body : {""s, "<html>"s, "{}"s}) {
      const HttpAnswer answer{.status = 502, .body = body};
      CPPUNIT_ASSERT_EQUAL("status 502"s, describe_error(answer).substr(0, 10));
    }
  }

  void a_call_is_answered() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    for (const std::string& text : {"a"s, ""s, std::string(900, 'x')}) {
      CPPUNIT_ASSERT_EQUAL(text, call(client, "Echo", text));
    }
  }

  void a_refusal_comes_with_its_reason() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    CPPUNIT_ASSERT_EQUAL(
        "unimplemented: no such method: /test.v1.EchoService/None"s,
        call(client, "None", ""));
    CPPUNIT_ASSERT_EQUAL(
        "resource_exhausted"s,
        call(client, "Echo", std::string(2000, 'x')).substr(0, 18));
    CPPUNIT_ASSERT_EQUAL("x"s, call(client, "Echo", "x"));
  }

  void only_the_first_answer_counts() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    std::thread answering([&] {
      const ConnectReply reply = server.kept();
      reply.answer(message("first"));
      reply.answer(message("second"));
      reply.fail({ConnectCode::kUnavailable, "third"});
    });
    const std::string first = call(client, "Keep", "");
    answering.join();
    CPPUNIT_ASSERT_EQUAL("first"s, first);
    CPPUNIT_ASSERT_EQUAL("x"s, call(client, "Echo", "x"));
  }

  void a_call_may_be_answered_by_any_thread() {
    EchoServer server;
    std::vector<std::string> answers(4);
    std::vector<std::thread> threads;
    for (std::string& answer : answers) {
      threads.emplace_back([&] {
        ConnectClient client(server.address(), kService);
        answer = call(client, "Keep", "");
      });
      threads.emplace_back([&] { server.kept().answer(message("kept")); });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(answers == std::vector<std::string>(4, "kept"));
  }

  void an_answer_after_the_end_does_nothing() {
    std::optional<ConnectReply> reply;
    {
      EchoServer server;
      ConnectClient client(server.address(), kService);
      std::thread stopping([&] {
        reply = server.kept();
        reply->fail({ConnectCode::kUnavailable, "stopping"});
        server.stop();
      });
      const std::string answer = call(client, "Keep", "");
      stopping.join();
      CPPUNIT_ASSERT_EQUAL("unavailable: stopping"s, answer);
    }
    reply->answer(message("late"));
  }

  void a_call_that_is_forgotten_is_told_so() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    std::thread forgetting([&] { server.kept(); });
    const std::string answer = call(client, "Keep", "");
    forgetting.join();
    CPPUNIT_ASSERT_EQUAL("unavailable: no answer was given"s, answer);
  }

  // The client's own. What it says to the server is in the stages' suites.
  void a_call_ends_at_its_deadline() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    SourceContext response;
    CPPUNIT_ASSERT(
        !client.call("Keep", message(""), response, deadline_in_ms(20)));
    server.kept().answer(message("late"));
    CPPUNIT_ASSERT_EQUAL("next"s, call(client, "Echo", "next"));
  }

  // Its deadline is far away.
  void a_client_that_stops_gives_its_call_up() {
    EchoServer server;
    ConnectClient client(server.address(), kService);
    std::string answer;
    std::thread calling([&] { answer = call(client, "Keep", ""); });
    const ConnectReply reply = server.kept();
    client.stop();
    calling.join();
    reply.answer(message("late"));
    CPPUNIT_ASSERT(!answer.empty());
    CPPUNIT_ASSERT_EQUAL("stopping"s, call(client, "Echo", "x"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectTest);

}  // namespace
}  // namespace raft
