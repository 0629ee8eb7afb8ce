// What a server answers to requests that it can't carry out: one exact error
// for each, nothing changed, and the connection goes on.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <string>
#include <vector>

#include "common/json.h"
#include "tests/raw_connection.h"
#include "tests/test_cluster.h"
#include "tests/verdict.h"

namespace raft {
namespace {

constexpr std::size_t kKeyBytesMax = 1024;
constexpr std::size_t kValueBytesMax = 1024 * 1024;
constexpr std::size_t kLineBytesMax = 2 * 1024 * 1024;

constexpr char kRefused[] = "bad_request not_executed";

struct Case {
  std::string line = {};
  std::string verdict = {};
};

std::string get(const std::string& key) {
  return JsonWriter().add("op", "get").add("key", key).text();
}

std::string put(const std::string& key, const std::string& value) {
  return JsonWriter()
      .add("op", "put")
      .add("key", key)
      .add("value", value)
      .text();
}

std::string cas(const std::string& key,
                const std::optional<std::string>& expected,
                const std::string& value) {
  return JsonWriter()
      .add("op", "cas")
      .add("key", key)
      .add_or_null("expected", expected)
      .add("value", value)
      .text();
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

// A line of `bytes` bytes that puts `key`, most of it in a field that is
// ignored.
std::string long_put(const std::string& key, std::size_t bytes) {
  const std::string begin =
      R"({"op":"put","key":")" + key + R"(","value":"v","more":")";
  const std::string end = "\"}";
  return begin + std::string(bytes - begin.size() - end.size(), 'x') + end;
}

class StoryBadInput : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryBadInput);
  CPPUNIT_TEST(each_request_gets_the_answer_that_the_protocol_promises);
  CPPUNIT_TEST(a_wrong_field_is_a_bad_request);
  CPPUNIT_TEST(what_is_not_one_json_object_is_a_bad_request);
  CPPUNIT_TEST(limits_count_decoded_bytes_and_hold_to_the_byte);
  CPPUNIT_TEST(a_line_of_2_mib_is_answered_and_one_byte_more_is_too_large);
  CPPUNIT_TEST(any_key_and_value_comes_back_as_it_was);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Well-formed requests, those that succeed and those that do not. Every error
  // to a write says whether it was executed.
  void each_request_gets_the_answer_that_the_protocol_promises() {
    start();
    expect({
        {get("k"), "not_found"},
        {R"({"op":"delete","key":"k"})", "not_found not_executed"},
        {cas("k", "v", "w"), "conflict not_executed, value null"},
        {put("k", "v"), "ok"},
        {get("k"), "ok v"},
        {cas("k", {}, "w"), "conflict not_executed, value v"},
        {cas("k", "other", "w"), "conflict not_executed, value v"},
        {get("k"), "ok v"},
        {cas("k", "v", "w"), "ok"},
        {get("k"), "ok w"},
        {R"({"op":"delete","key":"k"})", "ok"},
        {cas("k", {}, "new"), "ok"},
        {R"({"unknown":[1,{"a":null}],"op":"get","key":"k"})", "ok new"},
        {get("k") + "\r", "ok new"},
        {" \t" + get("k") + " \r", "ok new"},
        {R"({"op":"status"})", "ok"},
    });
  }

  // Missing, wrongly typed and unknown: refused before anything is changed.
  void a_wrong_field_is_a_bad_request() {
    start();
    expect_refusal({
        R"({})",
        R"({"op":1})",
        R"({"op":null})",
        R"({"op":""})",
        R"({"op":"PUT","key":"k","value":"v"})",
        R"({"op":"frobnicate"})",
        R"({"op":"get"})",
        R"({"op":"get","key":1})",
        R"({"op":"get","key":["k"]})",
        R"({"op":"put","key":"k"})",
        R"({"op":"put","value":"v"})",
        R"({"op":"put","key":"k","value":1})",
        R"({"op":"put","key":"k","value":null})",
        R"({"op":"put","key":"k","value":{}})",
        R"({"op":"put","key":true,"value":"v"})",
        R"({"op":"delete"})",
        R"({"op":"delete","key":null})",
        R"({"op":"cas","key":"k","value":"v"})",
        R"({"op":"cas","key":"k","expected":null})",
        R"({"op":"cas","key":"k","expected":1,"value":"v"})",
        R"({"op":"cas","key":"k","expected":false,"value":"v"})",
        R"({"op":"cas","expected":null,"value":"v"})",
    });
  }

  // One object a line, in strict JSON and valid UTF-8, not too deep.
  void what_is_not_one_json_object_is_a_bad_request() {
    start();
    const std::string deep = repeated("[", 1000) + repeated("]", 1000);
    expect_refusal({
        "",
        " ",
        "\r",
        "hello",
        "1",
        "null",
        "\"op\"",
        "[]",
        "[" + get("k") + "]",
        R"({"op":"get","key":"k")",
        R"({"op":"get","key":"k",})",
        R"({'op':'get','key':'k'})",
        get("k") + get("k"),
        get("k") + " x",
        "\xEF\xBB\xBF" + get("k"),
        R"({"op":"get","key":"k","more":NaN})",
        deep,
        R"({"op":"put","key":"k","value":"v","more":)" + deep + "}",
        "{\"op\":\"put\",\"key\":\"\xFF\",\"value\":\"v\"}",
        "{\"op\":\"put\",\"key\":\"k\",\"value\":\"\xC3\"}",
        "{\"op\":\"put\",\"key\":\"k\",\"value\":\"\xC0\x80\"}",
        "{\"op\":\"put\",\"key\":\"k\",\"value\":\"\xED\xA0\x80\"}",
        R"({"op":"put","key":"k","value":"\ud800"})",
        R"({"op":"put","key":"k","value":"\x"})",
        "{\"op\":\"put\",\"key\":\"k\",\"value\":\"a\tb\"}",
        std::string("{\"op\":\"put\",\"key\":\"k\0\",\"value\":\"v\"}", 36),
        std::string("\0", 1),
    });
  }

  // A key has 1 to 1,024 bytes and a value up to 1 MiB, as it is stored and not
  // as it is written in JSON.
  void limits_count_decoded_bytes_and_hold_to_the_byte() {
    start();
    const std::string key(kKeyBytesMax, 'k');
    const std::string value(kValueBytesMax, 'v');
    const std::string e_acute = "\\u00e9";  // two bytes, written in six
    const auto written = [](const std::string& k, const std::string& v) {
      return R"({"op":"put","key":")" + k + R"(","value":")" + v + "\"}";
    };
    expect_refusal({
        get(""),
        put("", "v"),
        get(key + "k"),
        put(key + "k", "v"),
        R"({"op":"delete","key":")" + key + "k\"}",
        put("k", value + "v"),
        cas("k", {}, value + "v"),
        cas("k", value + "v", "v"),
        written(repeated(e_acute, kKeyBytesMax / 2) + "k", "v"),
    });
    expect({
        {put("k", ""), "ok"},
        {get("k"), "ok "},
        {put("1", "v"), "ok"},
        {put(key, "v"), "ok"},
        {get(key), "ok v"},
        {written(repeated(e_acute, kKeyBytesMax / 2), "two"), "ok"},
        {get(repeated("\xC3\xA9", kKeyBytesMax / 2)), "ok two"},
        {put("k", value), "ok"},
        {get("k"), "ok " + value},
        {cas("k", value, "v"), "ok"},
        {written("k", repeated("\\u0061", 300'000)), "ok"},
        {get("k"), "ok " + std::string(300'000, 'a')},
    });
  }

  // The limit of a line is one of its own: it is refused whatever its fields
  // would decode to, readably, and that ends the connection.
  void a_line_of_2_mib_is_answered_and_one_byte_more_is_too_large() {
    start();
    RawConnection other(cluster_.client_address(1));
    expect({{long_put("fits", kLineBytesMax), "ok"}});

    connection_->send(long_put("too long", kLineBytesMax + 1) + "\n" +
                      put("after", "v") + "\n");
    connection_->half_close();

    CPPUNIT_ASSERT_EQUAL(std::string("too_large not_executed"),
                         verdict(connection_->receive_line()));
    CPPUNIT_ASSERT_EQUAL(std::string(), connection_->receive_rest());
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(other.ask(get("fits"))));
    for (const char* key : {"too long", "after"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("not_found"),
                           verdict(other.ask(get(key))));
    }
  }

  // Keys and values are any UTF-8: nothing in them ends them or changes.
  void any_key_and_value_comes_back_as_it_was() {
    start();
    std::vector<std::string> texts = {
        std::string("a\0b", 3), "\"\\/\b\f\n\r\t\x01\x1F\x7F", " ", "null"};
    texts.push_back("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    for (const std::string& text : texts) {
      expect({{get(text), "not_found"},
              {put(text, text), "ok"},
              {get(text), "ok " + text}});
    }
    expect({{get("a"), "not_found"}});
  }

 private:
  void start() {
    cluster_.start();
    connection_.emplace(cluster_.client_address(1));
  }

  // All on one connection, which survives them.
  void expect(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(one.line.substr(0, 200),
                                   one.verdict,
                                   verdict(connection_->ask(one.line)));
    }
  }

  // The same, and afterwards the store is what it was: empty.
  void expect_refusal(const std::vector<std::string>& lines) {
    for (const std::string& line : lines) expect({{line, kRefused}});
    const auto status =
        JsonObject::parse(connection_->ask(R"({"op":"status"})"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, status->number("keys").value());
  }

  TestCluster cluster_{RAFT_STAGE};
  std::optional<RawConnection> connection_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryBadInput);

}  // namespace
}  // namespace raft
