// [since stage5_rpc]
// A call of the peer port as bytes, for the suites that look at them.
#pragma once

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <optional>
#include <string>

#include "common/http.h"
#include "tests/raw_connection.h"
#include "tests/rpc_nodes.h"

namespace raft {

inline const std::string kPath = "/raft.v1.RaftService/AppendEntries";

// The bytes of a text of pairs of hexadecimal digits, in which spaces are for
// the reader; and the other way round, without spaces.
inline std::string bytes_of_hex(const std::string& text) {
  std::string bytes;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    at = text.find_first_not_of(' ', at);
    if (at == std::string::npos) break;
    bytes += static_cast<char>(std::stoi(text.substr(at, 2), nullptr, 16));
  }
  return bytes;
}

inline std::string hex_of(const std::string& bytes) {
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

// The leader, node 1 of cluster "test", sends node 2 the entry 6.
inline const std::string kRequest = bytes_of_hex(
    "0a04 74657374"  // 1, text of 4 bytes: cluster_id "test"
    "10 01"  // 2, number: from 1
    "18 02"  // 3: to 2
    "20 03"  // 4: clock 3
    "28 04"  // 5: term 4
    "30 01"  // 6: leader_id 1
    "38 05"  // 7: prev_log_index 5
    "40 04"  // 8: prev_log_term 4
    "4a07"  // 9, message of 7 bytes: the first of entries
    "  08 04"  //    1: term 4
    "  10 06"  //    2: index 6
    "  1a01 78"  //    3, 1 byte: command "x"
    "50 05");  // 10: leader_commit 5

inline const std::string kRequestInJson =
    R"({"clusterId":"test","from":"1","to":"2","clock":"3","term":"4",)"
    R"("leaderId":"1","prevLogIndex":"5","prevLogTerm":"4",)"
    R"("entries":[{"term":"4","index":"6","command":"eA=="}],)"
    R"("leaderCommit":"5"})";

inline const Envelope kEnvelope = {
    .from = 1,
    .to = 2,
    .message =
        AppendEntries{.term = 4,
                      .leader_id = 1,
                      .prev_log_index = 5,
                      .prev_log_term = 4,
                      .entries = {{.term = 4, .index = 6, .command = "x"}},
                      .leader_commit = 5}};

inline const Envelope kResult = {
    .from = 2,
    .to = 1,
    .message = AppendEntriesResult{
        .term = 4, .success = true, .match_index = 6, .match_term = 4}};

// The same on the wire.
inline const std::string kResponse = bytes_of_hex(
    "08 05"  // 1, number: clock 5, after the 3 of the request and a receive
    "10 04"  // 2: term 4
    "18 01"  // 3: success
    "20 06"  // 4: match_index 6
    "28 04");  // 5: match_term 4

inline const std::string kResponseInJson =
    R"({"clock":"5","term":"4","success":true,"matchIndex":"6",)"
    R"("matchTerm":"4"})";

// What a call of the peer port consists of; the default is a good one.
struct Call {
  std::string method = "POST";
  std::string path = kPath;
  HttpHeaders headers = {{"Content-Type", "application/proto"}};
  std::string body = kRequest;
};

inline Call json_call(const std::string& body = kRequestInJson) {
  return {.headers = {{"Content-Type", "application/json"}}, .body = body};
}

inline Call with_header(const std::string& name, const std::string& value) {
  Call call;
  call.headers.emplace_back(name, value);
  return call;
}

inline std::string bytes_of(const Call& call) {
  std::string bytes =
      call.method + " " + call.path + " HTTP/1.1\r\nHost: x\r\n";
  for (const auto& [name, value] : call.headers) {
    bytes += name + ": " + value + "\r\n";
  }
  return bytes + "Content-Length: " + std::to_string(call.body.size()) +
         "\r\n\r\n" + call.body;
}

// The headers and the body of an answer.
inline HttpAnswer receive_rest_of_answer(RawConnection& connection) {
  HttpAnswer answer;
  for (std::string line; (line = connection.receive_line()) != "\r";) {
    const std::size_t colon = line.find(": ");
    answer.headers.emplace_back(
        line.substr(0, colon), line.substr(colon + 2, line.size() - colon - 3));
  }
  const auto size = header_in(answer.headers, "Content-Length");
  CPPUNIT_ASSERT(size.has_value());
  answer.body = connection.receive_bytes(std::stoul(*size));
  return answer;
}

// The next answer that comes.
inline HttpAnswer receive_answer(RawConnection& connection) {
  const std::string first = connection.receive_line();
  HttpAnswer answer = receive_rest_of_answer(connection);
  answer.status = std::stoi(first.substr(first.find(' ') + 1));
  return answer;
}

// A request with another value in one of its fields.
inline std::string json_with(const std::string& field,
                             const std::string& value) {
  std::string text = kRequestInJson;
  const std::size_t start = text.find("\"" + field + "\":");
  CPPUNIT_ASSERT(start != std::string::npos);
  const std::size_t end = text.find(",\"", start);
  return text.replace(start, end - start, "\"" + field + "\":" + value);
}

// Node 2 of a cluster of three, and a connection to its peer port; anew for
// each test.
class RpcCallFixture : public CppUnit::TestFixture {
 public:
  void setUp() override {
    ports_.emplace();
    two_.emplace(2, *ports_);
    connection_.emplace(ports_->peer(2));
  }

  // Nothing but what the tests looked at has reached the node.
  void tearDown() override {
    connection_.reset();
    CPPUNIT_ASSERT(two_->stop().empty());
    two_.reset();
    ports_.reset();
  }

 protected:
  // The answer to a good call, which reaches the node, and its result.
  HttpAnswer answered(const Call& call) {
    connection_->send(bytes_of(call));
    CPPUNIT_ASSERT(kEnvelope == two_->receive());
    two_->send(kResult);
    return receive_answer(*connection_);
  }

  std::optional<ThreePorts> ports_;
  std::optional<RpcNode> two_;
  std::optional<RawConnection> connection_;
};

}  // namespace raft
