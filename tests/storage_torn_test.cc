// [since stage3_log_repl]
// The durable log after a write that was cut short: what came before it is
// found, and the rest is cut off.
#include <cppunit/extensions/HelperMacros.h>
#include <optional>

#include "tests/captured_log.h"
#include "tests/sim_disk.h"
#include "tests/stored_log.h"

namespace raft {
namespace {

constexpr std::uint64_t kFileBytes = 4096;

class StorageTornTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorageTornTest);
  CPPUNIT_TEST(a_torn_batch_leaves_its_whole_entries_D_01);
  CPPUNIT_TEST(a_crash_while_a_tail_is_cut_changes_nothing_D_01);
  CPPUNIT_TEST(a_cut_is_said_in_the_log_D_01);
  CPPUNIT_TEST(zeros_are_the_end_of_the_log_D_04);
  CPPUNIT_TEST(what_was_cut_off_never_comes_back_D_05);
  CPPUNIT_TEST(a_record_of_another_place_is_none_D_05);
  CPPUNIT_TEST(a_file_that_came_to_nothing_is_removed_D_06);
  CPPUNIT_TEST(no_room_ends_the_process_and_loses_nothing_D_11);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

  void a_torn_batch_leaves_its_whole_entries_D_01() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 3, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(4, 3, 2));
    const std::size_t end = end_of_records(disk, kFirstFile);
    const auto whole = with(batch(1, 3, 1), batch(4, 3, 2));
    const std::size_t entry = entry_bytes(whole.back());

    for (std::size_t cut = start; cut <= end; ++cut) {
      for (const bool is_file_cut : {false, true}) {
        SimDisk torn = disk;
        torn.damage(kFirstFile, cut, std::string(kFileBytes - cut, '\0'));
        if (is_file_cut) torn.cut(kFirstFile, cut);
        auto expected = whole;
        expected.resize(3 + std::min<std::size_t>(3, (cut - start) / entry));

        auto first = must_start_on(torn);
        CPPUNIT_ASSERT_EQUAL(terms_in(expected), terms_in(first.entries));
        CPPUNIT_ASSERT(expected == first.entries);
        torn.lose_power();
        CPPUNIT_ASSERT(expected == must_start_on(torn).entries);
      }
    }
  }

  void a_crash_while_a_tail_is_cut_changes_nothing_D_01() {
    SimDisk disk(1);
    must_start_on(disk).persist(batch(1, 3, 1, 700));
    disk.damage(kFirstFile, 2000, "x");  // in entry 3
    const auto expected = batch(1, 2, 1, 700);

    for (int times = 0; times < 20; ++times) {
      for (std::uint64_t crash = 1; crash <= 3; ++crash) {
        disk.crash_at(crash);
        CPPUNIT_ASSERT_THROW(start_on(disk), SimCrash);
        disk.lose_power();
        SimDisk torn = disk;
        CPPUNIT_ASSERT(expected == must_start_on(torn).entries);
      }
    }
  }

  void a_cut_is_said_in_the_log_D_01() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 3, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    disk.damage(kFirstFile, start, "12345");
    CPPUNIT_ASSERT_EQUAL(std::string(), log_->take());

    must_start_on(disk);
    CPPUNIT_ASSERT_EQUAL("cutting 5 bytes off disk/00000001.log at offset " +
                             std::to_string(start) +
                             ": a write that was cut short, and acknowledged "
                             "to nobody; the log ends at entry 3\n",
                         log_->take());
    must_start_on(disk);
    CPPUNIT_ASSERT_EQUAL(std::string(), log_->take());
  }

  // The rest of the file is zeros, whatever its length, and so is each sector
  // that a crash has kept from being written.
  void zeros_are_the_end_of_the_log_D_04() {
    SimDisk disk(1);
    must_start_on(disk, 64 * 1024).persist(batch(1, 10, 1, 300));
    const std::size_t end = end_of_records(disk, kFirstFile);
    CPPUNIT_ASSERT(batch(1, 10, 1, 300) == must_start_on(disk).entries);

    for (std::size_t sector = 512; sector < end; sector += 512) {
      SimDisk torn = disk;
      torn.damage(kFirstFile, sector, std::string(512, '\0'));
      const auto found = must_start_on(torn).entries;
      CPPUNIT_ASSERT(found.size() < 10);
      CPPUNIT_ASSERT(batch(1, static_cast<int>(found.size()), 1, 300) == found);
    }
  }

  // The tail that was cut off held whole entries behind a torn one. A new batch
  // ends where entry 3 began.
  void what_was_cut_off_never_comes_back_D_05() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 1, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    const std::size_t command_bytes = 10 + mark_bytes();
    log.persist(batch(2, 4, 1, command_bytes));
    disk.damage(kFirstFile, start, "x");

    log = must_start_on(disk);
    CPPUNIT_ASSERT(batch(1, 1, 1) == log.entries);
    CPPUNIT_ASSERT_EQUAL(start, end_of_records(disk, kFirstFile));
    log.persist(batch(2, 1, 2, 10));
    disk.lose_power();

    CPPUNIT_ASSERT(with(batch(1, 1, 1), batch(2, 1, 2, 10)) ==
                   must_start_on(disk).entries);
  }

  // As when a file system gives a new file the space of an old one, unzeroed.
  void a_record_of_another_place_is_none_D_05() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(1, 5, 1));
    const std::size_t end = end_of_records(disk, kFirstFile);
    const std::string old =
        disk.contents().at(kFirstFile).substr(start, end - start);

    SimDisk same_file = disk;
    same_file.damage(kFirstFile, end, old);
    CPPUNIT_ASSERT(batch(1, 5, 1) == must_start_on(same_file).entries);

    disk.crash_at(6);  // the write, after all that makes a new file
    CPPUNIT_ASSERT_THROW(log.persist(batch(6, 1, 1, 4000)), SimCrash);
    const std::size_t second = end_of_records(disk, kSecondFile);
    disk.damage(kSecondFile, second, old);
    CPPUNIT_ASSERT(batch(1, 5, 1) == must_start_on(disk).entries);
    CPPUNIT_ASSERT_EQUAL(second, end_of_records(disk, kSecondFile));
  }

  void a_file_that_came_to_nothing_is_removed_D_06() {
    for (const std::size_t size : {0, 1, 4096}) {
      SimDisk disk(1);
      must_start_on(disk).persist(batch(1, 3, 1));
      disk.directory()->open(kSecondFile)->allocate(size);

      auto log = must_start_on(disk);
      CPPUNIT_ASSERT(batch(1, 3, 1) == log.entries);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, disk.contents().size());
      log.persist(batch(4, 1, 1, 4000));
      disk.lose_power();
      CPPUNIT_ASSERT(with(batch(1, 3, 1), batch(4, 1, 1, 4000)) ==
                     must_start_on(disk).entries);
    }
  }

  // On a file system that takes space for each write, and for a new file.
  void no_room_ends_the_process_and_loses_nothing_D_11() {
    const auto stored = batch(1, 3, 1);
    for (const std::size_t command_bytes : {20, 4000}) {
      const auto next = batch(4, 1, 1, command_bytes);
      for (std::uint64_t left = 0;; left += command_bytes / 20) {
        SimDisk disk(left + 1);
        auto log = must_start_on(disk);
        log.persist(stored);
        disk.set_bytes_left(left);
        bool is_done = false;
        try {
          log.persist(next);
          is_done = true;
        } catch (const SimCrash&) {
        }
        disk.lose_power();

        const auto found = must_start_on(disk).entries;
        const bool is_found = found == with(stored, next);
        CPPUNIT_ASSERT(is_found || (!is_done && found == stored));
        if (is_done) break;
      }
    }
  }

 private:
  std::optional<CapturedLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorageTornTest);

}  // namespace
}  // namespace raft
