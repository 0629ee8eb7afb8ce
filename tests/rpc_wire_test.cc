// [since stage5_rpc]
// The peer port, byte by byte, as any client of the Connect protocol may use it
// (https://connectrpc.com/docs/protocol): what a call and its answer look like
// in both encodings.
#include <cppunit/extensions/HelperMacros.h>

#include "common/json.h"
#include "tests/http_script.h"
#include "tests/rpc_call.h"
#include "tests/scripted_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

class RpcWireTest : public RpcCallFixture {
  CPPUNIT_TEST_SUITE(RpcWireTest);
  CPPUNIT_TEST(a_call_in_binary);
  CPPUNIT_TEST(a_call_in_json);
  CPPUNIT_TEST(the_call_that_a_node_makes);
  CPPUNIT_TEST(headers_that_say_nothing_new_change_nothing);
  CPPUNIT_TEST(unknown_fields_are_ignored);
  CPPUNIT_TEST(a_heartbeat_is_a_call_without_entries);
  CPPUNIT_TEST(every_byte_of_a_command_survives);
  CPPUNIT_TEST(calls_of_one_peer_are_answered_in_their_order);
  CPPUNIT_TEST(each_peer_gets_its_own_results);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_call_in_binary() {
    const std::string head =
        "POST /raft.v1.RaftService/AppendEntries HTTP/1.1\r\n"
        "Host: 127.0.0.1:7102\r\n"
        "Content-Type: application/proto\r\n"
        "Connect-Protocol-Version: 1\r\n"
        "Content-Length: 31\r\n"
        "\r\n";
    connection_->send(head + kRequest);
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    two_->send(kResult);
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 200 OK\r"s, connection_->receive_line());
    HttpAnswer answer = receive_rest_of_answer(*connection_);
    std::erase_if(answer.headers,
                  [](const auto& header) { return header.first == "Date"; });
    const HttpHeaders headers = {{"Content-Type", "application/proto"},
                                 {"Content-Length", "10"}};
    CPPUNIT_ASSERT(headers == answer.headers);
    CPPUNIT_ASSERT_EQUAL(hex_of(kResponse), hex_of(answer.body));
  }

  void a_call_in_json() {
    const HttpAnswer answer = answered(json_call());
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    CPPUNIT_ASSERT_EQUAL("application/json"s,
                         header_in(answer.headers, "Content-Type").value());
    CPPUNIT_ASSERT_EQUAL(kResponseInJson, answer.body);
  }

  // Its clock is 1.
  void the_call_that_a_node_makes() {
    std::optional<HttpRequest> request;
    {
      const ScriptedServer one(
          {[&](ScriptedServer::Connection& connection) {
            request = receive_request(connection);
            connection.send(bytes_of(
                HttpAnswer{.headers = {{"Content-Type", "application/proto"}},
                           .body = kResponse}));
            receive_request(connection);
          }},
          ports_->peer(1));
      Envelope call = kEnvelope;
      call.from = 2;
      call.to = 1;
      two_->send(call);
      Envelope result = kResult;
      result.from = 1;
      result.to = 2;
      CPPUNIT_ASSERT(result == two_->receive());
    }
    CPPUNIT_ASSERT_EQUAL("POST"s, request->method);
    CPPUNIT_ASSERT_EQUAL(kPath, request->target);
    const HttpHeaders headers = {{"Host", ports_->peer(1)},
                                 {"Content-Type", "application/proto"},
                                 {"Connect-Protocol-Version", "1"},
                                 {"Content-Length", "31"}};
    CPPUNIT_ASSERT(headers == request->headers);
    std::string expected = kRequest;
    expected.replace(6, 6, bytes_of_hex("1002 1801 2001"));
    CPPUNIT_ASSERT_EQUAL(hex_of(expected), hex_of(request->body));
  }

  void headers_that_say_nothing_new_change_nothing() {
    for (Call call : {with_header("Connect-Protocol-Version", "1"),
                      with_header("connect-timeout-ms", "9999999999"),
                      with_header("Content-Encoding", "identity"),
                      with_header("Accept-Encoding", "gzip"),
                      with_header("User-Agent", "connect-es/2")}) {
      CPPUNIT_ASSERT_EQUAL(200, answered(call).status);
      call.path += "?trace=1";
      CPPUNIT_ASSERT_EQUAL(200, answered(call).status);
    }
    for (const std::string type : {"application/json; charset=utf-8",
                                   "application/json;charset=UTF-8",
                                   "Application/JSON"}) {
      Call call = json_call();
      call.headers[0].second = type;
      const HttpAnswer answer = answered(call);
      CPPUNIT_ASSERT_EQUAL("application/json"s,
                           header_in(answer.headers, "Content-Type").value());
    }
  }

  void unknown_fields_are_ignored() {
    Call call;
    call.body += bytes_of_hex("f83f 01 fa3f 02 6869");  // 1023: 1, and "hi"
    CPPUNIT_ASSERT_EQUAL(200, answered(call).status);
    CPPUNIT_ASSERT_EQUAL(
        200,
        answered(json_call(R"({"later":{"a":[1,{"b":null}]},)" +
                           kRequestInJson.substr(1)))
            .status);
  }

  void a_heartbeat_is_a_call_without_entries() {
    Call call;
    call.body.erase(20, 9);
    Envelope heartbeat = kEnvelope;
    std::get<AppendEntries>(heartbeat.message).entries.clear();
    connection_->send(bytes_of(call));
    CPPUNIT_ASSERT(heartbeat == two_->receive());
    two_->send(kResult);
    CPPUNIT_ASSERT_EQUAL(200, receive_answer(*connection_).status);
  }

  void every_byte_of_a_command_survives() {
    std::string command;
    for (int byte = 0; byte < 256; ++byte) command += static_cast<char>(byte);
    Call call;
    call.body.replace(20, 9, bytes_of_hex("4a8702 0804 1006 1a8002") + command);
    Envelope expected = kEnvelope;
    std::get<AppendEntries>(expected.message).entries[0].command = command;
    connection_->send(bytes_of(call));
    CPPUNIT_ASSERT(expected == two_->receive());
    two_->send(kResult);
    CPPUNIT_ASSERT_EQUAL(200, receive_answer(*connection_).status);
  }

  void calls_of_one_peer_are_answered_in_their_order() {
    RawConnection second(ports_->peer(2));
    connection_->send(bytes_of(json_call()));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    second.send(bytes_of(json_call()));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());

    Envelope result = kResult;
    for (RawConnection* connection : {&*connection_, &second}) {
      two_->send(result);
      const auto answer =
          JsonObject::parse(receive_answer(*connection).body).value();
      const Index index =
          std::get<AppendEntriesResult>(result.message).match_index++;
      CPPUNIT_ASSERT_EQUAL(std::to_string(index),
                           answer.string("matchIndex").value());
    }
  }

  void each_peer_gets_its_own_results() {
    RawConnection three(ports_->peer(2));
    connection_->send(bytes_of(json_call()));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    three.send(bytes_of(json_call(json_with("from", "3"))));
    CPPUNIT_ASSERT_EQUAL(NodeId{3}, two_->receive().from);

    Envelope result = kResult;
    result.to = 3;
    two_->send(result);
    CPPUNIT_ASSERT_EQUAL(200, receive_answer(three).status);
    result.to = 1;
    two_->send(result);
    CPPUNIT_ASSERT_EQUAL(200, receive_answer(*connection_).status);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcWireTest);

}  // namespace
}  // namespace raft
