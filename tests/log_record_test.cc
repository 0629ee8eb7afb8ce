// [since stage3_log_repl]
// Records: what is appended is read back, and nothing else is.
#include "log_record.h"

#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

const Entry kEntry = {.term = 7, .index = 9, .command = "abc"};
const Place kStart = {.file = 3, .offset = 40};

// One of each type, at kStart in a file.
std::string one_of_each() {
  std::string data;
  append_identity(data, kStart, "me");
  append_entry(data, kStart, kEntry);
  append_mark(data, kStart, {.file = 2, .offset = 300});
  return std::string(kStart.offset, 'x') + data;
}

class LogRecordTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogRecordTest);
  CPPUNIT_TEST(records_are_read_back_one_behind_the_other);
  CPPUNIT_TEST(an_entry_is_these_bytes);
  CPPUNIT_TEST(sizes_are_known_beforehand);
  CPPUNIT_TEST(a_record_cut_short_is_none);
  CPPUNIT_TEST(a_record_with_any_bit_flipped_is_none);
  CPPUNIT_TEST(a_record_in_another_place_is_none);
  CPPUNIT_TEST(zeros_are_no_record_even_with_the_right_checksum_D_04);
  CPPUNIT_TEST(the_last_mark_is_found_wherever_it_stands);
  CPPUNIT_TEST(a_mark_before_the_place_or_a_damaged_one_does_not_count);
  CPPUNIT_TEST_SUITE_END();

 public:
  void records_are_read_back_one_behind_the_other() {
    const std::string data = one_of_each();
    Place place = kStart;

    const auto identity = record_at(data, place);
    CPPUNIT_ASSERT(identity.has_value());
    CPPUNIT_ASSERT(RecordType::kIdentity == identity->type);
    CPPUNIT_ASSERT("me" == identity->payload);

    place.offset += identity->bytes;
    const auto entry = record_at(data, place);
    CPPUNIT_ASSERT(entry.has_value());
    CPPUNIT_ASSERT(RecordType::kEntry == entry->type);
    CPPUNIT_ASSERT(kEntry == entry_in(*entry));

    place.offset += entry->bytes;
    const auto mark = record_at(data, place);
    CPPUNIT_ASSERT(mark.has_value());
    CPPUNIT_ASSERT(RecordType::kMark == mark->type);
    CPPUNIT_ASSERT((Place{.file = 2, .offset = 300}) == place_in(*mark));

    place.offset += mark->bytes;
    CPPUNIT_ASSERT_EQUAL(data.size(), std::size_t{place.offset});
    CPPUNIT_ASSERT(!record_at(data, place));
  }

  // Files outlive programs: who changes these bytes must still read old ones.
  void an_entry_is_these_bytes() {
    std::string data;
    append_entry(data, kStart, kEntry);
    const std::string length("\x13\0\0\0", 4);
    const std::string type = "\2";
    const std::string payload("\7\0\0\0\0\0\0\0\x9\0\0\0\0\0\0\0abc", 19);
    CPPUNIT_ASSERT(length == data.substr(0, 4));
    CPPUNIT_ASSERT(type + payload == data.substr(8));
  }

  void sizes_are_known_beforehand() {
    std::string data;
    append_entry(data, kStart, kEntry);
    CPPUNIT_ASSERT_EQUAL(entry_bytes(kEntry), data.size());
    append_mark(data, kStart, kStart);
    CPPUNIT_ASSERT_EQUAL(entry_bytes(kEntry) + mark_bytes(), data.size());
  }

  void a_record_cut_short_is_none() {
    const std::string data = one_of_each();
    const std::size_t end = kStart.offset + record_at(data, kStart)->bytes;
    for (std::size_t size = 0; size < end; ++size) {
      CPPUNIT_ASSERT(!record_at(data.substr(0, size), kStart));
    }
    CPPUNIT_ASSERT(record_at(data.substr(0, end), kStart));
  }

  void a_record_with_any_bit_flipped_is_none() {
    std::string data = one_of_each();
    const std::size_t end = kStart.offset + record_at(data, kStart)->bytes;
    for (std::size_t at = kStart.offset; at < end; ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string damaged = data;
        damaged[at] = static_cast<char>(damaged[at] ^ 1 << bit);
        CPPUNIT_ASSERT(!record_at(damaged, kStart));
      }
    }
  }

  void a_record_in_another_place_is_none() {
    const std::string data = one_of_each();
    CPPUNIT_ASSERT(!record_at(data, {.file = 4, .offset = kStart.offset}));
    CPPUNIT_ASSERT(!record_at("x" + data, {.file = 3, .offset = 41}));
  }

  // In this file, zero is the checksum of zeros.
  void zeros_are_no_record_even_with_the_right_checksum_D_04() {
    const Place place{.file = 2'150'830'941, .offset = 0};
    CPPUNIT_ASSERT(!record_at(std::string(100, '\0'), place));
  }

  void the_last_mark_is_found_wherever_it_stands() {
    std::string data(100, '\3');
    data += "garbage";
    append_mark(data, {.file = 1}, {.file = 1, .offset = 70});
    append_mark(data, {.file = 1}, {.file = 1, .offset = 50});
    data += "more";
    const Place place{.file = 1, .offset = 70};
    CPPUNIT_ASSERT(place == last_mark(data, {.file = 1, .offset = 0}));
    CPPUNIT_ASSERT(place == last_mark(data, {.file = 1, .offset = 107}));
  }

  void a_mark_before_the_place_or_a_damaged_one_does_not_count() {
    std::string data;
    append_mark(data, {.file = 1}, {.file = 1, .offset = 70});
    CPPUNIT_ASSERT(!last_mark(data, {.file = 1, .offset = 1}));
    CPPUNIT_ASSERT(!last_mark(data, {.file = 2, .offset = 0}));
    data.back() = 'x';
    CPPUNIT_ASSERT(!last_mark(data, {.file = 1, .offset = 0}));
    CPPUNIT_ASSERT(!last_mark("", {.file = 1, .offset = 0}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogRecordTest);

}  // namespace
}  // namespace raft
