// [since stage4_cluster_client]
// HTTP requests that can't be carried out: each gets a clear error in JSON,
// changes nothing, and is nothing to the client beside it.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <string>
#include <vector>

#include "common/http_connection.h"
#include "common/test_process.h"
#include "tests/http_cluster.h"
#include "tests/raw_http.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 1024 * 1024;
constexpr std::size_t kBodyBytesMax = 2 * 1024 * 1024;

constexpr char kBadRequest[] = "400 bad_request not_executed";
constexpr char kUnsupported[] = "415 unsupported_media_type not_executed";
constexpr char kGoodBody[] = R"({"value":"v"})";

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

std::string body_with(const std::string& field, std::size_t bytes) {
  return JsonWriter()
      .add("value", "v")
      .add(field, std::string(bytes, 'x'))
      .text();
}

class StoryBadHttpInput : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryBadHttpInput);
  CPPUNIT_TEST(a_bad_percent_encoding_is_refused_wherever_it_is);
  CPPUNIT_TEST(a_key_that_is_none_is_refused);
  CPPUNIT_TEST(any_key_and_value_comes_back_as_it_was);
  CPPUNIT_TEST(a_body_that_is_not_the_json_asked_for_is_refused);
  CPPUNIT_TEST(a_body_that_is_cut_anywhere_is_refused);
  CPPUNIT_TEST(limits_hold_to_the_byte);
  CPPUNIT_TEST(a_body_over_2_mib_is_too_large);
  CPPUNIT_TEST(another_content_type_is_refused_with_the_right_one_named);
  CPPUNIT_TEST(an_unknown_path_is_not_found);
  CPPUNIT_TEST(another_method_is_refused_with_the_right_ones_named);
  CPPUNIT_TEST(a_read_with_a_bad_query_is_refused);
  CPPUNIT_TEST(a_session_that_is_half_named_or_malformed_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    cluster_.start();
    address_ = cluster_.client_address(1);
    http_.wait_until_ready();
    CPPUNIT_ASSERT_EQUAL(200, ask(address_, put_request("k", "v")).status);
    bystander_.emplace(HttpConnection::connect(address_, patience()).value());
  }

  // One key and its value are there, as before.
  void tearDown() override {
    const HttpAnswer all = ask(address_, get_request("/v1/kv?limit=1000"));
    CPPUNIT_ASSERT_EQUAL(
        R"({"entries":[{"key":"k","value":"v"}],"more":false})"s, all.body);
    cluster_.stop();
  }

  void a_bad_percent_encoding_is_refused_wherever_it_is() {
    for (const char* bad : {"%", "%2", "%zz", "a%%20", "%G0", "%0x", "k%"}) {
      for (const char* method : {"GET", "PUT", "DELETE"}) {
        expect(kBadRequest, method, "/v1/kv/"s + bad);
      }
      expect(kBadRequest, "PUT", "/v1/kv/k?x="s + bad, "", kGoodBody);
      expect(kBadRequest, "DELETE", "/v1/kv/k?x="s + bad);
      expect(kBadRequest, "GET", "/v1/kv/k?x="s + bad);
      expect(kBadRequest, "GET", "/v1/kv?prefix="s + bad);
      expect(kBadRequest, "GET", "/v1/kv?after="s + bad);
    }
  }

  void a_key_that_is_none_is_refused() {
    for (const std::string& key : {""s,
                                   "%FF"s,
                                   "%C3"s,
                                   "%C3%28"s,
                                   "%C0%AF"s,
                                   "%ED%A0%80"s,
                                   "%F5%80%80%80"s,
                                   "\xFF"s,
                                   "k\xC3"s,
                                   std::string(kKeyBytesMax + 1, 'k'),
                                   repeated("%E2%82%AC", 342)}) {
      expect(kBadRequest, "PUT", "/v1/kv/" + key, "", kGoodBody);
      expect(kBadRequest, "GET", "/v1/kv/" + key);
      expect(kBadRequest, "DELETE", "/v1/kv/" + key);
    }
    expect(kBadRequest, "GET", "/v1/kv?prefix=%FF");
    expect(kBadRequest, "GET", "/v1/kv?after=%FF");
  }

  // Dot segments and doubled slashes are part of a key like anything else.
  void any_key_and_value_comes_back_as_it_was() {
    const std::string longest(kKeyBytesMax, 'k');
    for (const std::string& key : {"."s,
                                   ".."s,
                                   "../"s,
                                   "../../etc/passwd"s,
                                   "/"s,
                                   "//"s,
                                   "a/b/c"s,
                                   "a b"s,
                                   "+"s,
                                   "%"s,
                                   "%2F"s,
                                   "?x=1&y"s,
                                   "#f"s,
                                   "\"\\"s,
                                   "\0"s,
                                   "\r\n"s,
                                   "naïve ключ 鍵 \xF0\x9F\x94\x91"s,
                                   longest}) {
      const std::string value = "of " + key + "\0\n\"/\\\x7F\xE2\x80\xA8"s;
      CPPUNIT_ASSERT_EQUAL("200 ok"s,
                           verdict_of(ask(address_, put_request(key, value))));
      const HttpAnswer got = ask(address_, get_request(path_of(key)));
      CPPUNIT_ASSERT_EQUAL(key, json_of(got).string("key").value());
      CPPUNIT_ASSERT_EQUAL(value, json_of(got).string("value").value());
      CPPUNIT_ASSERT_EQUAL("200 ok"s,
                           verdict_of(ask(address_, delete_request(key))));
    }
    // The same key, more or less encoded.
    for (const char* target :
         {"/v1/kv/../x", "/v1/kv/..%2Fx", "/v1/kv/%2e%2E%2fx"}) {
      CPPUNIT_ASSERT_EQUAL(
          200,
          ask_raw(address_, raw_request("PUT", target, "", kGoodBody)).status);
      CPPUNIT_ASSERT_EQUAL("200 ok"s,
                           verdict_of(ask(address_, delete_request("../x"))));
    }
  }

  void a_body_that_is_not_the_json_asked_for_is_refused() {
    for (const std::string& body : {
             ""s,
             " "s,
             "v"s,
             "null"s,
             "[]"s,
             "\"v\""s,
             "{}"s,
             R"({"Value":"v"})"s,
             R"({"value":null})"s,
             R"({"value":1})"s,
             R"({"value":true})"s,
             R"({"value":["v"]})"s,
             R"({"value":{"value":"v"}})"s,
             R"({"value":"v","expected":1})"s,
             R"({"value":"v","expected":false})"s,
             R"({"value":"v","expected":[]})"s,
             R"({"expected":"v"})"s,
             R"({"value":"v"}{"value":"w"})"s,
             R"({"value":"v"} x)"s,
             R"({'value':'v'})"s,
             R"({"value":"\ud800"})"s,
             R"({"value":"\x"})"s,
             "{\"value\":\"\xFF\"}"s,
             "{\"value\":\"\xC3\"}"s,
             "{\"value\":\"a\0b\"}"s,
             "\0"s,
             "{\"value\":\"v\"}\0"s,
             "\xEF\xBB\xBF{\"value\":\"v\"}"s,
             repeated("[", 1000),
             R"({"value":)" + repeated("[", 1000) + repeated("]", 1000) + "}",
             repeated(R"({"value":)", 1000) + "1" + repeated("}", 1000),
         }) {
      expect(kBadRequest, "PUT", "/v1/kv/k", "", body);
      expect(kBadRequest, "PUT", "/v1/kv/other", "", body);
    }
  }

  void a_body_that_is_cut_anywhere_is_refused() {
    const std::string whole = R"({"value":"w","expected":"v"})";
    for (std::size_t size = 0; size < whole.size(); ++size) {
      expect(kBadRequest, "PUT", "/v1/kv/k", "", whole.substr(0, size));
    }
  }

  // Decoded bytes count: each of these is an escape of six.
  void limits_hold_to_the_byte() {
    const std::string escaped =
        R"({"value":")" + repeated("\\u0001", 300'000) + "\"}";
    const std::string value(kValueBytesMax, 'v');
    for (const std::string& body :
         {escaped, JsonWriter().add("value", value).text()}) {
      CPPUNIT_ASSERT_EQUAL(
          200,
          ask(address_,
              {.method = "PUT", .target = "/v1/kv/long", .body = body})
              .status);
    }
    CPPUNIT_ASSERT_EQUAL(
        "200 ok"s, verdict_of(ask(address_, cas_request("long", value, "w"))));
    CPPUNIT_ASSERT_EQUAL("200 ok"s,
                         verdict_of(ask(address_, delete_request("long"))));
    expect(kBadRequest,
           "PUT",
           "/v1/kv/k",
           "",
           JsonWriter().add("value", value + "v").text());
    expect(kBadRequest,
           "PUT",
           "/v1/kv/k",
           "",
           body_with("expected", kValueBytesMax + 1));
  }

  // Whether its length is said first or comes in chunks.
  void a_body_over_2_mib_is_too_large() {
    const std::size_t rest = kBodyBytesMax - body_with("more", 0).size();
    CPPUNIT_ASSERT_EQUAL(200,
                         ask(address_,
                             {.method = "PUT",
                              .target = "/v1/kv/k",
                              .body = body_with("more", rest)})
                             .status);
    const std::string verdict = "413 too_large not_executed";
    const std::string body = body_with("more", rest + 1);
    expect(verdict, "PUT", "/v1/kv/k", "", body);
    expect(verdict, "PUT", "/v1/kv/k", "Content-Length: 99999999999\r\n");
    const std::string chunk = "100000\r\n" + body.substr(0, 0x100000) + "\r\n";
    expect(verdict,
           raw_request("PUT", "/v1/kv/k", "Transfer-Encoding: chunked\r\n") +
               repeated(chunk, 3) + "0\r\n\r\n");
  }

  void another_content_type_is_refused_with_the_right_one_named() {
    for (const std::string type : {"text/plain",
                                   "application/x-www-form-urlencoded",
                                   "application/jsonp",
                                   "application",
                                   "json",
                                   ""}) {
      const HttpAnswer answer = expect(kUnsupported,
                                       "PUT",
                                       "/v1/kv/k",
                                       "Content-Type: " + type + "\r\n",
                                       R"({"value":"w"})");
      CPPUNIT_ASSERT(answer.body.find("Content-Type: application/json") !=
                     std::string::npos);
    }
    for (const std::string type : {"application/json",
                                   "Application/JSON",
                                   "application/json; charset=utf-8",
                                   "application/json ;charset=utf-8"}) {
      const std::string request = raw_request(
          "PUT", "/v1/kv/k", "Content-Type: " + type + "\r\n", kGoodBody);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          type, 200, ask_raw(address_, request).status);
    }
  }

  void an_unknown_path_is_not_found() {
    for (const char* path : {"/",
                             "/v1",
                             "/v1/",
                             "/v1/kvx",
                             "/v1/KV/k",
                             "/v2/kv/k",
                             "/v1//kv/k",
                             "//v1/kv/k",
                             "/v1%2Fkv/k",
                             "/v1/./kv/k",
                             "/v1/status/",
                             "/healthz/x",
                             "/v1/faults",
                             "/%00",
                             "/index.html?/v1/kv/k"}) {
      for (const char* method :
           {"GET", "PUT", "DELETE", "POST", "FROBNICATE"}) {
        expect("404 not_found not_executed", method, path);
      }
    }
  }

  void another_method_is_refused_with_the_right_ones_named() {
    for (const char* method :
         {"HEAD", "OPTIONS", "TRACE", "POST", "PATCH", "FROBNICATE", "get"}) {
      expect_405("GET, PUT, DELETE", method, "/v1/kv/k");
    }
    for (const char* path :
         {"/v1/kv", "/v1/status", "/healthz", "/readyz", "/metrics"}) {
      for (const char* method :
           {"HEAD", "OPTIONS", "TRACE", "POST", "PUT", "DELETE", "Get"}) {
        expect_405("GET", method, path);
      }
    }
  }

  void a_read_with_a_bad_query_is_refused() {
    for (const char* bad : {"=",
                            "",
                            "=bogus",
                            "=Stale",
                            "=stale%20",
                            "=linearizable%00",
                            "=%FF",
                            "=stale,stale"}) {
      expect(kBadRequest, "GET", "/v1/kv/k?consistency"s + bad);
      expect(kBadRequest, "GET", "/v1/kv?consistency"s + bad);
    }
    for (const char* bad : {"=",
                            "",
                            "=0",
                            "=1001",
                            "=-1",
                            "=+5",
                            "=1.5",
                            "=0x10",
                            "=5%20",
                            "=%005",
                            "=abc",
                            "=99999999999999999999"}) {
      expect(kBadRequest, "GET", "/v1/kv?limit"s + bad);
    }
  }

  void a_session_that_is_half_named_or_malformed_is_refused() {
    const std::string id = "Raft-Client-Id: c\r\n";
    const std::string serial = "Raft-Serial: 1\r\n";
    std::vector<std::string> bad = {id, serial};
    for (const std::string& wrong : {""s,
                                     "a b"s,
                                     "a_b"s,
                                     "a.b"s,
                                     "\xC3\xA9"s,
                                     "\xFF"s,
                                     std::string(65, 'c')}) {
      bad.push_back("Raft-Client-Id: " + wrong + "\r\n" + serial);
    }
    for (const char* wrong : {"",
                              "0",
                              "-1",
                              "+1",
                              "1.0",
                              "1 2",
                              "0x1",
                              "one",
                              "18446744073709551616"}) {
      bad.push_back(id + "Raft-Serial: " + wrong + "\r\n");
    }
    for (const std::string& headers : bad) {
      expect(kBadRequest, "PUT", "/v1/kv/k", headers, R"({"value":"w"})");
      expect(kBadRequest, "DELETE", "/v1/kv/k", headers);
    }
    const std::string good =
        "raft-client-id:  " + std::string(64, 'Z') + " \r\nRAFT-SERIAL: 1\r\n";
    CPPUNIT_ASSERT_EQUAL(
        200,
        ask_raw(address_, raw_request("PUT", "/v1/kv/k", good, kGoodBody))
            .status);
  }

 private:
  // The answer has that status and code, and a sentence; whoever is beside it
  // is served as ever.
  HttpAnswer expect(const std::string& verdict, const std::string& bytes) {
    HttpAnswer answer = ask_raw(address_, bytes);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        bytes.substr(0, 300), verdict, verdict_of(answer));
    CPPUNIT_ASSERT_EQUAL("application/json"s,
                         header_in(answer.headers, "Content-Type").value());
    CPPUNIT_ASSERT(bystander_->send(get_request("/v1/kv/k?consistency=stale"),
                                    patience()));
    const auto seen = bystander_->receive(patience());
    CPPUNIT_ASSERT_MESSAGE(bytes.substr(0, 300), seen);
    CPPUNIT_ASSERT_EQUAL("v"s, json_of(*seen).string("value").value());
    return answer;
  }

  HttpAnswer expect(const std::string& verdict,
                    const std::string& method,
                    const std::string& target,
                    const std::string& headers = "",
                    const std::string& body = "") {
    return expect(verdict, raw_request(method, target, headers, body));
  }

  void expect_405(const std::string& allowed,
                  const std::string& method,
                  const std::string& path) {
    const HttpAnswer answer =
        ask_raw(address_, raw_request(method, path, "", kGoodBody));
    const std::string what = method + " " + path;
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 405, answer.status);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        what, allowed, header_in(answer.headers, "Allow").value_or(""));
    if (method == "HEAD") {
      CPPUNIT_ASSERT_EQUAL(""s, answer.body);
    } else {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          what, "405 method_not_allowed not_executed"s, verdict_of(answer));
    }
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = 1}};
  HttpCluster http_{cluster_};
  std::string address_;
  std::optional<HttpConnection> bystander_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryBadHttpInput);

}  // namespace
}  // namespace raft
