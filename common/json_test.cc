// What comes in is read exactly or refused with a reason; what goes out is read
// back as it was.
#include "common/json.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <utility>

namespace raft {
namespace {

using namespace std::string_literals;

// Why `text` is refused; empty if it isn't.
std::string complaint_about(std::string_view text) {
  const auto object = JsonObject::parse(text);
  return object ? "" : object.error().message;
}

// The string that `json`, put in as the value of a field, stands for.
std::string string_of(const std::string& json) {
  const auto object = JsonObject::parse("{\"a\":" + json + "}");
  CPPUNIT_ASSERT_MESSAGE(json, object);
  const auto value = object->string("a");
  CPPUNIT_ASSERT_MESSAGE(json, value);
  return *value;
}

std::string repeat(const std::string& text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) result += text;
  return result;
}

template <typename T>
std::string complaint_of(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

class JsonTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonTest);
  CPPUNIT_TEST(a_field_is_read_by_its_type);
  CPPUNIT_TEST(white_space_around_an_object_is_no_part_of_it);
  CPPUNIT_TEST(a_missing_field_is_named);
  CPPUNIT_TEST(a_field_of_another_type_is_named_with_what_was_found);
  CPPUNIT_TEST(null_is_there_but_has_no_other_type);
  CPPUNIT_TEST(an_array_must_hold_only_objects);
  CPPUNIT_TEST(an_array_keeps_its_order);
  CPPUNIT_TEST(an_integer_of_64_bits_is_read_exactly);
  CPPUNIT_TEST(a_number_that_is_no_unsigned_integer_is_refused);
  CPPUNIT_TEST(a_number_above_64_bits_is_refused_and_not_cut);
  CPPUNIT_TEST(digits_in_a_string_are_no_number);
  CPPUNIT_TEST(the_last_of_fields_with_one_name_counts);
  CPPUNIT_TEST(only_one_whole_object_is_accepted);
  CPPUNIT_TEST(extensions_of_json_are_refused);
  CPPUNIT_TEST(text_that_is_not_utf_8_is_refused_by_its_place);
  CPPUNIT_TEST(all_of_utf_8_is_accepted);
  CPPUNIT_TEST(escapes_are_understood);
  CPPUNIT_TEST(broken_escapes_are_refused);
  CPPUNIT_TEST(half_a_surrogate_pair_is_refused);
  CPPUNIT_TEST(control_characters_must_be_escaped);
  CPPUNIT_TEST(depth_128_is_accepted_and_129_is_not);
  CPPUNIT_TEST(a_complaint_is_short_and_printable);
  CPPUNIT_TEST(a_refused_text_leaves_nothing_behind);
  CPPUNIT_TEST(copies_share_what_outlives_the_original);
  CPPUNIT_TEST(fields_keep_the_first_complaint);
  CPPUNIT_TEST(a_writer_keeps_the_order_of_fields);
  CPPUNIT_TEST(a_writer_without_fields_writes_an_empty_object);
  CPPUNIT_TEST(fields_of_another_writer_come_last);
  CPPUNIT_TEST(every_ascii_character_survives_a_round_trip);
  CPPUNIT_TEST(every_length_of_utf_8_survives_a_round_trip);
  CPPUNIT_TEST(what_is_written_is_one_line);
  CPPUNIT_TEST(utf_8_that_ends_is_found_by_its_place);
  CPPUNIT_TEST(any_number_is_read_as_a_real_one);
  CPPUNIT_TEST(an_array_of_integers_is_read_exactly);
  CPPUNIT_TEST(an_array_must_hold_only_unsigned_integers);
  CPPUNIT_TEST(numbers_are_written_as_an_array);
  CPPUNIT_TEST(plain_text_is_written_as_it_is_and_no_other);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Each getter returns what stands there.
  void a_field_is_read_by_its_type() {
    const auto object = JsonObject::parse(
        R"({"s":"v","n":7,"t":true,"f":false,"o":{"x":1},"a":[{},{"y":2}]})");

    CPPUNIT_ASSERT_EQUAL("v"s, *object->string("s"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, *object->number("n"));
    CPPUNIT_ASSERT_EQUAL(true, *object->boolean("t"));
    CPPUNIT_ASSERT_EQUAL(false, *object->boolean("f"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, *object->object("o")->number("x"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, object->objects("a")->size());
    CPPUNIT_ASSERT_EQUAL("v"s, **object->string_or_null("s"));
  }

  // A client may indent, and a \r before the newline is white space.
  void white_space_around_an_object_is_no_part_of_it() {
    CPPUNIT_ASSERT_EQUAL(""s, complaint_about(" \t{ \"a\" :\n 1 } \r"));
  }

  // Whoever forgot a field hears which one, from each getter.
  void a_missing_field_is_named() {
    const auto object = JsonObject::parse("{}");

    const std::string expected = "field \"k\" is missing";
    CPPUNIT_ASSERT(!object->has("k"));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->string("k")));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->string_or_null("k")));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->number("k")));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->boolean("k")));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->object("k")));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_of(object->objects("k")));
  }

  // The complaint has the field, what it must be, and what it is: for each
  // getter and each type of JSON.
  void a_field_of_another_type_is_named_with_what_was_found() {
    const std::vector<std::pair<std::string, std::string>> values = {
        {"null", "null"},
        {"\"s\"", "a string"},
        {"\"1\"", "a string"},
        {"1", "a number"},
        {"1.5", "a number"},
        {"true", "true or false"},
        {"{}", "an object"},
        {"[]", "an array"},
    };
    for (const auto& [json, found] : values) {
      const auto object = JsonObject::parse("{\"k\":" + json + "}");
      const auto expect = [&, &type = found](const std::string& complaint,
                                             const std::string& wanted) {
        CPPUNIT_ASSERT_EQUAL("field \"k\" must be " + wanted + ", not " + type,
                             complaint);
      };
      if (found != "a string") {
        expect(complaint_of(object->string("k")), "a string");
      }
      if (found != "a string" && found != "null") {
        expect(complaint_of(object->string_or_null("k")), "a string or null");
      }
      if (json != "1") {
        expect(complaint_of(object->number("k")),
               "an integer from 0 to 18446744073709551615");
      }
      if (found != "true or false") {
        expect(complaint_of(object->boolean("k")), "true or false");
      }
      if (found != "an object") {
        expect(complaint_of(object->object("k")), "an object");
      }
      if (found != "an array") {
        expect(complaint_of(object->objects("k")), "an array");
      }
    }
  }

  // "expected": null says something else than no "expected".
  void null_is_there_but_has_no_other_type() {
    const auto object = JsonObject::parse(R"({"k":null})");

    CPPUNIT_ASSERT(object->has("k"));
    CPPUNIT_ASSERT(object->string_or_null("k").has_value());
    CPPUNIT_ASSERT(!object->string_or_null("k")->has_value());
  }

  // The complaint says what else is in the array.
  void an_array_must_hold_only_objects() {
    const std::vector<std::pair<std::string, std::string>> arrays = {
        {"[1]", "a number"},
        {"[{},null]", "null"},
        {"[{},\"x\",{}]", "a string"},
        {"[[]]", "an array"},
        {"[true]", "true or false"},
    };
    for (const auto& [json, found] : arrays) {
      const auto object = JsonObject::parse("{\"k\":" + json + "}");
      CPPUNIT_ASSERT_EQUAL("field \"k\" must hold only objects, not " + found,
                           complaint_of(object->objects("k")));
    }
  }

  // Nodes and entries come in the order in which they were sent.
  void an_array_keeps_its_order() {
    const auto object = JsonObject::parse(R"({"k":[{"i":3},{"i":1},{"i":2}]})");

    std::string order;
    const auto items = object->objects("k");
    for (const JsonObject& item : *items) {
      order += std::to_string(*item.number("i"));
    }
    CPPUNIT_ASSERT_EQUAL("312"s, order);
  }

  // Terms and indexes use all 64 bits; a double would round them.
  void an_integer_of_64_bits_is_read_exactly() {
    for (const std::uint64_t number : {std::uint64_t{0},
                                       (std::uint64_t{1} << 53) + 1,
                                       (std::uint64_t{1} << 63) - 1,
                                       std::uint64_t{1} << 63,
                                       UINT64_MAX - 9,
                                       UINT64_MAX}) {
      const std::string text = "{\"k\":" + std::to_string(number) + "}";
      CPPUNIT_ASSERT_EQUAL(number, *JsonObject::parse(text)->number("k"));
    }
  }

  // Negative numbers and fractions have no meaning for us.
  void a_number_that_is_no_unsigned_integer_is_refused() {
    const std::string expected =
        "field \"k\" must be an integer from 0 to 18446744073709551615";
    for (const char* number : {"-1", "-9223372036854775808", "1.0", "1e2"}) {
      const auto object =
          JsonObject::parse("{\"k\":" + std::string(number) + "}");
      const std::string complaint = complaint_of(object->number("k"));
      CPPUNIT_ASSERT_MESSAGE(complaint, complaint.starts_with(expected));
    }
  }

  // Once 2^64 was read as 0.
  void a_number_above_64_bits_is_refused_and_not_cut() {
    for (const char* number : {"18446744073709551616",
                               "18446744073709551617",
                               "18446744073709551618",
                               "18446744073709551619",
                               "18446744073709551620",
                               "36893488147419103232",
                               "99999999999999999999",
                               "340282366920938463463374607431768211456"}) {
      for (const char* before : {"{\"k\":", "{\"a\":\"\\\"\\\\\",\"k\":"}) {
        const std::string text = std::string(before) + number + "}";
        CPPUNIT_ASSERT_MESSAGE(text, !JsonObject::parse(text));
      }
    }
    CPPUNIT_ASSERT_EQUAL("a number is above 18446744073709551615"s,
                         complaint_about("{\"k\":18446744073709551616}"));
  }

  // What is refused as a number is an ordinary value in quotes.
  void digits_in_a_string_are_no_number() {
    const std::string digits = "18446744073709551616";
    CPPUNIT_ASSERT_EQUAL(digits, string_of("\"" + digits + "\""));
    CPPUNIT_ASSERT_EQUAL("\\\"" + digits,
                         string_of("\"\\\\\\\"" + digits + "\""));
    CPPUNIT_ASSERT_EQUAL(""s, complaint_about("{\"k\":" + digits + ".5}"));
    CPPUNIT_ASSERT_EQUAL(""s, complaint_about("{\"k\":0." + digits + "}"));
    CPPUNIT_ASSERT_EQUAL(""s, complaint_about("{\"" + digits + "\":1}"));
  }

  // JSON leaves it open; what we do stays the same.
  void the_last_of_fields_with_one_name_counts() {
    const auto object = JsonObject::parse(R"({"k":1,"j":2,"k":3})");

    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, *object->number("k"));
  }

  // A reason for each text that is no object, or more than one.
  void only_one_whole_object_is_accepted() {
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"", "empty, not JSON"},
        {" \t\r\n", "empty, not JSON"},
        {"[]", "must be a JSON object, not an array"},
        {"[{\"k\":1}]", "must be a JSON object, not an array"},
        {"null", "must be a JSON object"},
        {"true", "must be a JSON object"},
        {"1", "must be a JSON object"},
        {"-1", "must be a JSON object"},
        {"\"{}\"", "must be a JSON object"},
        {"{\"k\":1", "not JSON: expected ',' or '}' after member value"},
        {"{\"k\":1}x", "not JSON: Excess characters found after JSON end."},
        {"{} {}", "not JSON: Excess characters found after JSON end."},
        {"{},", "not JSON: Excess characters found after JSON end."},
        {"{}\0"s, "not JSON: Excess characters found after JSON end."},
        {"get k", "not JSON: unexpected byte 'g' in value"},
        {"}", "not JSON: unexpected byte '}' in value"},
        {"{\"k\" 1}", "not JSON: expected ':' after member name"},
        {"{k:1}", "not JSON: unexpected byte 'k' in value"},
        {"\xEF\xBB\xBF{}", "not JSON: unexpected byte '?' in value"},
    };
    for (const auto& [text, expected] : texts) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, expected, complaint_about(text));
    }
  }

  // What some parsers let pass, and others would read differently.
  void extensions_of_json_are_refused() {
    for (const char* text : {"{\"k\":1,}",
                             "{\"k\":[1,]}",
                             "{'k':1}",
                             "{1:2}",
                             "{\"k\":01}",
                             "{\"k\":00}",
                             "{\"k\":+1}",
                             "{\"k\":.5}",
                             "{\"k\":1.}",
                             "{\"k\":1e}",
                             "{\"k\":-}",
                             "{\"k\":0x10}",
                             "{\"k\":NaN}",
                             "{\"k\":Infinity}",
                             "{\"k\":True}",
                             "{\"k\":nul}",
                             "{\"k\":1}//end",
                             "/*begin*/{}",
                             "{\"k\":1;}",
                             "{\"k\":1]",
                             "{{}}",
                             "{\"k\":}",
                             "{,}",
                             "{\"k\":1e400}"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !complaint_about(text).empty());
    }
  }

  // Overlong forms, surrogates, values above U+10FFFF, and characters that
  // begin too late, end too early or too late.
  void text_that_is_not_utf_8_is_refused_by_its_place() {
    for (const char* bad : {"\x80",
                            "\xBF",
                            "\xC0\x80",
                            "\xC1\xBF",
                            "\xC3",
                            "\xC3(",
                            "\xE0\x80\x80",
                            "\xE0\x9F\xBF",
                            "\xE2\x82",
                            "\xE2(\xA1",
                            "\xED\xA0\x80",
                            "\xED\xBF\xBF",
                            "\xF0\x80\x80\x80",
                            "\xF0\x8F\xBF\xBF",
                            "\xF0\x9F\x98",
                            "\xF4\x90\x80\x80",
                            "\xF5\x80\x80\x80",
                            "\xF8\x88\x80\x80\x80",
                            "\xFE",
                            "\xFF"}) {
      const std::string in_a_string = "{\"k\":\"" + std::string(bad) + "\"}";
      CPPUNIT_ASSERT_EQUAL("not valid UTF-8 at byte 6"s,
                           complaint_about(in_a_string));
      const std::string at_the_end = "{\"k\":\"\xC3\xA9" + std::string(bad);
      CPPUNIT_ASSERT_EQUAL("not valid UTF-8 at byte 8"s,
                           complaint_about(at_the_end));
    }
    CPPUNIT_ASSERT_EQUAL("not valid UTF-8 at byte 8"s,
                         complaint_about("{\"k\":\"\xC3\xA9\xA9\"}"));
  }

  // The first and the last character of each length.
  void all_of_utf_8_is_accepted() {
    for (const char* good : {"\x7F",
                             "\xC2\x80",
                             "\xDF\xBF",
                             "\xE0\xA0\x80",
                             "\xED\x9F\xBF",
                             "\xEE\x80\x80",
                             "\xEF\xBB\xBF",
                             "\xEF\xBF\xBF",
                             "\xF0\x90\x80\x80",
                             "\xF4\x8F\xBF\xBF"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(good),
                           string_of("\"" + std::string(good) + "\""));
    }
  }

  // Short escapes, \u, pairs of surrogates, and a NUL, which ends nothing.
  void escapes_are_understood() {
    CPPUNIT_ASSERT_EQUAL("/\b\f\n\r\t\"\\"s,
                         string_of(R"("\/\b\f\n\r\t\"\\")"));
    CPPUNIT_ASSERT_EQUAL("A\xC3\xA9\xE2\x82\xAC"s,
                         string_of(R"("\u0041\u00e9\u20AC")"));
    CPPUNIT_ASSERT_EQUAL("\xF0\x9F\x98\x80"s, string_of(R"("\ud83d\uDE00")"));
    CPPUNIT_ASSERT_EQUAL("a\0b"s, string_of(R"("a\u0000b")"));
    CPPUNIT_ASSERT(JsonObject::parse(R"({"\u006b":1})")->has("k"));
  }

  // Not skipped, not taken as they are.
  void broken_escapes_are_refused() {
    for (const char* text : {R"({"k":"\x"})",
                             R"({"k":"\u12"})",
                             R"({"k":"\u12g4"})",
                             R"({"k":"\U0041"})",
                             R"({"k":"\)",
                             R"({"k":"\"})"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !complaint_about(text).empty());
    }
  }

  // It would become a string that is not UTF-8.
  void half_a_surrogate_pair_is_refused() {
    for (const char* text : {R"({"k":"\ud800"})",
                             R"({"k":"\ud800x"})",
                             R"({"k":"\ud800\u0041"})",
                             R"({"k":"\ud800\ud800"})",
                             R"({"k":"\udc00"})",
                             R"({"k":"\udc00\ud800"})",
                             R"({"\ud800":1})"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !complaint_about(text).empty());
    }
  }

  // All below U+0020, the NUL included.
  void control_characters_must_be_escaped() {
    for (char c = 0; c < ' '; ++c) {
      const std::string text = "{\"k\":\"a"s + c + "b\"}";
      CPPUNIT_ASSERT_EQUAL("not JSON: unescaped control character in string"s,
                           complaint_about(text));
    }
  }

  // A bound, and not a stack that overflows.
  void depth_128_is_accepted_and_129_is_not() {
    for (const int depth : {128, 129, 1000, 100'000}) {
      const std::string expected =
          depth <= 128 ? "" : "not JSON: Maximum depth exceeded";
      const std::string objects =
          repeat("{\"k\":", depth) + "1" + repeat("}", depth);
      CPPUNIT_ASSERT_EQUAL(expected, complaint_about(objects));
      const std::string arrays =
          "{\"k\":" + repeat("[", depth - 1) + repeat("]", depth - 1) + "}";
      CPPUNIT_ASSERT_EQUAL(expected, complaint_about(arrays));
    }
  }

  // It ends up in an answer and in a log.
  void a_complaint_is_short_and_printable() {
    std::vector<std::string> texts = {"{\"k\":" + std::string(100'000, '9') +
                                      "}"};
    for (int c = 0; c < 256; ++c) {
      texts.push_back(std::string(1, static_cast<char>(c)));
      texts.push_back("{\"k\":" + texts.back() + "\xE2\x82\xAC}");
    }
    for (const std::string& text : texts) {
      const std::string complaint = complaint_about(text);
      CPPUNIT_ASSERT(!complaint.empty());
      CPPUNIT_ASSERT(complaint.size() <= 120);
      for (const char c : complaint) CPPUNIT_ASSERT(' ' <= c && c <= '~');
    }
  }

  // The parser is shared by the texts of a thread.
  void a_refused_text_leaves_nothing_behind() {
    CPPUNIT_ASSERT(!JsonObject::parse(R"({"a":{"b":[1,)"));
    const auto object = JsonObject::parse(R"({"c":1})");

    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, *object->number("c"));
    CPPUNIT_ASSERT(!object->has("a"));
    CPPUNIT_ASSERT(!object->has("b"));
  }

  // An object in an object may be kept longer than it.
  void copies_share_what_outlives_the_original() {
    auto outer = JsonObject::parse(R"({"o":{"k":"v"}})");
    const JsonObject inner = *outer->object("o");
    outer = JsonObject::parse("{}");

    CPPUNIT_ASSERT_EQUAL("v"s, *inner.string("k"));
  }

  // Many fields, one complaint: the first.
  void fields_keep_the_first_complaint() {
    const auto object = JsonObject::parse(R"({"s":"v","n":7,"b":true})");
    JsonFields fields(*object);

    CPPUNIT_ASSERT_EQUAL("v"s, fields.string("s"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, fields.number("n"));
    CPPUNIT_ASSERT_EQUAL(true, fields.boolean("b"));
    CPPUNIT_ASSERT(!fields.error());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, fields.number("gone"));
    CPPUNIT_ASSERT_EQUAL(""s, fields.string("n"));
    CPPUNIT_ASSERT_EQUAL(false, fields.boolean("s"));
    CPPUNIT_ASSERT_EQUAL("field \"gone\" is missing"s, fields.error()->message);
  }

  // People compare answers by eye.
  void a_writer_keeps_the_order_of_fields() {
    const std::string text = JsonWriter()
                                 .add("z", true)
                                 .add("y", "a\"b")
                                 .add("x", std::uint64_t{UINT64_MAX})
                                 .add_or_null("w", "v"s)
                                 .add_or_null("v", {})
                                 .add_json("u", "[1,2]")
                                 .add("t", false)
                                 .text();

    CPPUNIT_ASSERT_EQUAL(
        R"({"z":true,"y":"a\"b","x":18446744073709551615,"w":"v","v":null,)"s +
            R"("u":[1,2],"t":false})",
        text);
  }

  // No field, no comma.
  void a_writer_without_fields_writes_an_empty_object() {
    CPPUNIT_ASSERT_EQUAL("{}"s, JsonWriter().text());
  }

  // With as many commas as it takes, whichever of the two is empty.
  void fields_of_another_writer_come_last() {
    const JsonWriter none;
    const JsonWriter one = JsonWriter().add("a", std::uint64_t{1});
    const JsonWriter two = JsonWriter().add("b", "x").add("c", true);

    CPPUNIT_ASSERT_EQUAL("{}"s, JsonWriter(none).add_fields(none).text());
    CPPUNIT_ASSERT_EQUAL("{\"a\":1}"s, JsonWriter(none).add_fields(one).text());
    CPPUNIT_ASSERT_EQUAL("{\"a\":1}"s, JsonWriter(one).add_fields(none).text());
    CPPUNIT_ASSERT_EQUAL("{\"a\":1,\"b\":\"x\",\"c\":true}"s,
                         JsonWriter(one).add_fields(two).text());
  }

  // Each alone and all together, the NUL included.
  void every_ascii_character_survives_a_round_trip() {
    std::string all;
    for (int c = 0; c < 0x80; ++c) {
      const std::string one(1, static_cast<char>(c));
      all += one;
      const std::string text = JsonWriter().add("a", one).text();
      CPPUNIT_ASSERT_EQUAL(one, *JsonObject::parse(text)->string("a"));
    }
    const std::string text = JsonWriter().add("a", all).text();
    CPPUNIT_ASSERT_EQUAL(all, *JsonObject::parse(text)->string("a"));
  }

  // Also where escapes and longer characters meet.
  void every_length_of_utf_8_survives_a_round_trip() {
    for (const std::string& value :
         {"\xC2\x80"s,
          "\xDF\xBF"s,
          "\xE0\xA0\x80"s,
          "\xE2\x80\xA8"s,
          "\xEF\xBF\xBF"s,
          "\xF0\x90\x80\x80"s,
          "\xF4\x8F\xBF\xBF"s,
          "\"\xC3\xA9\\\xE2\x82\xAC\n\xF0\x9F\x98\x80\0z"s,
          ""s}) {
      const std::string text = JsonWriter().add("a", value).text();
      CPPUNIT_ASSERT_EQUAL(value, *JsonObject::parse(text)->string("a"));
      const std::string again = JsonWriter().add_or_null("a", value).text();
      CPPUNIT_ASSERT_EQUAL(text, again);
    }
  }

  // A newline would end the answer in the middle of it.
  void what_is_written_is_one_line() {
    const std::string text = JsonWriter().add("a", "1\n2\r\n3").text();

    CPPUNIT_ASSERT_EQUAL(R"({"a":"1\n2\r\n3"})"s, text);
  }

  // The place is that of the first byte of what is no character.
  void utf_8_that_ends_is_found_by_its_place() {
    for (const std::string& good : {""s,
                                    "plain"s,
                                    "\0\x7F"s,
                                    "\xC2\x80\xDF\xBF"s,
                                    "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"s,
                                    "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"s}) {
      CPPUNIT_ASSERT(first_bad_utf8(good) == std::nullopt);
      for (const std::string& bad : {"\x80"s,
                                     "\xBF"s,
                                     "\xC0\x80"s,
                                     "\xC1\xBF"s,
                                     "\xC2"s,
                                     "\xC2\x7F"s,
                                     "\xC2\xC2"s,
                                     "\xE0\x9F\xBF"s,
                                     "\xE2\x82"s,
                                     "\xE2\x82z"s,
                                     "\xED\xA0\x80"s,
                                     "\xF0\x8F\xBF\xBF"s,
                                     "\xF0\x9F\x98"s,
                                     "\xF4\x90\x80\x80"s,
                                     "\xF5\x80\x80\x80"s,
                                     "\xF8\x88\x80\x80\x80"s,
                                     "\xFE"s,
                                     "\xFF"s}) {
        CPPUNIT_ASSERT(first_bad_utf8(good + bad) == good.size());
        CPPUNIT_ASSERT(first_bad_utf8(good + bad + good) == good.size());
      }
    }
  }

  void any_number_is_read_as_a_real_one() {
    const auto real = [](const std::string& json) {
      return JsonObject::parse("{\"k\":" + json + "}")->real("k");
    };
    CPPUNIT_ASSERT_EQUAL(0.0, *real("0"));
    CPPUNIT_ASSERT_EQUAL(1.0, *real("1"));
    CPPUNIT_ASSERT_EQUAL(-2.0, *real("-2"));
    CPPUNIT_ASSERT_EQUAL(0.25, *real("0.25"));
    CPPUNIT_ASSERT_EQUAL(-1500.0, *real("-1.5e3"));
    CPPUNIT_ASSERT_EQUAL(1e-7, *real("1E-7"));
    CPPUNIT_ASSERT_EQUAL(18446744073709551615.0, *real("18446744073709551615"));
    for (const auto& [json, found] : {std::pair{"null", "null"},
                                      {"true", "true or false"},
                                      {"\"1\"", "a string"},
                                      {"[1]", "an array"},
                                      {"{}", "an object"}}) {
      CPPUNIT_ASSERT_EQUAL("field \"k\" must be a number, not "s + found,
                           complaint_of(real(json)));
    }
    CPPUNIT_ASSERT_EQUAL(
        "field \"x\" is missing"s,
        complaint_of(JsonObject::parse("{\"k\":1}")->real("x")));
  }

  void an_array_of_integers_is_read_exactly() {
    const auto object = JsonObject::parse(
        R"({"none":[],"some":[3,0,3,9007199254740993,18446744073709551615]})");

    CPPUNIT_ASSERT(object->numbers("none")->empty());
    const std::vector<std::uint64_t> some = {
        3, 0, 3, 9007199254740993, UINT64_MAX};
    CPPUNIT_ASSERT(*object->numbers("some") == some);
  }

  void an_array_must_hold_only_unsigned_integers() {
    const auto numbers = [](const std::string& json) {
      return complaint_of(
          JsonObject::parse("{\"k\":" + json + "}")->numbers("k"));
    };
    const std::string begin = "field \"k\" must hold only integers, not ";
    CPPUNIT_ASSERT_EQUAL("none"s, numbers("[1,2]"));
    CPPUNIT_ASSERT_EQUAL(begin + "a string", numbers("[1,\"2\"]"));
    CPPUNIT_ASSERT_EQUAL(begin + "null", numbers("[null]"));
    CPPUNIT_ASSERT_EQUAL(begin + "true or false", numbers("[true]"));
    CPPUNIT_ASSERT_EQUAL(begin + "a number", numbers("[1.5]"));
    CPPUNIT_ASSERT_EQUAL(begin + "an array", numbers("[[1]]"));
    CPPUNIT_ASSERT_EQUAL(begin + "an object", numbers("[{}]"));
    CPPUNIT_ASSERT_EQUAL("field \"k\" holds a number below 0"s,
                         numbers("[1,-1]"));
    CPPUNIT_ASSERT_EQUAL("field \"k\" must be an array, not a number"s,
                         numbers("1"));
    CPPUNIT_ASSERT_EQUAL("field \"k\" must be an array, not null"s,
                         numbers("null"));
  }

  void numbers_are_written_as_an_array() {
    CPPUNIT_ASSERT_EQUAL(R"({"a":[],"b":[7],"c":[18446744073709551615,0,7]})"s,
                         JsonWriter()
                             .add_numbers("a", {})
                             .add_numbers("b", {7})
                             .add_numbers("c", {UINT64_MAX, 0, 7})
                             .text());
  }

  // Where one character is not plain, at whatever place, nothing else changes.
  void plain_text_is_written_as_it_is_and_no_other() {
    for (int byte = 0; byte < 0x80; ++byte) {
      const char c = static_cast<char>(byte);
      for (const std::string& value :
           {std::string(1, c), "ab"s + c, c + "ab"s, "a"s + c + "b"s}) {
        const std::string text = JsonWriter().add("a", value).text();
        const bool is_plain = text == "{\"a\":\"" + value + "\"}";
        const bool needs_escape = c < ' ' || c == '"' || c == '\\';
        CPPUNIT_ASSERT(!(is_plain && needs_escape));
        CPPUNIT_ASSERT_EQUAL(value, *JsonObject::parse(text)->string("a"));
      }
    }
    const std::string all_plain =
        " !#$%&'()*+,-.0123456789:;<=>?@AZ[]^_`az{|}~";
    CPPUNIT_ASSERT_EQUAL("{\"a\":\"" + all_plain + "\"}",
                         JsonWriter().add("a", all_plain).text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonTest);

}  // namespace
}  // namespace raft
