// Any texts go in, the same texts come out, and nothing else is accepted.
#include "common/netstrings.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

using namespace std::string_literals;

std::string joined(const std::vector<std::string>& texts) {
  return join_netstrings({texts.begin(), texts.end()});
}

class NetstringsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NetstringsTest);
  CPPUNIT_TEST(texts_are_joined_with_their_lengths);
  CPPUNIT_TEST(all_texts_survive_a_round_trip);
  CPPUNIT_TEST(what_is_cut_short_is_refused);
  CPPUNIT_TEST(what_was_never_joined_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  // As they lie on a disk.
  void texts_are_joined_with_their_lengths() {
    CPPUNIT_ASSERT_EQUAL(""s, join_netstrings({}));
    CPPUNIT_ASSERT_EQUAL("0:,"s, join_netstrings({""}));
    CPPUNIT_ASSERT_EQUAL("3:put,1:k,1:v,"s, join_netstrings({"put", "k", "v"}));
    CPPUNIT_ASSERT_EQUAL("11:hello world,"s, join_netstrings({"hello world"}));
  }

  // Empty ones, ones that look like netstrings, any bytes, long ones.
  void all_texts_survive_a_round_trip() {
    const std::vector<std::vector<std::string>> cases = {
        {},
        {""},
        {"", "", ""},
        {"a", "", "b"},
        {"1:a,", ",", ":", "3:"},
        {"\0\n\xFF"s, "\xE2\x82\xAC"},
        {std::string(1'000'000, 'x'), "end"},
    };
    for (const std::vector<std::string>& texts : cases) {
      const auto split = split_netstrings(joined(texts));
      CPPUNIT_ASSERT(split);
      CPPUNIT_ASSERT(texts == *split);
    }
  }

  // At each byte, except between two texts.
  void what_is_cut_short_is_refused() {
    const std::string whole = joined({"put", "a key, with: marks", ""});
    for (std::size_t size = 1; size < whole.size(); ++size) {
      const bool is_between = size == 6 || size == 28;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          whole.substr(0, size),
          is_between,
          split_netstrings(whole.substr(0, size)).has_value());
    }
  }

  // Also other ways to write a length.
  void what_was_never_joined_is_refused() {
    for (const char* text : {"x",
                             ",",
                             ":",
                             ":,",
                             "a:,",
                             "1a,",
                             "1:a",
                             "1:ab,",
                             "2:a,",
                             "1:a;",
                             "1:a,x",
                             "-1:a,",
                             "+1:a,",
                             " 1:a,",
                             "1 :a,",
                             "01:a,",
                             "00:,",
                             "1,a:",
                             "18446744073709551615:a,",
                             "18446744073709551616:a,",
                             "18446744073709551617:a,"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !split_netstrings(text));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NetstringsTest);

}  // namespace
}  // namespace raft
