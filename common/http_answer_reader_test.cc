// Answers of servers, good and bad, in pieces of any size.
#include "common/http_answer_reader.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <vector>

namespace raft {
namespace {

using namespace std::string_literals;

// What becomes of `bytes` that arrive in pieces of `piece` bytes, and of the
// end behind them: the bodies of the answers, each after its status, and the
// error if there is one.
std::string read(const std::string& bytes, std::size_t piece) {
  HttpAnswerReader reader;
  std::string result;
  const auto take = [&] {
    while (const auto answer = reader.next()) {
      result += std::to_string(answer->status) + " " + answer->body + "; ";
    }
  };
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.input() += bytes.substr(at, piece);
    take();
  }
  reader.end();
  take();
  return result + reader.error();
}

constexpr char kClosed[] = "the server closed the connection";

// Answers of one server, and how they are to be read.
struct Case {
  std::string bytes = {};
  std::string expected = {};
};

void expect(const std::vector<Case>& cases) {
  for (const Case& one : cases) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, one.bytes.size()}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          one.bytes.substr(0, 200), one.expected, read(one.bytes, piece));
    }
  }
}

std::string with_head(const std::string& headers, const std::string& body) {
  return "HTTP/1.1 200 OK\r\n" + headers + "\r\n" + body;
}

bool is_reusable_after(const std::string& bytes) {
  HttpAnswerReader reader;
  reader.input() = bytes;
  CPPUNIT_ASSERT_MESSAGE(bytes, reader.next());
  return reader.is_reusable();
}

class HttpAnswerReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpAnswerReaderTest);
  CPPUNIT_TEST(answers_are_handed_out_one_by_one);
  CPPUNIT_TEST(headers_come_as_they_are);
  CPPUNIT_TEST(chunks_become_one_body);
  CPPUNIT_TEST(interim_answers_are_skipped);
  CPPUNIT_TEST(a_body_without_a_length_ends_with_the_connection);
  CPPUNIT_TEST(some_answers_have_no_body);
  CPPUNIT_TEST(an_answer_that_is_cut_is_none);
  CPPUNIT_TEST(what_is_no_http_is_refused);
  CPPUNIT_TEST(a_length_that_can_not_be_told_is_refused);
  CPPUNIT_TEST(chunks_that_are_none_are_refused);
  CPPUNIT_TEST(a_head_may_have_64_kib);
  CPPUNIT_TEST(a_body_may_have_16_mib);
  CPPUNIT_TEST(a_server_that_closes_is_not_used_again);
  CPPUNIT_TEST_SUITE_END();

 public:
  // In their order.
  void answers_are_handed_out_one_by_one() {
    const std::string one = with_head("Content-Length: 3\r\n", "abc");
    const std::string none = with_head("Content-Length: 0\r\n", "");

    expect({{one + none + one, "200 abc; 200 ; 200 abc; "s + kClosed}});
  }

  // In their order too, white space around the values removed.
  void headers_come_as_they_are() {
    HttpAnswerReader reader;
    reader.input() =
        "HTTP/1.1 307 Temporary Redirect\r\n"
        "Location: http://h:1/v1/kv/a%20b\r\nx:\t y z \r\nEmpty:\r\n"
        "content-length: 0\r\n\r\n";

    const auto answer = reader.next();

    const HttpHeaders expected = {{"Location", "http://h:1/v1/kv/a%20b"},
                                  {"x", "y z"},
                                  {"Empty", ""},
                                  {"content-length", "0"}};
    CPPUNIT_ASSERT(answer);
    CPPUNIT_ASSERT_EQUAL(307, answer->status);
    CPPUNIT_ASSERT(expected == answer->headers);
  }

  // Their extensions and trailers mean nothing here.
  void chunks_become_one_body() {
    const std::string chunked = "transfer-encoding: Chunked\r\n";
    expect({
        {with_head(chunked, "0\r\n\r\n"), "200 ; "s + kClosed},
        {with_head(chunked, "3\r\nabc\r\nA\r\n0123\r\n6789\r\n0\r\n\r\n"),
         "200 abc0123\r\n6789; "s + kClosed},
        {with_head(chunked, "03;x=\"y\"\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n") +
             with_head("Content-Length: 1\r\n", "d"),
         "200 abc; 200 d; "s + kClosed},
    });
  }

  // "100 Continue" is no answer, and has no body.
  void interim_answers_are_skipped() {
    const std::string interim = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n";

    expect({{interim + hints + with_head("Content-Length: 1\r\n", "a"),
             "200 a; "s + kClosed},
            {interim, kClosed}});
  }

  // Older servers do that.
  void a_body_without_a_length_ends_with_the_connection() {
    expect({{with_head("", "abc"), "200 abc; "s + kClosed},
            {"HTTP/1.0 200 OK\n\nabc", "200 abc; "s + kClosed},
            {with_head("", ""), "200 ; "s + kClosed}});
  }

  // Whatever their headers say.
  void some_answers_have_no_body() {
    const std::string next = with_head("Content-Length: 1\r\n", "a");
    expect(
        {{"HTTP/1.1 204 No Content\r\n\r\n" + next, "204 ; 200 a; "s + kClosed},
         {"HTTP/1.1 304 \r\nContent-Length: 9\r\n\r\n" + next,
          "304 ; 200 a; "s + kClosed}});
  }

  // A part of an answer could be another one. At each byte.
  void an_answer_that_is_cut_is_none() {
    for (const std::string& whole : {with_head("Content-Length: 3\r\n", "abc"),
                                     with_head("Transfer-Encoding: chunked\r\n",
                                               "3\r\nabc\r\n0\r\n\r\n")}) {
      for (std::size_t size = 0; size < whole.size(); ++size) {
        CPPUNIT_ASSERT_EQUAL(std::string(kClosed),
                             read(whole.substr(0, size), 1));
      }
    }
  }

  // Another protocol's server, or another thing altogether.
  void what_is_no_http_is_refused() {
    constexpr char kNoHttp[] = "the server's answer is no HTTP/1.1";
    constexpr char kNoHeader[] =
        "the server's answer has a header that is none";
    expect({{"{\"ok\":true}\n\n", kNoHttp},
            {"SSH-2.0-OpenSSH\r\n\r\n", kNoHttp},
            {"\r\n\r\n", kNoHttp},
            {"HTTP/2 200\r\n\r\n", kNoHttp},
            {"HTTP/1.1\r\n\r\n", kNoHttp},
            {"HTTP/1.1 \r\n\r\n", kNoHttp},
            {"HTTP/1.1 abc OK\r\n\r\n", kNoHttp},
            {"HTTP/1.1 99 OK\r\n\r\n", kNoHttp},
            {"HTTP/1.1 2000 OK\r\n\r\n", kNoHttp},
            {"HTTP/1.1 -200 OK\r\n\r\n", kNoHttp},
            {with_head("no colon\r\n", ""), kNoHeader},
            {with_head("NoColon\r\n", ""), kNoHeader},
            {with_head("a b: c\r\n", ""), kNoHeader},
            {with_head("a : b\r\n", ""), kNoHeader},
            {with_head(": b\r\n", ""), kNoHeader},
            {with_head("a: b\r\n folded\r\n", ""), kNoHeader},
            {with_head("a: b\rc: d\r\n", ""), kNoHeader},
            {with_head("a: \0\r\n"s, ""), kNoHeader}});
  }

  // Two lengths mean that somebody is misled (RFC 9112 §6.3).
  void a_length_that_can_not_be_told_is_refused() {
    const std::string length = "Content-Length: 1\r\n";
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string unknown =
        "the length of the server's answer can't be told";
    const std::string no_number =
        "the length of the server's answer is no number";
    expect({{with_head(length + length, "a"),
             "the server's answer has two lengths"},
            {with_head(chunked + chunked, "a"),
             "the server's answer has two codings"},
            {with_head(length + chunked, "a"), unknown},
            {with_head("Transfer-Encoding: gzip\r\n", "a"), unknown},
            {with_head("Content-Length:\r\n", "a"), no_number},
            {with_head("Content-Length: x\r\n", "a"), no_number},
            {with_head("Content-Length: -1\r\n", "a"), no_number},
            {with_head("Content-Length: 1, 1\r\n", "a"), no_number},
            {with_head("Content-Length: 99999999999999999999\r\n", "a"),
             no_number}});
  }

  // Nothing is made up for what is missing.
  void chunks_that_are_none_are_refused() {
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string no_size = "a chunk of the server's answer has no size";
    expect({{with_head(chunked, "\r\n"), no_size},
            {with_head(chunked, "x\r\n"), no_size},
            {with_head(chunked, "-1\r\n"), no_size},
            {with_head(chunked, "1 1\r\na\r\n"), no_size},
            {with_head(chunked, "1;" + std::string(1024, 'x')), no_size},
            {with_head(chunked, "2\r\nabc\r\n"),
             "a chunk of the server's answer does not end"},
            {with_head(chunked, "FFFFFFF\r\na"),
             "the server's answer is too long"}});
  }

  // To the byte; a server that never ends it is given up.
  void a_head_may_have_64_kib() {
    constexpr std::size_t kMax = HttpAnswerReader::kHeadBytesMax;
    const std::string begin = "HTTP/1.1 204 No Content\r\nx: ";
    const auto head = [&](std::size_t bytes) {
      return begin + std::string(bytes - begin.size() - 4, 'y') + "\r\n\r\n";
    };
    const std::string too_long =
        "the server's answer has a head of more than 64 KiB";

    CPPUNIT_ASSERT_EQUAL("204 ; "s + kClosed, read(head(kMax), 1000));
    CPPUNIT_ASSERT_EQUAL(too_long, read(head(kMax + 1), 1000));
    CPPUNIT_ASSERT_EQUAL(too_long,
                         read(head(kMax + 1).substr(0, kMax + 1), 1000));
  }

  // In each of its three forms.
  void a_body_may_have_16_mib() {
    constexpr std::size_t kMax = HttpAnswerReader::kBodyBytesMax;
    const std::string body(kMax, 'x');
    const std::string chunked = "Transfer-Encoding: chunked\r\n";
    const std::string too_long = "the server's answer is too long";
    const auto result = [](const std::string& bytes) {
      return read(bytes, 1024 * 1024);
    };

    const std::string whole = "200 " + body + "; " + kClosed;
    CPPUNIT_ASSERT(whole ==
                   result(with_head("Content-Length: 16777216\r\n", body)));
    CPPUNIT_ASSERT_EQUAL(too_long,
                         result(with_head("Content-Length: 16777217\r\n", "")));
    const std::string chunks = "fffff0\r\n" + body.substr(16) + "\r\n10\r\n" +
                               body.substr(0, 16) + "\r\n";
    CPPUNIT_ASSERT(whole == result(with_head(chunked, chunks + "0\r\n\r\n")));
    CPPUNIT_ASSERT_EQUAL(too_long,
                         result(with_head(chunked, chunks + "1\r\n")));
    CPPUNIT_ASSERT(whole == result(with_head("", body)));
    CPPUNIT_ASSERT_EQUAL(too_long, result(with_head("", body + "x")));
  }

  // It has said so, or says more than it was asked.
  void a_server_that_closes_is_not_used_again() {
    const std::string one = "Content-Length: 1\r\n";
    CPPUNIT_ASSERT(is_reusable_after(with_head(one, "a")));
    CPPUNIT_ASSERT(
        is_reusable_after(with_head("Connection: keep-alive\r\n" + one, "a")));
    CPPUNIT_ASSERT(!is_reusable_after(with_head(one, "ab")));
    for (const std::string value : {"close", "Close", "x, CLOSE"}) {
      CPPUNIT_ASSERT_MESSAGE(value,
                             !is_reusable_after(with_head(
                                 "Connection: " + value + "\r\n" + one, "a")));
    }
    CPPUNIT_ASSERT(
        !is_reusable_after("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpAnswerReaderTest);

}  // namespace
}  // namespace raft
