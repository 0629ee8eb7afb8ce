// [since stage5_rpc]
// How the peer port refuses everything that is no call for this node, before
// the node hears of it, with the codes and statuses of the Connect protocol
// (https://connectrpc.com/docs/protocol#error-codes).
#include <cppunit/extensions/HelperMacros.h>

#include "common/json.h"
#include "tests/rpc_call.h"

namespace raft {
namespace {

using namespace std::string_literals;

class RpcRefusalsTest : public RpcCallFixture {
  CPPUNIT_TEST_SUITE(RpcRefusalsTest);
  CPPUNIT_TEST(what_is_meant_for_somebody_else_is_refused);
  CPPUNIT_TEST(what_does_not_decode_is_refused);
  CPPUNIT_TEST(an_unknown_method_or_path_is_refused);
  CPPUNIT_TEST(a_call_is_a_post);
  CPPUNIT_TEST(another_type_of_content_is_refused);
  CPPUNIT_TEST(another_version_or_encoding_is_refused);
  CPPUNIT_TEST(a_timeout_that_is_none_is_refused);
  CPPUNIT_TEST(a_timeout_that_passes_ends_the_call);
  CPPUNIT_TEST(a_body_that_is_too_large_is_refused);
  CPPUNIT_TEST(what_is_no_http_is_refused);
  CPPUNIT_TEST(a_node_that_stops_is_unavailable);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Another cluster's messages, or another node's, would do harm here.
  void what_is_meant_for_somebody_else_is_refused() {
    for (const std::string& body : {"{}"s,
                                    json_with("clusterId", R"("other")"),
                                    json_with("clusterId", R"("")"),
                                    json_with("clusterId", R"("test ")"),
                                    json_with("to", "3"),
                                    json_with("to", "0"),
                                    json_with("from", "0"),
                                    json_with("from", "2"),
                                    json_with("from", "4")}) {
      check_refused(json_call(body), 400, "failed_precondition");
    }
    Call call;
    call.body = "";
    check_refused(call, 400, "failed_precondition");
    call.body = kRequest;
    call.body[2] = 'T';
    check_refused(call, 400, "failed_precondition");
  }

  void what_does_not_decode_is_refused() {
    Call call;
    for (const std::string& body :
         {"garbage"s,
          kRequest.substr(0, kRequest.size() - 1),
          kRequest + '\xff',
          bytes_of_hex("0a02 fffe"),  // no UTF-8 in a string
          bytes_of_hex("4affffffff0f"),  // longer than all there is
          bytes_of_hex("08ffffffffffffffffffff01"),  // a number of 11 bytes
          "\n\x04\0\0"s,
          std::string(100'000, '\x4b')}) {  // groups in groups
      call.body = body;
      check_refused(call, 400, "invalid_argument");
    }
    std::string deep = "{}";
    for (int depth = 0; depth < 1000; ++depth) deep = "{\"x\":" + deep + "}";
    for (const std::string& body : {""s,
                                    "garbage"s,
                                    "[]"s,
                                    "{\"term\":"s,
                                    "{}{}"s,
                                    "\xff\xfe"s,
                                    "{\"clusterId\":\"\xff\"}"s,
                                    "{\0}"s,
                                    json_with("term", "-1"),
                                    json_with("term", "1.5"),
                                    json_with("term", "18446744073709551616"),
                                    json_with("term", "\"x\""),
                                    json_with("term", "[]"),
                                    json_with("clusterId", "7"),
                                    json_with("entries", "7"),
                                    deep}) {
      check_refused(json_call(body), 400, "invalid_argument");
    }
  }

  void an_unknown_method_or_path_is_refused() {
    for (const std::string& path : {"/raft.v1.RaftService/appendentries"s,
                                    "/raft.v1.RaftService/AppendEntries/"s,
                                    "/raft.v1.RaftService/AppendEntriesX"s,
                                    "/raft.v1.RaftService/"s}) {
      check_refused({.path = path}, 501, "unimplemented");
    }
    for (const std::string& path : {"/"s,
                                    "/v1/status"s,
                                    "/raft.v1.RaftService"s,
                                    "/raft.v2.RaftService/AppendEntries"s,
                                    "/x/raft.v1.RaftService/AppendEntries"s}) {
      check_refused({.path = path}, 404, "unimplemented");
    }
  }

  void a_call_is_a_post() {
    for (const std::string& method : {"GET"s, "PUT"s, "DELETE"s, "PATCH"s}) {
      const HttpAnswer answer =
          check_refused({.method = method}, 405, "unimplemented");
      CPPUNIT_ASSERT_EQUAL("POST"s, header_in(answer.headers, "Allow").value());
    }
  }

  void another_type_of_content_is_refused() {
    for (const std::string& type : {""s,
                                    "text/plain"s,
                                    "application/xml"s,
                                    "application/jsonp"s,
                                    "application/connect+proto"s,
                                    "application/grpc+proto"s,
                                    "application/x-www-form-urlencoded"s}) {
      const HttpAnswer answer = check_refused(
          {.headers = {{"Content-Type", type}}}, 415, "unimplemented");
      CPPUNIT_ASSERT_EQUAL("application/proto, application/json"s,
                           header_in(answer.headers, "Accept-Post").value());
    }
    check_refused({.headers = {}}, 415, "unimplemented");
  }

  void another_version_or_encoding_is_refused() {
    for (const std::string& version : {"0"s, "2"s, "1.0"s, "x"s}) {
      check_refused(with_header("Connect-Protocol-Version", version),
                    400,
                    "invalid_argument");
    }
    for (const std::string& coding : {"gzip"s, "br"s, "x"s}) {
      const HttpAnswer answer = check_refused(
          with_header("Content-Encoding", coding), 501, "unimplemented");
      CPPUNIT_ASSERT_EQUAL(
          "identity"s, header_in(answer.headers, "Accept-Encoding").value());
      CPPUNIT_ASSERT(answer.body.find("identity") != std::string::npos);
    }
  }

  void a_timeout_that_is_none_is_refused() {
    for (const std::string& timeout :
         {"x"s, "0"s, "-1"s, "+1"s, "1.5"s, "1s"s, "0x1"s, "10000000000"s}) {
      check_refused(
          with_header("Connect-Timeout-Ms", timeout), 400, "invalid_argument");
    }
  }

  // The result that comes too late is nobody else's.
  void a_timeout_that_passes_ends_the_call() {
    check_refused_late(with_header("Connect-Timeout-Ms", "1"));
    two_->send(kResult);
    CPPUNIT_ASSERT_EQUAL(200, answered(json_call()).status);
  }

  void a_body_that_is_too_large_is_refused() {
    connection_->send("POST " + kPath +
                      " HTTP/1.1\r\nHost: x\r\n"
                      "Content-Type: application/proto\r\n"
                      "Content-Length: 8388609\r\n\r\n");
    check_error(receive_answer(*connection_), 429, "resource_exhausted");
  }

  void what_is_no_http_is_refused() {
    connection_->send("{\"cluster_id\":\"test\"}\r\n\r\n");
    check_error(receive_answer(*connection_), 400, "invalid_argument");
  }

  void a_node_that_stops_is_unavailable() {
    connection_->send(bytes_of(Call()));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    CPPUNIT_ASSERT(two_->stop().empty());
    check_error(receive_answer(*connection_), 503, "unavailable");
  }

 private:
  static void check_error(const HttpAnswer& answer,
                          int status,
                          const std::string& code) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, status, answer.status);
    CPPUNIT_ASSERT_EQUAL("application/json"s,
                         header_in(answer.headers, "Content-Type").value());
    const auto error = JsonObject::parse(answer.body).value();
    CPPUNIT_ASSERT_EQUAL(code, error.string("code").value());
    CPPUNIT_ASSERT(!error.string("message").value().empty());
  }

  // Makes a call that is refused; the connection lives on.
  HttpAnswer check_refused(const Call& call,
                           int status,
                           const std::string& code) {
    connection_->send(bytes_of(call));
    const HttpAnswer answer = receive_answer(*connection_);
    check_error(answer, status, code);
    return answer;
  }

  // The same where nobody but time refuses it.
  void check_refused_late(const Call& call) {
    connection_->send(bytes_of(call));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    check_error(receive_answer(*connection_), 504, "deadline_exceeded");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcRefusalsTest);

}  // namespace
}  // namespace raft
