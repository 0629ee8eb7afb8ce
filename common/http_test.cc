// Headers, targets and percent-encoding as values.
#include "common/http.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

using namespace std::string_literals;

std::string all_bytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

class HttpTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpTest);
  CPPUNIT_TEST(a_header_is_found_in_any_case);
  CPPUNIT_TEST(a_target_has_a_path_and_perhaps_a_query);
  CPPUNIT_TEST(a_redirection_leads_to_a_server);
  CPPUNIT_TEST(all_but_unreserved_characters_are_encoded);
  CPPUNIT_TEST(any_bytes_come_back_from_their_encoding);
  CPPUNIT_TEST(a_percent_sign_without_two_digits_is_refused);
  CPPUNIT_TEST(a_query_is_split_and_then_decoded);
  CPPUNIT_TEST(a_query_that_can_not_be_decoded_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The first of several; a name that only begins alike is another one.
  void a_header_is_found_in_any_case() {
    const HttpHeaders headers = {
        {"Retry-After-All", "x"}, {"retry-after", "1"}, {"Retry-After", "2"}};

    CPPUNIT_ASSERT("1"s == header_in(headers, "RETRY-AFTER"));
    CPPUNIT_ASSERT("x"s == header_in(headers, "Retry-after-all"));
    CPPUNIT_ASSERT(!header_in(headers, "Retry"));
    CPPUNIT_ASSERT(!header_in({}, "Retry-After"));
  }

  // As they travel, still encoded. Only the first '?' divides them.
  void a_target_has_a_path_and_perhaps_a_query() {
    struct Case {
      std::string target = {};
      std::string_view path = {};
      std::string_view query = {};
    };
    for (const Case& one : {Case{"/", "/", ""},
                            Case{"/a%3Fb", "/a%3Fb", ""},
                            Case{"/a?", "/a", ""},
                            Case{"/a?b=1&c=?", "/a", "b=1&c=?"},
                            Case{"?b", "", "b"},
                            Case{"", "", ""}}) {
      const HttpRequest request{.target = one.target};
      CPPUNIT_ASSERT_EQUAL_MESSAGE(one.target, one.path, request.path());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(one.target, one.query, request.query());
    }
  }

  // Whatever follows its address.
  void a_redirection_leads_to_a_server() {
    const auto target = [](int status, const std::string& location) {
      return redirected_to(
          {.status = status, .headers = {{"location", location}}});
    };
    CPPUNIT_ASSERT_EQUAL("h:1"s, target(307, "http://h:1/v1/kv/a%20b?c=d"));
    CPPUNIT_ASSERT_EQUAL("h:1"s, target(307, "http://h:1"));
    CPPUNIT_ASSERT_EQUAL(""s, target(503, "http://h:1/"));
    CPPUNIT_ASSERT_EQUAL(""s, target(307, "https://h:1/"));
    CPPUNIT_ASSERT_EQUAL(""s, target(307, "/v1/kv/k"));
    CPPUNIT_ASSERT_EQUAL(""s, target(307, "http:///v1/kv/k"));
    CPPUNIT_ASSERT_EQUAL(""s, redirected_to({.status = 307}));
  }

  // "/" too: a key is one segment of a path.
  void all_but_unreserved_characters_are_encoded() {
    CPPUNIT_ASSERT_EQUAL("azAZ09-._~"s, percent_encode("azAZ09-._~"));
    CPPUNIT_ASSERT_EQUAL("a%2Fb%3F%25%20%2B"s, percent_encode("a/b?% +"));
    CPPUNIT_ASSERT_EQUAL("%C3%A9%00%FF"s, percent_encode("\xC3\xA9\0\xFF"s));
    CPPUNIT_ASSERT_EQUAL(""s, percent_encode(""));
  }

  // Digits in either case.
  void any_bytes_come_back_from_their_encoding() {
    CPPUNIT_ASSERT(all_bytes() == percent_decode(percent_encode(all_bytes())));
    CPPUNIT_ASSERT("\xAB\xCD"s == percent_decode("%aB%Cd"));
    CPPUNIT_ASSERT("a+b"s == percent_decode("a+b"));
    CPPUNIT_ASSERT("%41"s == percent_decode("%2541"));
  }

  // At the end and in the middle.
  void a_percent_sign_without_two_digits_is_refused() {
    for (const std::string text :
         {"%", "a%", "%4", "%4g", "%g4", "%%41", "% 1"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !percent_decode(text));
    }
  }

  // In this order: what is encoded divides nothing.
  void a_query_is_split_and_then_decoded() {
    const HttpHeaders expected = {
        {"prefix", "a&b=c"}, {"after", ""}, {"limit", ""}, {"x", "1=2"}};

    CPPUNIT_ASSERT(expected ==
                   split_query("prefix=a%26b%3Dc&after=&&limit&x=1=2"));
    CPPUNIT_ASSERT(HttpHeaders{} == split_query(""));
    CPPUNIT_ASSERT(HttpHeaders{} == split_query("&"));
  }

  // In a name or in a value.
  void a_query_that_can_not_be_decoded_is_refused() {
    for (const std::string query : {"a=%", "%4=1", "a=1&b=%zz"}) {
      CPPUNIT_ASSERT_MESSAGE(query, !split_query(query));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpTest);

}  // namespace
}  // namespace raft
