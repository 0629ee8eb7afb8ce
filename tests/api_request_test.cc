// [since stage4_cluster_client]
// What a client's request asks for: each part of it, and what is said about it
// when it is wrong.
#include "api_request.h"

#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "common/json.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 1024 * 1024;

template <typename T>
std::string complaint_of(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

HttpRequest put(const std::string& body, const HttpHeaders& headers = {}) {
  return {
      .method = "PUT", .target = "/v1/kv/k", .headers = headers, .body = body};
}

HttpRequest get(const std::string& query) {
  return {.target = "/v1/kv?" + query};
}

class ApiRequestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ApiRequestTest);
  CPPUNIT_TEST(a_key_is_decoded_once_and_not_normalised);
  CPPUNIT_TEST(a_key_that_is_none_is_refused);
  CPPUNIT_TEST(json_is_json_in_any_spelling_or_when_nothing_is_said);
  CPPUNIT_TEST(a_put_has_a_value);
  CPPUNIT_TEST(a_put_with_expected_is_a_cas);
  CPPUNIT_TEST(a_delete_needs_no_body);
  CPPUNIT_TEST(a_wrong_field_is_named);
  CPPUNIT_TEST(values_are_limited_to_the_byte);
  CPPUNIT_TEST(a_session_is_two_headers);
  CPPUNIT_TEST(a_session_that_is_none_is_refused);
  CPPUNIT_TEST(a_query_that_cannot_be_decoded_is_refused_for_a_write_too);
  CPPUNIT_TEST(consistency_is_one_of_two_words);
  CPPUNIT_TEST(a_list_is_of_100_keys_unless_told_otherwise);
  CPPUNIT_TEST(a_limit_is_a_number_from_1_to_1000);
  CPPUNIT_TEST(a_range_is_utf_8);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_key_is_decoded_once_and_not_normalised() {
    for (const auto& [segment, key] :
         {std::pair{"k"s, "k"s},
          {"a%2Fb"s, "a/b"s},
          {"a/b"s, "a/b"s},
          {"%252F"s, "%2F"s},
          {".."s, ".."s},
          {"..%2f"s, "../"s},
          {"./../x"s, "./../x"s},
          {"+"s, "+"s},
          {"a%20b"s, "a b"s},
          {"%00"s, "\0"s},
          {"%C3%A9"s, "\xC3\xA9"s},
          {"\xC3\xA9"s, "\xC3\xA9"s},
          {std::string(kKeyBytesMax, 'k'), std::string(kKeyBytesMax, 'k')}}) {
      CPPUNIT_ASSERT_EQUAL(key, key_in(segment).value());
    }
  }

  void a_key_that_is_none_is_refused() {
    CPPUNIT_ASSERT_EQUAL("a key must have 1 to 1024 bytes, not 0"s,
                         complaint_of(key_in("")));
    CPPUNIT_ASSERT_EQUAL("a key must have 1 to 1024 bytes, not 1025"s,
                         complaint_of(key_in(std::string(1025, 'k'))));
    for (const char* segment : {"%", "%2", "k%", "%zz", "%%41", "%4"}) {
      CPPUNIT_ASSERT_EQUAL("a bad percent-encoding in the key"s,
                           complaint_of(key_in(segment)));
    }
    for (const char* segment : {"%FF", "%C3", "%ED%A0%80", "\xFF", "a%80"}) {
      CPPUNIT_ASSERT_EQUAL("the key is not valid UTF-8"s,
                           complaint_of(key_in(segment)));
    }
  }

  void json_is_json_in_any_spelling_or_when_nothing_is_said() {
    const auto is_taken = [](const std::string& type) {
      return is_json({.headers = {{"content-type", type}}});
    };
    CPPUNIT_ASSERT(is_json({}));
    CPPUNIT_ASSERT(is_taken("application/json"));
    CPPUNIT_ASSERT(is_taken("Application/JSON"));
    CPPUNIT_ASSERT(is_taken(" application/json ;charset=utf-8"));
    for (const char* other : {"",
                              "text/plain",
                              "application/jsonp",
                              "text/plain;application/json",
                              "application/x-www-form-urlencoded",
                              "application/json,text/plain"}) {
      CPPUNIT_ASSERT_MESSAGE(other, !is_taken(other));
    }
  }

  void a_put_has_a_value() {
    const Command expected{.key = "k", .value = "v"};
    CPPUNIT_ASSERT(command_in(put(R"({"value":"v"})"), "k") == expected);
    CPPUNIT_ASSERT(command_in(put(R"( {"more":[1],"value":"v"} )"), "k") ==
                   expected);
    CPPUNIT_ASSERT(command_in(put(R"({"value":""})"), "k") ==
                   (Command{.key = "k"}));
    CPPUNIT_ASSERT(command_in(put(R"({"value":"\u0000\n"})"), "k") ==
                   (Command{.key = "k", .value = "\0\n"s}));
  }

  void a_put_with_expected_is_a_cas() {
    Command cas{.operation = Operation::kCas, .key = "k", .value = "w"};
    CPPUNIT_ASSERT(command_in(put(R"({"value":"w","expected":null})"), "k") ==
                   cas);
    cas.expected = "";
    CPPUNIT_ASSERT(command_in(put(R"({"value":"w","expected":""})"), "k") ==
                   cas);
    cas.expected = "v";
    CPPUNIT_ASSERT(command_in(put(R"({"expected":"v","value":"w"})"), "k") ==
                   cas);
  }

  void a_delete_needs_no_body() {
    const Command removal{.operation = Operation::kDelete, .key = "k"};
    for (const char* body : {"", "{}", "no json"}) {
      CPPUNIT_ASSERT(command_in({.method = "DELETE", .body = body}, "k") ==
                     removal);
    }
  }

  void a_wrong_field_is_named() {
    const auto complaint = [](const std::string& body) {
      return complaint_of(command_in(put(body), "k"));
    };
    CPPUNIT_ASSERT_EQUAL("field \"value\" is missing"s, complaint("{}"));
    CPPUNIT_ASSERT_EQUAL("field \"value\" is missing"s,
                         complaint(R"({"expected":"v"})"));
    CPPUNIT_ASSERT_EQUAL("field \"value\" must be a string, not null"s,
                         complaint(R"({"value":null})"));
    CPPUNIT_ASSERT_EQUAL("field \"value\" must be a string, not a number"s,
                         complaint(R"({"value":1})"));
    CPPUNIT_ASSERT_EQUAL(
        "field \"expected\" must be a string or null, not an array"s,
        complaint(R"({"value":"v","expected":[]})"));
    CPPUNIT_ASSERT_EQUAL("must be a JSON object, not an array"s,
                         complaint("[]"));
    CPPUNIT_ASSERT_EQUAL("empty, not JSON"s, complaint(""));
    CPPUNIT_ASSERT(complaint(R"({"value":"v")").starts_with("not JSON: "));
    CPPUNIT_ASSERT_EQUAL("not valid UTF-8 at byte 10"s,
                         complaint("{\"value\":\"\xFF\"}"));
  }

  // Decoded bytes, whatever their encoding takes.
  void values_are_limited_to_the_byte() {
    const std::string value(kValueBytesMax, 'v');
    const auto body = [](const std::string& text, const std::string& expected) {
      return JsonWriter().add("value", text).add("expected", expected).text();
    };
    const auto taken = command_in(put(body(value, value)), "k");
    CPPUNIT_ASSERT_EQUAL(value, taken->value);
    CPPUNIT_ASSERT_EQUAL(value, taken->expected.value());
    CPPUNIT_ASSERT_EQUAL(
        "field \"value\" must have at most 1048576 bytes, not 1048577"s,
        complaint_of(command_in(put(body(value + "v", "")), "k")));
    CPPUNIT_ASSERT_EQUAL(
        "field \"expected\" must have at most 1048576 bytes, not 1048577"s,
        complaint_of(command_in(put(body("", value + "v")), "k")));
  }

  void a_session_is_two_headers() {
    const std::string id = "abcXYZ-0189";
    for (const auto& [text, serial] :
         {std::pair{"1"s, std::uint64_t{1}},
          {"007"s, std::uint64_t{7}},
          {"18446744073709551615"s, std::uint64_t{UINT64_MAX}}}) {
      const HttpHeaders headers = {{"raft-serial", text},
                                   {"RAFT-CLIENT-ID", id}};
      CPPUNIT_ASSERT(
          command_in(put(R"({"value":"v"})", headers), "k") ==
          (Command{
              .key = "k", .value = "v", .client_id = id, .serial = serial}));
      CPPUNIT_ASSERT(
          command_in({.method = "DELETE", .headers = headers}, "k") ==
          (Command{.operation = Operation::kDelete,
                   .key = "k",
                   .client_id = id,
                   .serial = serial}));
    }
  }

  void a_session_that_is_none_is_refused() {
    const auto complaint = [](const HttpHeaders& headers) {
      return complaint_of(command_in(put(R"({"value":"v"})", headers), "k"));
    };
    CPPUNIT_ASSERT_EQUAL("none"s,
                         complaint({{"Raft-Client-Id", std::string(64, 'c')},
                                    {"Raft-Serial", "1"}}));
    for (const char* name : {"Raft-Client-Id", "Raft-Serial"}) {
      CPPUNIT_ASSERT_EQUAL("Raft-Client-Id and Raft-Serial go together"s,
                           complaint({{name, "1"}}));
    }
    for (const std::string& id : {""s,
                                  " "s,
                                  "a b"s,
                                  "a_b"s,
                                  "a/b"s,
                                  "\xC3\xA9"s,
                                  "c\0"s,
                                  std::string(65, 'c')}) {
      CPPUNIT_ASSERT_EQUAL(
          "Raft-Client-Id must have 1 to 64 letters, digits and hyphens"s,
          complaint({{"Raft-Client-Id", id}, {"Raft-Serial", "1"}}));
    }
    for (const char* serial : {"",
                               "0",
                               "-1",
                               "+1",
                               " 1",
                               "1 ",
                               "1.0",
                               "0x1",
                               "one",
                               "18446744073709551616"}) {
      CPPUNIT_ASSERT_EQUAL(
          "Raft-Serial must be a number from 1 on"s,
          complaint({{"Raft-Client-Id", "c"}, {"Raft-Serial", serial}}));
    }
  }

  void a_query_that_cannot_be_decoded_is_refused_for_a_write_too() {
    HttpRequest write = put(R"({"value":"v"})");
    write.target = "/v1/kv/k?x=%";
    CPPUNIT_ASSERT_EQUAL("a bad percent-encoding in the query"s,
                         complaint_of(command_in(write, "k")));
    write.method = "DELETE";
    CPPUNIT_ASSERT_EQUAL("a bad percent-encoding in the query"s,
                         complaint_of(command_in(write, "k")));
  }

  // Which of the two is the default is the stage's own.
  void consistency_is_one_of_two_words() {
    const Consistency by_default = consistency_in(get("")).value();
    CPPUNIT_ASSERT(consistency_in({.target = "/v1/kv/k"}) == by_default);
    CPPUNIT_ASSERT(consistency_in(get("limit=3&x")) == by_default);
    CPPUNIT_ASSERT(consistency_in(get("Consistency=x")) == by_default);
    CPPUNIT_ASSERT(consistency_in(get("consistency=stale")) ==
                   Consistency::kStale);
    CPPUNIT_ASSERT(consistency_in(get("x=y&consistency=linearizable")) ==
                   Consistency::kLinearizable);
    CPPUNIT_ASSERT(consistency_in(get("%63onsistency=s%74ale")) ==
                   Consistency::kStale);
    for (const std::string wrong : {"", "Stale", "stale ", "default", "1"}) {
      CPPUNIT_ASSERT_EQUAL(
          "consistency must be stale or linearizable, not \"" + wrong + "\"",
          complaint_of(
              consistency_in(get("consistency=" + percent_encode(wrong)))));
    }
    CPPUNIT_ASSERT(!consistency_in(get("consistency")));
    CPPUNIT_ASSERT_EQUAL("a bad percent-encoding in the query"s,
                         complaint_of(consistency_in(get("x=%"))));
    CPPUNIT_ASSERT_EQUAL("the query is not valid UTF-8"s,
                         complaint_of(consistency_in(get("consistency=%FF"))));
  }

  void a_list_is_of_100_keys_unless_told_otherwise() {
    const ListRange all = list_range_in({.target = "/v1/kv"}).value();
    CPPUNIT_ASSERT_EQUAL(""s, all.prefix);
    CPPUNIT_ASSERT_EQUAL(""s, all.after);
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, all.limit);
    const ListRange some =
        list_range_in(get("limit=7&after=a%26b&prefix=%C3%A9+")).value();
    CPPUNIT_ASSERT_EQUAL("\xC3\xA9+"s, some.prefix);
    CPPUNIT_ASSERT_EQUAL("a&b"s, some.after);
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, some.limit);
  }

  void a_limit_is_a_number_from_1_to_1000() {
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         list_range_in(get("limit=1")).value().limit);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1000},
                         list_range_in(get("limit=1000")).value().limit);
    for (const char* limit : {"",
                              "=",
                              "=0",
                              "=1001",
                              "=-1",
                              "=+1",
                              "=1.0",
                              "=%201",
                              "=ten",
                              "=18446744073709551617"}) {
      CPPUNIT_ASSERT_EQUAL("limit must be a number from 1 to 1000"s,
                           complaint_of(list_range_in(get("limit"s + limit))));
    }
  }

  void a_range_is_utf_8() {
    for (const char* name : {"prefix", "after", "limit"}) {
      CPPUNIT_ASSERT_EQUAL("the query is not valid UTF-8"s,
                           complaint_of(list_range_in(get(name + "=%C3"s))));
      CPPUNIT_ASSERT_EQUAL("a bad percent-encoding in the query"s,
                           complaint_of(list_range_in(get(name + "=%C"s))));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ApiRequestTest);

}  // namespace
}  // namespace raft
