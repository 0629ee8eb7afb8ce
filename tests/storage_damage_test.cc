// [since stage3_log_repl]
// The durable log on a disk that lies: what was acknowledged is found, or the
// server refuses to start. It never starts with less.
#include <cppunit/extensions/HelperMacros.h>
#include <optional>

#include "common/bytes.h"
#include "tests/captured_log.h"
#include "tests/stored_log.h"

namespace raft {
namespace {

constexpr std::uint64_t kFileBytes = 512;

class StorageDamageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorageDamageTest);
  CPPUNIT_TEST(no_flipped_bit_shortens_a_log_that_is_vouched_for_D_02);
  CPPUNIT_TEST(no_lost_stretch_shortens_a_log_that_is_vouched_for_D_02);
  CPPUNIT_TEST(a_refusal_names_file_offset_and_entry_D_02);
  CPPUNIT_TEST(the_last_batch_is_vouched_for_when_there_is_nothing_to_do_D_03);
  CPPUNIT_TEST(the_last_batch_of_a_full_file_is_vouched_for_too_D_03);
  CPPUNIT_TEST(a_recovered_batch_is_vouched_for_like_a_new_one_D_03);
  CPPUNIT_TEST(the_first_records_of_a_file_are_vouched_for_by_a_batch_D_03);
  CPPUNIT_TEST(a_file_started_again_vouches_for_the_one_before_D_03);
  CPPUNIT_TEST(a_damaged_last_batch_that_no_mark_vouches_for_is_cut_D_03);
  CPPUNIT_TEST(a_missing_file_is_missed_D_02);
  CPPUNIT_TEST(no_length_is_believed_D_20);
  CPPUNIT_TEST(an_entry_behind_a_gap_is_refused);
  CPPUNIT_TEST(a_record_of_an_unknown_type_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

  void no_flipped_bit_shortens_a_log_that_is_vouched_for_D_02() {
    const SimDisk disk = disk_with_three_files();
    for (const auto& [name, bytes] : disk.contents()) {
      for (std::size_t offset = 0; offset < bytes.size(); ++offset) {
        for (int bit = 0; bit < 8; ++bit) {
          SimDisk damaged = disk;
          damaged.flip_bit(name, offset, bit);
          check_whole_or_refused(damaged, name, offset);
        }
      }
    }
  }

  void no_lost_stretch_shortens_a_log_that_is_vouched_for_D_02() {
    const SimDisk disk = disk_with_three_files();
    for (const auto& [name, bytes] : disk.contents()) {
      // The last file's last mark is what vouches for the rest of it.
      const bool is_last = name == disk.contents().rbegin()->first;
      const std::size_t end =
          is_last ? end_of_records(disk, name) - mark_bytes() : bytes.size();
      for (const char byte : {'\0', '\3', '\xFF'}) {
        for (std::size_t size = 1; size <= end; size += 37) {
          for (std::size_t offset = 0; offset + size <= end; offset += 5) {
            SimDisk damaged = disk;
            damaged.damage(name, offset, std::string(size, byte));
            check_whole_or_refused(damaged, name, offset);
          }
        }
      }
    }
  }

  void a_refusal_names_file_offset_and_entry_D_02() {
    SimDisk disk(1);
    auto log = must_start_on(disk, kFileBytes);
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(1, 3, 1));
    log.storage->mark_synced();
    const std::size_t entry = entry_bytes(batch(1, 1, 1).front());
    disk.flip_bit(kFirstFile, start + 3 * entry - 1, 0);

    const std::string expected =
        "the log is corrupt: disk/00000001.log at offset " +
        std::to_string(start + 2 * entry) + ", behind entry 2. ";
    const std::string refusal = start_on(disk, kFileBytes).refusal;
    CPPUNIT_ASSERT_EQUAL(expected, refusal.substr(0, expected.size()));
  }

  void the_last_batch_is_vouched_for_when_there_is_nothing_to_do_D_03() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 9, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(10, 1, 1));
    log.storage->mark_synced();
    disk.stop_process();
    disk.flip_bit(kFirstFile, start + 30, 3);

    CPPUNIT_ASSERT(refuses(disk, kFirstFile, start));
  }

  // However many bytes the batch leaves.
  void the_last_batch_of_a_full_file_is_vouched_for_too_D_03() {
    for (std::size_t bytes = 1; bytes < 1500; ++bytes) {
      SimDisk disk(1);
      auto log = must_start_on(disk, kFileBytes);
      log.persist(batch(1, 1, 1));
      log.persist(batch(2, 1, 1, bytes));
      log.storage->mark_synced();
      disk.stop_process();
      const std::string last = disk.contents().rbegin()->first;
      const std::size_t end = end_of_records(disk, last);
      disk.damage(last, end - 2 * mark_bytes() - 1, "x");

      CPPUNIT_ASSERT_EQUAL(size_t{0}, start_on(disk).entries.size());
    }
  }

  void a_recovered_batch_is_vouched_for_like_a_new_one_D_03() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(1, 1, 1));
    must_start_on(disk).storage->mark_synced();
    disk.flip_bit(kFirstFile, start + 30, 3);

    CPPUNIT_ASSERT(refuses(disk, kFirstFile, start));
  }

  void the_first_records_of_a_file_are_vouched_for_by_a_batch_D_03() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(1, 1, 1));
    for (std::size_t offset = 0; offset < start; ++offset) {
      SimDisk damaged = disk;
      damaged.flip_bit(kFirstFile, offset, 3);
      const std::size_t record = start_of_record(disk, kFirstFile, offset);
      CPPUNIT_ASSERT(refuses(damaged, kFirstFile, record));
    }
  }

  // The first attempt to follow a full file fails before or after any of its
  // steps. Damage to the full file is found all the same.
  void a_file_started_again_vouches_for_the_one_before_D_03() {
    for (std::uint64_t crash = 1; crash <= 5; ++crash) {
      for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        SimDisk disk(seed);
        auto log = must_start_on(disk, kFileBytes);
        log.persist(batch(1, 1, 1));
        const std::size_t start = end_of_records(disk, kFirstFile);
        log.persist(batch(2, 1, 1));
        disk.crash_at(crash);
        CPPUNIT_ASSERT_THROW(log.persist(batch(3, 1, 1, 600)), SimCrash);
        disk.lose_power();
        log = must_start_on(disk, kFileBytes);
        log.persist(batch(3, 1, 1, 600));
        disk.flip_bit(kFirstFile, start + 30, 3);

        CPPUNIT_ASSERT(refuses(disk, kFirstFile, start));
      }
    }
  }

  // It is not told from a torn write that nobody was told of. To leave no such
  // moment, each batch would need a second sync.
  void a_damaged_last_batch_that_no_mark_vouches_for_is_cut_D_03() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 9, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(10, 1, 1));
    disk.flip_bit(kFirstFile, start + 30, 3);

    CPPUNIT_ASSERT(batch(1, 9, 1) == must_start_on(disk).entries);
  }

  void a_missing_file_is_missed_D_02() {
    for (const std::string& name : {kFirstFile, kSecondFile}) {
      SimDisk disk = disk_with_three_files();
      disk.remove(name);
      const auto before = disk.contents();

      const std::string refusal = start_on(disk, kFileBytes).refusal;
      CPPUNIT_ASSERT(refusal.find(name + " should be") != std::string::npos);
      CPPUNIT_ASSERT(before == disk.contents());
    }
  }

  void no_length_is_believed_D_20() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(1, 1, 1));
    for (const bool is_vouched_for : {false, true}) {
      if (is_vouched_for) log.storage->mark_synced();
      for (const char* length : {"\xFF\xFF\xFF\xFF",
                                 "\xFF\xFF\xFF\x7F",
                                 "\xF0\x0F\0\0",
                                 "\0\x0F\0\0"}) {
        SimDisk damaged = disk;
        damaged.damage(kFirstFile, start, std::string(length, 4));
        if (is_vouched_for) {
          CPPUNIT_ASSERT(refuses(damaged, kFirstFile, start));
        } else {
          CPPUNIT_ASSERT(must_start_on(damaged).entries.empty());
        }
      }
    }
  }

  // As in a file that was put back from an old copy.
  void an_entry_behind_a_gap_is_refused() {
    for (const Index index : {0, 5, 9}) {
      SimDisk disk(1);
      must_start_on(disk).persist(batch(1, 3, 1));
      const std::size_t end = end_of_records(disk, kFirstFile);
      std::string record;
      append_entry(record, {.file = 1, .offset = end}, entry_of(index, 1));
      disk.damage(kFirstFile, end, record);

      CPPUNIT_ASSERT(refuses(disk, kFirstFile, end));
    }
  }

  // As in a log that a later version of the program has written.
  void a_record_of_an_unknown_type_is_refused() {
    SimDisk disk(1);
    must_start_on(disk).persist(batch(1, 3, 1));
    const std::size_t end = end_of_records(disk, kFirstFile);
    std::string covered;
    append_u64(covered, 1);
    append_u64(covered, end);
    covered += '\x7F';
    std::string record;
    append_u32(record, 0);
    append_u32(record, crc32(covered));
    disk.damage(kFirstFile, end, record + '\x7F');
    const auto before = disk.contents();

    const std::string refusal = start_on(disk).refusal;
    CPPUNIT_ASSERT(refusal.find("type 127") != std::string::npos);
    CPPUNIT_ASSERT(before == disk.contents());
  }

 private:
  // Entries 1 to 10 in three files, the last of them after a truncation, and
  // all of it vouched for.
  static SimDisk disk_with_three_files() {
    SimDisk disk(1);
    auto log = must_start_on(disk, kFileBytes);
    log.persist(batch(1, 2, 1));
    log.persist(batch(3, 4, 1));
    log.persist(batch(5, 3, 2));
    log.persist(batch(8, 1, 2));
    log.storage->mark_synced();
    log.persist(batch(9, 2, 2));
    log.persist(batch(10, 1, 3, 100));
    log.storage->mark_synced();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, disk.contents().size());
    return disk;
  }

  static std::vector<Entry> entries_in_three_files() {
    return with(with(with(batch(1, 6, 1), batch(5, 3, 2)), batch(8, 3, 2)),
                batch(10, 1, 3, 100));
  }

  // Refuses for damage to the record at `offset`, and changes nothing.
  static bool refuses(SimDisk& disk,
                      const std::string& name,
                      std::size_t offset) {
    const auto before = disk.contents();
    const auto changes = disk.changes();
    const std::string refusal = start_on(disk, kFileBytes).refusal;
    const std::string place =
        "disk/" + name + " at offset " + std::to_string(offset) + ",";
    return refusal.find(place) != std::string::npos &&
           before == disk.contents() && changes == disk.changes();
  }

  static void check_whole_or_refused(SimDisk& disk,
                                     const std::string& name,
                                     std::size_t offset) {
    const auto before = disk.contents();
    const StoredLog log = start_on(disk, kFileBytes);
    const std::string where = name + " at " + std::to_string(offset);
    if (log.refusal.empty()) {
      CPPUNIT_ASSERT_MESSAGE(where, entries_in_three_files() == log.entries);
      return;
    }
    CPPUNIT_ASSERT_MESSAGE(where, log.refusal.find(name) != std::string::npos);
    CPPUNIT_ASSERT_MESSAGE(where, before == disk.contents());
  }

  std::optional<CapturedLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorageDamageTest);

}  // namespace
}  // namespace raft
