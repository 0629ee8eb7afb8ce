// What is no request, or too large for one, or could be read in two ways.
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <vector>

#include "common/http_request_reader.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::size_t kHeadBytesMax = 2000;
constexpr std::size_t kBodyBytesMax = 10;

// The refusal of `bytes` that arrive in pieces of `piece` bytes, as status and
// code; how many requests came before it, if any did.
std::string refusal_of(const std::string& bytes, std::size_t piece) {
  HttpRequestReader reader(kHeadBytesMax, kBodyBytesMax);
  int requests = 0;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.append(std::string_view(bytes).substr(at, piece));
    while (reader.next()) ++requests;
  }
  std::string text = requests == 0 ? "" : std::to_string(requests) + ", ";
  if (!reader.refusal()) return text + "none";
  CPPUNIT_ASSERT(!reader.refusal()->message.empty());
  return text + std::to_string(reader.refusal()->status) + " " +
         reader.refusal()->code;
}

void expect(const std::string& expected,
            const std::vector<std::string>& requests) {
  for (const std::string& bytes : requests) {
    for (const std::size_t piece :
         {std::size_t{1}, std::size_t{7}, bytes.size()}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          bytes.substr(0, 200), expected, refusal_of(bytes, piece));
    }
  }
}

// The requests that begin with each of `lines`.
std::vector<std::string> with_lines(const std::vector<std::string>& lines) {
  std::vector<std::string> requests;
  for (const auto& line : lines)
    requests.push_back(line + "\r\nHost: h\r\n\r\n");
  return requests;
}

// Those that have each of `headers`.
std::vector<std::string> with_headers(const std::vector<std::string>& headers) {
  std::vector<std::string> requests;
  for (const std::string& header : headers) {
    requests.push_back("PUT /k HTTP/1.1\r\nHost: h\r\n" + header + "\r\n\r\n");
  }
  return requests;
}

// Those with each of `bodies`, which are to be chunks.
std::vector<std::string> in_chunks(const std::vector<std::string>& bodies) {
  std::vector<std::string> requests;
  for (const std::string& body : bodies) {
    requests.push_back(with_headers({"Transfer-Encoding: chunked"})[0] + body);
  }
  return requests;
}

class HttpRequestRefusalsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpRequestRefusalsTest);
  CPPUNIT_TEST(a_request_line_that_is_none);
  CPPUNIT_TEST(another_version);
  CPPUNIT_TEST(a_target_that_is_no_path);
  CPPUNIT_TEST(a_header_line_that_is_none);
  CPPUNIT_TEST(a_request_without_a_host_or_with_two);
  CPPUNIT_TEST(a_length_that_is_told_twice);
  CPPUNIT_TEST(a_length_that_is_no_number);
  CPPUNIT_TEST(a_coding_that_is_not_known);
  CPPUNIT_TEST(a_head_that_is_too_large);
  CPPUNIT_TEST(too_many_headers);
  CPPUNIT_TEST(a_body_that_is_too_large);
  CPPUNIT_TEST(chunks_that_are_none);
  CPPUNIT_TEST(too_much_beside_the_chunks);
  CPPUNIT_TEST(what_follows_a_refusal_is_not_looked_at);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_request_line_that_is_none() {
    expect("400 bad_request",
           with_lines({"GET",
                       "GET /",
                       " GET / HTTP/1.1",
                       "GET  HTTP/1.1",
                       "GET / HTTP/1.1 ",
                       "GET / HTTP/1.1 more",
                       "GET\t/\tHTTP/1.1",
                       "GET\r/\rHTTP/1.1",
                       "G(T / HTTP/1.1",
                       "G\xC3\x89T / HTTP/1.1",
                       "\0GET / HTTP/1.1"s,
                       "GET / HTTP/1.",
                       "GET / HTTP/11",
                       "GET / HTTP/1.10",
                       "GET / http/1.1",
                       "GET / HTTPS/1.1",
                       "{\"op\":\"get\",\"key\":\"k\"}"}));
    // A handshake of TLS.
    expect("400 bad_request", {"\x16\x03\x01\x02\n\x01\x01\n\n"});
  }

  // The second is how HTTP/2 begins.
  void another_version() {
    expect("505 bad_request",
           with_lines({"GET / HTTP/2.0",
                       "PRI * HTTP/2.0",
                       "GET / HTTP/0.9",
                       "GET / HTTP/1.2",
                       "GET / HTTP/3.1"}));
  }

  void a_target_that_is_no_path() {
    expect("400 bad_request",
           with_lines({"GET  / HTTP/1.1",
                       "GET /  HTTP/1.1",
                       "GET /a b HTTP/1.1",
                       "GET /a\tb HTTP/1.1",
                       "GET /a\rb HTTP/1.1",
                       "GET /a\0b HTTP/1.1"s,
                       "GET /a\x7F HTTP/1.1",
                       "GET a HTTP/1.1",
                       "GET ?a HTTP/1.1",
                       "GET ftp://h/ HTTP/1.1",
                       "OPTIONS * HTTP/1.1",
                       "CONNECT h:80 HTTP/1.1"}));
  }

  // White space before the colon, a line that goes on in the next one, and a
  // bare \r have all been used for smuggling (RFC 9112 §5.1, §5.2, §2.2).
  void a_header_line_that_is_none() {
    expect("400 bad_request",
           with_headers({"a",
                         ": b",
                         "a : b",
                         "a\t: b",
                         " a: b",
                         "a: b\r\n c",
                         "a: b\r\n\tc: d",
                         "a\xC3\xA9: b",
                         "a[]: b",
                         "a: b\rc: d",
                         "a: b\r\r\nc: d",
                         "a: \0"s,
                         "a: \x1B",
                         "a: \x7F",
                         "Transfer-Encoding : chunked",
                         "Content-Length: 1\r\n 0",
                         "Content-Length\r: 10"}));
  }

  // RFC 9112 §3.2. HTTP/1.0 needs none.
  void a_request_without_a_host_or_with_two() {
    expect("400 bad_request",
           {"GET / HTTP/1.1\r\n\r\n",
            "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n",
            "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"});
  }

  // Two programs might each believe another one (RFC 9112 §6.1, §6.3).
  void a_length_that_is_told_twice() {
    expect("400 bad_request",
           with_headers(
               {"Content-Length: 2\r\nContent-Length: 2",
                "Content-Length: 2\r\ncontent-length: 3",
                "Content-Length: 2, 2",
                "Content-Length: 2\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: chunked\r\nContent-Length: 2",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
                "Transfer-Encoding: identity\r\nContent-Length: 2"}));
  }

  void a_length_that_is_no_number() {
    expect("400 bad_request",
           with_headers({"Content-Length:",
                         "Content-Length: +2",
                         "Content-Length: -1",
                         "Content-Length: 0x2",
                         "Content-Length: 2.0",
                         "Content-Length: 1 0",
                         "Content-Length: \xC2\xB2",
                         "Content-Length: two"}));
  }

  // HTTP/1.0 knows no coding at all (RFC 9112 §6.1).
  void a_coding_that_is_not_known() {
    expect("400 bad_request",
           with_headers({"Transfer-Encoding:",
                         "Transfer-Encoding: gzip",
                         "Transfer-Encoding: gzip, chunked",
                         "Transfer-Encoding: chunked, chunked",
                         "Transfer-Encoding: chunked, identity",
                         "Transfer-Encoding: \"chunked\"",
                         "Transfer-Encoding: xchunked",
                         "Transfer-Encoding: chunked;q=1",
                         "Transfer-Encoding: \vchunked"}));
    expect("400 bad_request",
           {"PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"});
  }

  // By one byte, with its end and without.
  void a_head_that_is_too_large() {
    const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nx: ";
    const std::string value(kHeadBytesMax - begin.size() - 4 + 1, 'x');

    expect("431 bad_request",
           {begin + value + "\r\n\r\n",
            begin + std::string(kHeadBytesMax - begin.size() + 1, 'x'),
            "GET /" + std::string(kHeadBytesMax, 'x'),
            std::string(kHeadBytesMax + 1, 'x')});
    expect("none", {std::string(kHeadBytesMax, 'x')});
  }

  // They are few bytes, but much memory.
  void too_many_headers() {
    std::string headers = "a:";
    for (int i = 2; i < 100; ++i) headers += "\r\na:";

    expect("1, none", with_headers({headers}));
    expect("431 bad_request", with_headers({headers + "\r\na:"}));
  }

  // Before any of it is read.
  void a_body_that_is_too_large() {
    expect("413 too_large",
           with_headers({"Content-Length: 11",
                         "Content-Length: 18446744073709551615",
                         "Content-Length: 99999999999999999999999",
                         "Content-Length: 11\r\nExpect: 100-continue"}));
    expect("413 too_large",
           in_chunks({"b\r\n",
                      "a\r\n0123456789\r\n1\r\n",
                      "ffffffffffffffff\r\n",
                      "1\r\na\r\nffffffffffffffff\r\n"}));
  }

  // There a bare newline ends no line, and nothing is guessed (RFC 9112 §7.1).
  void chunks_that_are_none() {
    expect("400 bad_request",
           in_chunks({"\r\n",
                      "x\r\n",
                      "-1\r\n",
                      "+1\r\n",
                      "0x1\r\n",
                      " 1\r\n",
                      ";a\r\n",
                      "1 2\r\n",
                      "fffffffffffffffff\r\n",
                      "1\n",
                      "1;a\n\r\n",
                      "1\r\r\n",
                      "1;\0\r\n"s,
                      "1\r\nabc",
                      "1\r\na\n\n",
                      "1\r\naX\n",
                      "1\r\na\r\r\n",
                      "2\r\na\r\n0\r\n\r\n",
                      "0\n\n",
                      "0\r\n\n",
                      "0\r\nX: y\n\r\n",
                      "1;" + std::string(1024, 'x')}));
  }

  // A small body may not go on for ever.
  void too_much_beside_the_chunks() {
    std::string extensions;
    std::string trailers = "0\r\n";
    for (int i = 0; i < 3; ++i) {
      extensions += "1;" + std::string(999, 'x') + "\r\na\r\n";
      trailers += "x:" + std::string(999, 'x') + "\r\n";
    }

    expect("431 bad_request", in_chunks({extensions, trailers}));
  }

  // It might be the rest of a body.
  void what_follows_a_refusal_is_not_looked_at() {
    const std::string get = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

    expect("1, 400 bad_request", {get + "nonsense\r\n\r\n" + get + get});
    expect("413 too_large", {with_headers({"Content-Length: 99"})[0] + get});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpRequestRefusalsTest);

}  // namespace
}  // namespace raft
