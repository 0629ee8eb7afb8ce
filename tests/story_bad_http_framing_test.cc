// [since stage4_cluster_client]
// What is hardly HTTP any more: two lengths for one body, headers without end,
// bodies that trickle or never end, garbage, and 10,000 requests by a seed. The
// answer is a clear error or the end of the connection; the store and whoever
// is beside it notice nothing.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/http_connection.h"
#include "common/test_process.h"
#include "tests/http_cluster.h"
#include "tests/raw_http.h"
#include "tests/seeds.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr int kRandomRequests = 10'000;
constexpr std::size_t kHeadBytesMax = 64 * 1024;

constexpr char kBadRequest[] = "400 bad_request not_executed";
constexpr char kHeadTooLarge[] = "431 bad_request not_executed";

std::string put_with(const std::string& headers) {
  return "PUT /v1/kv/k HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n";
}

// One of `items`.
template <typename T>
const T& any_of(const std::vector<T>& items, std::mt19937_64& random) {
  return items[random() % items.size()];
}

std::string random_bytes(std::size_t size, std::mt19937_64& random) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) {
    bytes += static_cast<char>(random());
  }
  return bytes;
}

// Requests that a client library would send, with anything in them.
HttpRequest random_request(std::mt19937_64& random) {
  const std::vector<std::string> methods = {
      "GET", "GET", "PUT", "PUT", "DELETE", "POST", "OPTIONS", "X", "put"};
  const std::vector<std::string> paths = {
      "/v1/kv/r" + std::to_string(random() % 9),
      "/v1/kv/",
      "/v1/kv",
      "/v1/status",
      "/readyz",
      "/metrics",
      "/v1/faults",
      "/"};
  const std::vector<std::string> queries = {"",
                                            "",
                                            "?",
                                            "?consistency=stale",
                                            "?consistency=no",
                                            "?limit=3&after=%",
                                            "?limit=2&prefix=r",
                                            "?&&=&=="};
  const std::vector<std::string> bodies = {
      "",
      R"({"value":"v"})",
      R"({"value":"v","expected":null})",
      R"({"value":"w","expected":"v"})",
      R"({"value":1})",
      R"({"value":"v")",
      random_bytes(random() % 200, random)};
  const std::vector<std::string> headers = {
      "Raft-Client-Id", "Raft-Serial", "Content-Type", "Accept", "X-Any"};
  const std::vector<std::string> values = {
      "c", "1", "2", "0", "application/json", "text/plain", "*/*", ""};
  HttpRequest request{.method = any_of(methods, random),
                      .target = any_of(paths, random),
                      .body = any_of(bodies, random)};
  if (random() % 8 == 0) {
    request.target += percent_encode(random_bytes(random() % 20, random));
  }
  request.target += any_of(queries, random);
  for (auto count = random() % 3; count > 0; --count) {
    request.headers.emplace_back(any_of(headers, random),
                                 any_of(values, random));
  }
  return request;
}

class StoryBadHttpFraming : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryBadHttpFraming);
  CPPUNIT_TEST(two_lengths_for_one_body_are_refused);
  CPPUNIT_TEST(a_length_that_is_none_is_refused);
  CPPUNIT_TEST(headers_over_64_kib_are_refused_ended_or_not);
  CPPUNIT_TEST(headers_that_are_none_are_refused);
  CPPUNIT_TEST(garbage_instead_of_http_is_refused);
  CPPUNIT_TEST(a_body_byte_by_byte_takes_its_time_and_nobody_elses);
  CPPUNIT_TEST(a_body_without_end_is_cut_off);
  CPPUNIT_TEST(a_request_that_breaks_off_anywhere_changes_nothing);
  CPPUNIT_TEST(ten_thousand_random_requests_are_answered);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    cluster_.start();
    address_ = cluster_.client_address(1);
    http_.wait_until_ready();
    CPPUNIT_ASSERT_EQUAL(200, ask(address_, put_request("k", "v")).status);
    bystander_.emplace(HttpConnection::connect(address_, patience()).value());
  }

  void tearDown() override {
    expect_untouched("the end");
    cluster_.stop();
  }

  // Otherwise one request could be smuggled inside another.
  void two_lengths_for_one_body_are_refused() {
    const std::string body = R"({"value":"w"})";
    const std::string length = "Content-Length: 13\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    for (const std::string& headers : {length + chunked,
                                       chunked + length,
                                       length + length,
                                       length + "content-length: 14\r\n",
                                       chunked + chunked}) {
      expect(kBadRequest, put_with(headers) + body);
      expect(kBadRequest, put_with(headers) + "d\r\n" + body + "\r\n0\r\n\r\n");
    }
  }

  void a_length_that_is_none_is_refused() {
    for (const char* length :
         {"", "-1", "+13", "0xd", "13,13", "13 13", "1e1", "thirteen"}) {
      expect(
          kBadRequest,
          put_with("Content-Length: "s + length + "\r\n") + R"({"value":"w"})");
    }
    for (const char* coding : {"gzip", "chunked, chunked", "identity", ""}) {
      expect(kBadRequest,
             put_with("Transfer-Encoding: "s + coding + "\r\n") +
                 "d\r\n{\"value\":\"w\"}\r\n0\r\n\r\n");
    }
    for (const char* chunk : {"x\r\n",
                              "-1\r\n",
                              "\r\n",
                              "0x1\r\n",
                              "ffffffffffffffffff\r\n",
                              "1\r\nab\r\n"}) {
      expect(kBadRequest, put_with("Transfer-Encoding: chunked\r\n") + chunk);
    }
  }

  void headers_over_64_kib_are_refused_ended_or_not() {
    const std::string filler(kHeadBytesMax, 'x');
    expect(kHeadTooLarge, "GET /v1/kv/" + filler + " HTTP/1.1\r\n\r\n");
    expect(kHeadTooLarge, put_with("X-Long: " + filler + "\r\n"));
    expect(kHeadTooLarge, "PUT /v1/kv/k HTTP/1.1\r\nX-Long: " + filler);
    std::string many;
    while (many.size() <= kHeadBytesMax) many += "X: y\r\n";
    expect(kHeadTooLarge, put_with(many));
    // Short enough, but still too many.
    expect(kHeadTooLarge, put_with(many.substr(0, 6 * 200)));
  }

  void headers_that_are_none_are_refused() {
    for (const std::string& line : {"no colon\r\n"s,
                                    " leading: space\r\n"s,
                                    "Folded: a\r\n b\r\n"s,
                                    "Space : x\r\n"s,
                                    ": no name\r\n"s,
                                    "N\0L: x\r\n"s,
                                    "Nul: a\0b\r\n"s,
                                    "Bell: \a\r\n"s,
                                    "Delete: \x7F\r\n"s,
                                    "Na\xC3\xAFve: x\r\n"s}) {
      expect(kBadRequest, put_with(line));
    }
  }

  void garbage_instead_of_http_is_refused() {
    for (const std::string& garbage :
         {"hello\r\n\r\n"s,
          "\0\1\2\3\r\n\r\n"s,
          "{\"op\":\"get\",\"key\":\"k\"}\n\n"s,
          "GET\r\n\r\n"s,
          "GET /v1/kv/k\r\n\r\n"s,
          "GET  HTTP/1.1\r\n\r\n"s,
          "GET v1/kv/k HTTP/1.1\r\n\r\n"s,
          "GET * HTTP/1.1\r\n\r\n"s,
          "CONNECT test:80 HTTP/1.1\r\n\r\n"s,
          "G\xC3\x89T /v1/kv/k HTTP/1.1\r\n\r\n"s,
          "GET /v1/kv/\0 HTTP/1.1\r\n\r\n"s,
          "SSH-2.0-OpenSSH_9.2\r\n\r\n"s,
          "\x16\x03\x01\x02\x00\x01\x00\x01\xFC\x03\x03\n\n"s}) {
      expect(kBadRequest, garbage);
    }
    for (const char* version :
         {"HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/3.0"}) {
      expect("505 bad_request not_executed",
             "GET /v1/kv/k "s + version + "\r\n\r\n");
    }
  }

  void a_body_byte_by_byte_takes_its_time_and_nobody_elses() {
    RawConnection slow(address_);
    for (const char byte : raw_request(
             "PUT", "/v1/kv/k", "", R"({"value":"v","expected":"v"})")) {
      slow.send({&byte, 1});
      expect_untouched("a slow body");
    }
    CPPUNIT_ASSERT_EQUAL("200 ok"s,
                         verdict_of(raw_answer(slow.receive_rest())));
  }

  void a_body_without_end_is_cut_off() {
    RawConnection endless(address_);
    endless.send(put_with("Transfer-Encoding: chunked\r\n"));
    const std::string chunk = "10000\r\n" + std::string(0x10000, ' ') + "\r\n";
    for (int i = 0; i < 64; ++i) endless.send(chunk);
    expect_untouched("an endless body");
    endless.half_close();
    CPPUNIT_ASSERT_EQUAL("413 too_large not_executed"s,
                         verdict_of(raw_answer(endless.receive_rest())));
  }

  // What has no end is no request, however much of it was there.
  void a_request_that_breaks_off_anywhere_changes_nothing() {
    const std::string whole =
        raw_request("PUT", "/v1/kv/k", "", R"({"value":"w"})");
    for (std::size_t size = 0; size < whole.size(); size += 3) {
      RawConnection cut(address_);
      cut.send(whole.substr(0, size));
      cut.half_close();
      CPPUNIT_ASSERT_EQUAL(""s, cut.receive_rest());
    }
    expect_untouched("requests that broke off");
  }

  void ten_thousand_random_requests_are_answered() {
    for_each_seed(1, [&](std::uint64_t seed) {
      std::mt19937_64 random(seed);
      const std::set<int> possible = {200, 400, 404, 405, 409, 415};
      auto connection = HttpConnection::connect(address_, patience());
      for (int i = 0; i < kRandomRequests; ++i) {
        const HttpRequest request = random_request(random);
        CPPUNIT_ASSERT(connection->send(request, patience()));
        const auto answer = connection->receive(patience());
        const std::string what = request.method + " " + request.target;
        CPPUNIT_ASSERT_MESSAGE(what, answer);
        CPPUNIT_ASSERT_MESSAGE(what + ": " + answer->body,
                               possible.contains(answer->status));
        if (!request.target.starts_with("/metrics")) json_of(*answer);
      }
    });
    for (int i = 0; i < 9; ++i) {
      ask(address_, delete_request("r" + std::to_string(i)));
    }
  }

 private:
  // An error in JSON, and the end of the connection.
  void expect(const std::string& verdict, const std::string& bytes) {
    const HttpAnswer answer = ask_raw(address_, bytes);
    const std::string what = bytes.substr(0, 200);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, verdict, verdict_of(answer));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        what, "close"s, header_in(answer.headers, "Connection").value_or(""));
    expect_untouched(what);
  }

  // The bystander is served, and sees the value that was there before.
  void expect_untouched(const std::string& after) {
    CPPUNIT_ASSERT(bystander_->send(get_request("/v1/kv/k?consistency=stale"),
                                    patience()));
    const auto seen = bystander_->receive(patience());
    CPPUNIT_ASSERT_MESSAGE(after, seen);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        after, "v"s, json_of(*seen).string("value").value());
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = 1}};
  HttpCluster http_{cluster_};
  std::string address_;
  std::optional<HttpConnection> bystander_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryBadHttpFraming);

}  // namespace
}  // namespace raft
