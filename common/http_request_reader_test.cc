// Requests of clients, good and bad, in pieces of any size. What is refused is
// in http_request_refusals_test.cc.
#include "common/http_request_reader.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <vector>

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::size_t kHeadBytesMax = 100;
constexpr std::size_t kBodyBytesMax = 10;

// A request in short: "PUT /k [Name=value] body; ". The Host is left out.
std::string describe(const HttpRequest& request) {
  std::string text = request.method + " " + request.target;
  for (const auto& [name, value] : request.headers) {
    if (name != "Host") text += " [" + name + "=" + value + "]";
  }
  return text + " " + request.body + "; ";
}

// What becomes of `bytes` that arrive in pieces of `piece` bytes: the requests,
// and the status of the refusal if there is one.
std::string read(const std::string& bytes, std::size_t piece) {
  HttpRequestReader reader(kHeadBytesMax, kBodyBytesMax);
  std::string result;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    reader.append(std::string_view(bytes).substr(at, piece));
    while (const auto request = reader.next()) result += describe(*request);
  }
  if (reader.refusal()) result += std::to_string(reader.refusal()->status);
  return result;
}

void expect(const std::string& expected, const std::string& bytes) {
  for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, bytes.size()})
    CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes, expected, read(bytes, piece));
}

std::string with_headers(const std::string& headers,
                         const std::string& body = "") {
  return "PUT /k HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}

std::string in_chunks(const std::string& body) {
  return "PUT /k HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" +
         body;
}

// A reader that has been given all of `bytes` and asked for one request.
HttpRequestReader reader_of(const std::string& bytes) {
  HttpRequestReader reader(kHeadBytesMax, kBodyBytesMax);
  reader.append(bytes);
  reader.next();
  return reader;
}

class HttpRequestReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpRequestReaderTest);
  CPPUNIT_TEST(a_request_comes_as_it_was_sent);
  CPPUNIT_TEST(a_body_is_as_long_as_its_content_length);
  CPPUNIT_TEST(chunks_become_one_body);
  CPPUNIT_TEST(requests_in_one_piece_are_handed_out_one_by_one);
  CPPUNIT_TEST(empty_lines_before_a_request_are_nothing);
  CPPUNIT_TEST(a_person_may_end_lines_with_a_newline);
  CPPUNIT_TEST(a_target_may_name_the_server);
  CPPUNIT_TEST(a_head_of_the_greatest_size_is_taken);
  CPPUNIT_TEST(a_body_of_the_greatest_size_is_taken);
  CPPUNIT_TEST(the_client_says_whether_the_connection_goes_on);
  CPPUNIT_TEST(an_expectation_is_told_once_and_only_before_the_body);
  CPPUNIT_TEST(midway_is_between_the_first_byte_and_the_last);
  CPPUNIT_TEST(a_thousand_small_requests_take_no_time_to_speak_of);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Method, target, names and values; white space around a value is none of it.
  void a_request_comes_as_it_was_sent() {
    expect("GET /v1/kv/a%20b?x=1&y [Raft-Serial=7] [e=] [list=a, b:c] ; ",
           "GET /v1/kv/a%20b?x=1&y HTTP/1.1\r\nHost: h\r\nRaft-Serial:7\r\n"
           "e:\r\nlist: \t a, b:c \t\r\n\r\n");
    expect("anything! / ; ", "anything! / HTTP/1.1\r\nHost:\r\n\r\n");
    // Encoded words of mail are not decoded.
    expect("GET / [a==?utf-8?q?b?=] ; ",
           "GET / HTTP/1.0\r\na: =?utf-8?q?b?=\r\n\r\n");
  }

  // Any bytes, none at all, and for any method.
  void a_body_is_as_long_as_its_content_length() {
    expect("PUT /k [Content-Length=4] \0\r\n\xFF; "s,
           with_headers("Content-Length: 4\r\n", "\0\r\n\xFF"s));
    expect("PUT /k [content-LENGTH=003] abc; ",
           with_headers("content-LENGTH: 003\r\n", "abc"));
    expect("PUT /k [Content-Length=0] ; ",
           with_headers("Content-Length: 0\r\n"));
    expect("PUT /k ; ", with_headers(""));
    expect("GET / [Content-Length=1] x; ",
           "GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\nx");
  }

  // Sizes in either case, with extensions; trailers are thrown away.
  void chunks_become_one_body() {
    const std::string head = "PUT /k [Transfer-Encoding=chunked] ";
    expect(head + "; ", in_chunks("0\r\n\r\n"));
    expect(head + "abc; ", in_chunks("3\r\nabc\r\n0\r\n\r\n"));
    // Data may look like what stands between them.
    expect(head + "a\r\n0\r\n\r\n; ",
           in_chunks("1\r\na\r\n2\r\n\r\n\r\n1\r\n0\r\n"
                     "4\r\n\r\n\r\n\r\n000\r\n\r\n"));
    expect(head + "0123456789; ", in_chunks("a\r\n0123456789\r\n0\r\n\r\n"));
    expect(head + "0123456789; ",
           in_chunks("0A ; a=b\r\n0123456789\r\n0;c\r\nX: y\r\nZ:\r\n\r\n"));
    expect("PUT /k [Transfer-Encoding=CHUNKED] ; ",
           with_headers("Transfer-Encoding: CHUNKED\r\n", "0\r\n\r\n"));
  }

  // Where one ends, the next begins.
  void requests_in_one_piece_are_handed_out_one_by_one() {
    const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    expect(
        "GET /a ; PUT /k [Content-Length=2] hi; GET /a ; "
        "PUT /k [Transfer-Encoding=chunked] hi; GET /a ; GET /a ; ",
        get + with_headers("Content-Length: 2\r\n", "hi") + get +
            in_chunks("2\r\nhi\r\n0\r\n\r\n") + get + get);
    // A body that looks like a request is a body.
    expect("PUT /k [Content-Length=9] GET / HTT; GET /a ; ",
           with_headers("Content-Length: 9\r\n", "GET / HTT") + get);
  }

  // RFC 9112 §2.2: some clients send one too many after a body.
  void empty_lines_before_a_request_are_nothing() {
    const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
    std::string lines;
    for (int i = 0; i < 200; ++i) lines += i % 2 == 0 ? "\r\n" : "\n";

    expect("GET /a ; GET /a ; ", lines + get + "\r\n" + get + "\r\n");
  }

  void a_person_may_end_lines_with_a_newline() {
    expect("GET / [a=b] ; GET /c ; ",
           "GET / HTTP/1.1\nHost: h\na: b\n\nGET /c HTTP/1.1\nHost:h\n\r\n");
  }

  // As to a proxy (RFC 9112 §3.2.2): what we serve is the path.
  void a_target_may_name_the_server() {
    const auto target = [](const std::string& written) {
      return read("GET " + written + " HTTP/1.1\r\nHost: h\r\n\r\n", 1);
    };

    CPPUNIT_ASSERT_EQUAL("GET /a?b ; "s, target("http://h:1/a?b"));
    CPPUNIT_ASSERT_EQUAL("GET / ; "s, target("HTTP://h"));
    CPPUNIT_ASSERT_EQUAL("GET /?a=/b ; "s, target("http://h?a=/b"));
    CPPUNIT_ASSERT_EQUAL("GET /http://h/ ; "s, target("/http://h/"));
  }

  // One byte more is in http_request_refusals_test.cc.
  void a_head_of_the_greatest_size_is_taken() {
    const std::string begin = "GET / HTTP/1.1\r\nHost: h\r\nx: ";
    const std::string value(kHeadBytesMax - begin.size() - 4, 'x');

    expect("GET / [x=" + value + "] ; GET / [x=" + value + "] ; ",
           begin + value + "\r\n\r\n" + begin + value + "\r\n\r\n");
  }

  void a_body_of_the_greatest_size_is_taken() {
    const std::string body(kBodyBytesMax, 'x');

    expect("PUT /k [Content-Length=10] " + body + "; ",
           with_headers("Content-Length: 10\r\n", body));
    expect("PUT /k [Transfer-Encoding=chunked] " + body + "; ",
           in_chunks("9\r\nxxxxxxxxx\r\n1\r\nx\r\n0\r\n\r\n"));
  }

  // RFC 9112 §9.3; HTTP/1.0 is answered once.
  void the_client_says_whether_the_connection_goes_on() {
    const auto goes_on = [](const std::string& bytes) {
      return reader_of(bytes).is_kept_alive();
    };

    CPPUNIT_ASSERT(goes_on(with_headers("")));
    CPPUNIT_ASSERT(goes_on(with_headers("Connection: keep-alive\r\n")));
    CPPUNIT_ASSERT(goes_on(with_headers("Connection: closed, x-close\r\n")));
    CPPUNIT_ASSERT(!goes_on(with_headers("Connection: close\r\n")));
    CPPUNIT_ASSERT(!goes_on(with_headers("connection: a ,Close\r\n")));
    CPPUNIT_ASSERT(
        !goes_on(with_headers("Connection: close\r\nConnection: a\r\n")));
    CPPUNIT_ASSERT(!goes_on("GET / HTTP/1.0\r\n\r\n"));
    CPPUNIT_ASSERT(
        !goes_on("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
  }

  // RFC 9110 §10.1.1: HTTP/1.0 knows none, and who has sent the body needs
  // none.
  void an_expectation_is_told_once_and_only_before_the_body() {
    const std::string expecting =
        "Expect: 100-Continue\r\nContent-Length: 2\r\n";

    HttpRequestReader reader = reader_of(with_headers(expecting));
    CPPUNIT_ASSERT(reader.take_expectation());
    CPPUNIT_ASSERT(!reader.take_expectation());
    CPPUNIT_ASSERT(
        !reader_of(with_headers(expecting, "hi")).take_expectation());
    CPPUNIT_ASSERT(!reader_of("PUT / HTTP/1.0\r\n" + expecting + "\r\n")
                        .take_expectation());
    CPPUNIT_ASSERT(
        !reader_of(with_headers("Content-Length: 2\r\n")).take_expectation());
    // An expectation does not outlive its request.
    reader.append("hi" + with_headers("Content-Length: 2\r\n"));
    CPPUNIT_ASSERT(reader.next());
    CPPUNIT_ASSERT(!reader.next());
    CPPUNIT_ASSERT(!reader.take_expectation());
  }

  // A server is more patient with a client that is not.
  void midway_is_between_the_first_byte_and_the_last() {
    for (const std::string& bytes :
         {with_headers("Content-Length: 2\r\n", "hi"),
          in_chunks("2\r\nhi\r\n0\r\nX: y\r\n\r\n")}) {
      HttpRequestReader reader(kHeadBytesMax, kBodyBytesMax);
      CPPUNIT_ASSERT(!reader.is_midway());
      for (std::size_t at = 0; at + 1 < bytes.size(); ++at) {
        reader.append({&bytes[at], 1});
        CPPUNIT_ASSERT(!reader.next());
        CPPUNIT_ASSERT(reader.is_midway());
      }
      reader.append({&bytes.back(), 1});
      CPPUNIT_ASSERT(reader.next());
      CPPUNIT_ASSERT(!reader.is_midway());
    }
  }

  // Taking one must not move all that follow it.
  void a_thousand_small_requests_take_no_time_to_speak_of() {
    std::string bytes;
    for (int i = 0; i < 1000; ++i) bytes += "GET / HTTP/1.0\r\n\r\n";
    HttpRequestReader reader(kHeadBytesMax, kBodyBytesMax);
    reader.append(bytes);

    int requests = 0;
    while (reader.next()) {
      ++requests;
      CPPUNIT_ASSERT_EQUAL(
          bytes.size() - 18 * static_cast<std::size_t>(requests),
          reader.waiting_bytes());
    }

    CPPUNIT_ASSERT_EQUAL(1000, requests);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpRequestReaderTest);

}  // namespace
}  // namespace raft
