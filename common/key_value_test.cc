// A key with its value, and a set of them as a map.
#include "common/key_value.h"

#include <cppunit/extensions/HelperMacros.h>
#include <functional>
#include <map>
#include <random>
#include <set>
#include <string>
#include <utility>

namespace raft {
namespace {

using Map = std::set<KeyValue, std::less<>>;

class KeyValueTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyValueTest);
  CPPUNIT_TEST(it_holds_what_it_was_given);
  CPPUNIT_TEST(either_may_be_empty);
  CPPUNIT_TEST(any_byte_may_be_in_them);
  CPPUNIT_TEST(it_holds_copies);
  CPPUNIT_TEST(the_keys_bytes_make_the_order);
  CPPUNIT_TEST(a_set_finds_it_by_its_key);
  CPPUNIT_TEST(a_set_of_them_does_what_a_map_does);
  CPPUNIT_TEST_SUITE_END();

 public:
  void it_holds_what_it_was_given() {
    const KeyValue pair("color", "red");
    CPPUNIT_ASSERT(pair.key() == "color");
    CPPUNIT_ASSERT(pair.value() == "red");
  }

  void either_may_be_empty() {
    CPPUNIT_ASSERT(KeyValue("", "red").key().empty());
    CPPUNIT_ASSERT(KeyValue("", "red").value() == "red");
    CPPUNIT_ASSERT(KeyValue("color", "").key() == "color");
    CPPUNIT_ASSERT(KeyValue("color", "").value().empty());
  }

  void any_byte_may_be_in_them() {
    const std::string key("a\0b\xff", 4);
    const std::string value(1'000'000, '\0');
    const KeyValue pair(key, value);
    CPPUNIT_ASSERT(pair.key() == key);
    CPPUNIT_ASSERT(pair.value() == value);
  }

  void it_holds_copies() {
    std::string key = "color";
    const KeyValue pair(key, "red");
    key = "shape";
    CPPUNIT_ASSERT(pair.key() == "color");
  }

  // As unsigned ones, and a prefix first.
  void the_keys_bytes_make_the_order() {
    CPPUNIT_ASSERT(KeyValue("a", "2") < KeyValue("b", "1"));
    CPPUNIT_ASSERT(KeyValue("a", "") < KeyValue("aa", ""));
    CPPUNIT_ASSERT(KeyValue("z", "") < KeyValue("\xc3\xa4", ""));
    CPPUNIT_ASSERT(!(KeyValue("a", "1") < KeyValue("a", "2")));
    CPPUNIT_ASSERT(KeyValue("a", "") < "b");
    CPPUNIT_ASSERT("a" < KeyValue("b", ""));
  }

  void a_set_finds_it_by_its_key() {
    Map map;
    map.emplace("a", "1");
    map.emplace("b", "2");
    CPPUNIT_ASSERT(map.find("b")->value() == "2");
    CPPUNIT_ASSERT(map.find("c") == map.end());
    CPPUNIT_ASSERT(!map.emplace("a", "3").second);
  }

  void a_set_of_them_does_what_a_map_does() {
    std::mt19937_64 random(1);
    Map map;
    std::map<std::string, std::string> model;
    for (int step = 0; step < 10'000; ++step) {
      const std::string key = std::to_string(random() % 500);
      const auto found = map.find(key);
      CPPUNIT_ASSERT_EQUAL(model.contains(key), found != map.end());
      if (found != map.end()) map.erase(found);
      model.erase(key);
      if (random() % 3 == 0) continue;
      const std::string value(random() % 40, 'v');
      map.emplace(key, value);
      model.emplace(key, value);
    }

    CPPUNIT_ASSERT_EQUAL(model.size(), map.size());
    auto next = map.begin();
    for (const auto& [key, value] : model) {
      CPPUNIT_ASSERT(next->key() == key);
      CPPUNIT_ASSERT(next->value() == value);
      ++next;
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyValueTest);

}  // namespace
}  // namespace raft
