// [since stage2_naive_repl]
// A command as the text that travels between nodes, and back.
#include <cppunit/extensions/HelperMacros.h>

#include "kv_store.h"

namespace raft {
namespace {

const std::string kPut = encode({.key = "key", .value = "value"});
const std::string kDelete =
    encode({.operation = Operation::kDelete, .key = "key"});

class KvStoreTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KvStoreTextTest);
  CPPUNIT_TEST(each_command_survives_whatever_its_texts_contain);
  CPPUNIT_TEST(absent_and_empty_as_expected_are_told_apart);
  CPPUNIT_TEST(a_text_that_is_cut_short_is_no_command);
  CPPUNIT_TEST(a_text_with_something_added_is_no_command);
  CPPUNIT_TEST(a_text_of_another_form_is_no_command);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The texts contain what the encoding itself is made of, and any byte.
  void each_command_survives_whatever_its_texts_contain() {
    for (const std::string& text : texts()) {
      for (const std::string& other : texts()) {
        const Command put{.key = text, .value = other};
        const Command removal{.operation = Operation::kDelete, .key = text};
        const Command create{
            .operation = Operation::kCas, .key = text, .value = other};
        const Command replace{.operation = Operation::kCas,
                              .key = "k",
                              .value = text,
                              .expected = other};
        for (const Command& command : {put, removal, create, replace}) {
          CPPUNIT_ASSERT(decode(encode(command)) == command);
        }
      }
    }
  }

  void absent_and_empty_as_expected_are_told_apart() {
    const Command absent{
        .operation = Operation::kCas, .key = "k", .value = "v"};
    const Command empty{
        .operation = Operation::kCas, .key = "k", .value = "v", .expected = ""};
    CPPUNIT_ASSERT(encode(absent) != encode(empty));
    CPPUNIT_ASSERT(decode(encode(absent)) == absent);
    CPPUNIT_ASSERT(decode(encode(empty)) == empty);
  }

  void a_text_that_is_cut_short_is_no_command() {
    for (const std::string& text : {kPut, kDelete}) {
      for (std::size_t size = 0; size < text.size(); ++size) {
        CPPUNIT_ASSERT(decode(text.substr(0, size)) == std::nullopt);
      }
    }
  }

  void a_text_with_something_added_is_no_command() {
    for (const std::string& text : {kPut, kDelete}) {
      for (const std::string added :
           {" ", "\n", ",", ":", "0:", "1:x", "1:x,"}) {
        CPPUNIT_ASSERT(decode(text + added) == std::nullopt);
        CPPUNIT_ASSERT(decode(added + text) == std::nullopt);
      }
    }
  }

  void a_text_of_another_form_is_no_command() {
    for (const std::string text : {"",
                                   "put",
                                   "put k v",
                                   ":",
                                   ",",
                                   "0:,",
                                   "3:put,",
                                   "3:get,1:k,",
                                   "3:PUT,1:k,1:v,",
                                   "3:put,1:k,1:v",
                                   "3:put,1:k,01:v,",
                                   "3:put,1:k,+1:v,",
                                   "3:put,1:k,-1:v,",
                                   "3:put,1:k, 1:v,",
                                   "3:put,1:k,9:v,",
                                   "3:put,1:k,18446744073709551615:v,",
                                   "3:put,1:k,99999999999999999999:v,",
                                   "3:put,1:k,1:v,1:w,",
                                   "3:cas,1:k,",
                                   "3:cas,1:k,1:v,1:w,1:x,",
                                   "6:delete,",
                                   "{\"op\":\"put\"}"}) {
      CPPUNIT_ASSERT_MESSAGE(text, decode(text) == std::nullopt);
    }
  }

 private:
  static std::vector<std::string> texts() {
    std::string every_byte;
    for (int byte = 0; byte < 256; ++byte) {
      every_byte += static_cast<char>(byte);
    }
    return {"",
            "k",
            "0",
            "3:put,",
            ",",
            ":",
            "1:k,1:v,",
            "\n",
            "\"",
            "naïve ключ 鍵 \xF0\x9F\x94\x91",
            std::string("\0", 1),
            every_byte,
            std::string(100'000, ',')};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KvStoreTextTest);

}  // namespace
}  // namespace raft
