// [since stage3_log_repl]
// The durable log: what was stored is found again, and what a crash has torn is
// cut off. Damage is in storage_damage_test.cc, chance in
// storage_crash_test.cc.
#include "storage.h"

#include <cppunit/extensions/HelperMacros.h>
#include <optional>

#include "tests/captured_log.h"
#include "tests/sim_disk.h"
#include "tests/stored_log.h"

namespace raft {
namespace {

constexpr std::uint64_t kFileBytes = 4096;

class StorageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorageTest);
  CPPUNIT_TEST(a_new_log_is_empty_and_stays_so);
  CPPUNIT_TEST(what_was_persisted_is_found_again);
  CPPUNIT_TEST(a_batch_costs_one_write_and_one_sync);
  CPPUNIT_TEST(an_empty_batch_costs_nothing);
  CPPUNIT_TEST(a_command_is_bytes_and_nothing_else);
  CPPUNIT_TEST(an_entry_takes_the_place_of_the_old_one_and_all_behind_it);
  CPPUNIT_TEST(a_replacing_entry_may_be_of_an_older_term);
  CPPUNIT_TEST(a_full_file_is_followed_by_another_D_07);
  CPPUNIT_TEST(an_entry_larger_than_a_file_gets_a_larger_one_D_20);
  CPPUNIT_TEST(ten_thousand_entries_are_found_in_order);
  CPPUNIT_TEST(a_restart_without_news_adds_nothing);
  CPPUNIT_TEST(marks_do_not_make_a_file_grow);
  CPPUNIT_TEST(the_log_of_another_node_is_refused_D_16);
  CPPUNIT_TEST(the_log_of_another_cluster_is_refused_D_16);
  CPPUNIT_TEST(a_directory_with_something_else_in_it_is_refused_D_16);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

  void a_new_log_is_empty_and_stays_so() {
    SimDisk disk(1);
    CPPUNIT_ASSERT(must_start_on(disk).entries.empty());
    disk.lose_power();

    CPPUNIT_ASSERT(must_start_on(disk).entries.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{kFileBytes},
                         disk.contents().at(kFirstFile).size());
  }

  void what_was_persisted_is_found_again() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(entries_of(1, {1, 1, 2}));
    log.persist(entries_of(4, {2}));
    disk.lose_power();

    const auto found = must_start_on(disk).entries;
    CPPUNIT_ASSERT(entries_of(1, {1, 1, 2, 2}) == found);
  }

  void a_batch_costs_one_write_and_one_sync() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const auto before = disk.changes();
    log.persist(batch(1, 20, 1));
    CPPUNIT_ASSERT_EQUAL(before + 2, disk.changes());
    log.storage->mark_synced();
    CPPUNIT_ASSERT_EQUAL(before + 3, disk.changes());
    log.storage->mark_synced();
    CPPUNIT_ASSERT_EQUAL(before + 3, disk.changes());
  }

  void an_empty_batch_costs_nothing() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    const auto before = disk.changes();
    log.persist({});
    CPPUNIT_ASSERT_EQUAL(before, disk.changes());
  }

  void a_command_is_bytes_and_nothing_else() {
    SimDisk disk(1);
    std::string all_bytes(256, '\0');
    for (std::size_t i = 0; i < 256; ++i) all_bytes[i] = static_cast<char>(i);
    const std::vector<Entry> entries = {
        {1, 1, ""}, {1, 2, all_bytes}, {1, 3, std::string(600, '\0')}};
    must_start_on(disk).persist(entries);
    disk.lose_power();

    CPPUNIT_ASSERT(entries == must_start_on(disk).entries);
  }

  void an_entry_takes_the_place_of_the_old_one_and_all_behind_it() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(entries_of(1, {1, 1, 2, 2, 2}));
    log.persist(entries_of(3, {3}));
    disk.lose_power();

    log = must_start_on(disk);
    CPPUNIT_ASSERT(entries_of(1, {1, 1, 3}) == log.entries);
    log.persist(entries_of(1, {4, 4}));
    disk.lose_power();
    CPPUNIT_ASSERT(entries_of(1, {4, 4}) == must_start_on(disk).entries);
  }

  void a_replacing_entry_may_be_of_an_older_term() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(entries_of(1, {1, 1, 5, 5}));
    log.persist(entries_of(3, {2, 7}));
    disk.lose_power();

    CPPUNIT_ASSERT(entries_of(1, {1, 1, 2, 7}) == must_start_on(disk).entries);
  }

  // There is nothing to rename or to shorten when a file is full, so there is
  // no order to keep: each entry is in one file from the beginning.
  void a_full_file_is_followed_by_another_D_07() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    std::vector<Entry> expected;
    for (Index index = 1; index <= 12; ++index) {
      log.persist(batch(index, 1, 1, 1000));
      expected = with(expected, batch(index, 1, 1, 1000));
    }
    disk.lose_power();

    CPPUNIT_ASSERT(expected == must_start_on(disk).entries);
    const auto files = disk.contents();
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, files.size());
    for (const auto& [name, bytes] : files) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::size_t{kFileBytes}, bytes.size());
    }
  }

  void an_entry_larger_than_a_file_gets_a_larger_one_D_20() {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 1, 1));
    log.persist(batch(2, 3, 1, 5000));
    log.storage->mark_synced();
    log.persist(batch(5, 1, 1));
    disk.lose_power();

    const auto expected =
        with(with(batch(1, 1, 1), batch(2, 3, 1, 5000)), batch(5, 1, 1));
    CPPUNIT_ASSERT(expected == must_start_on(disk).entries);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, disk.contents().size());
    CPPUNIT_ASSERT(disk.contents().at(kSecondFile).size() > 15000);
  }

  void ten_thousand_entries_are_found_in_order() {
    SimDisk disk(1);
    auto log = must_start_on(disk, 256 * 1024);
    for (Index first = 1; first < 10'000; first += 100) {
      log.persist(batch(first, 100, first / 1000 + 1, 100));
    }
    disk.lose_power();

    const auto found = must_start_on(disk, 256 * 1024).entries;
    CPPUNIT_ASSERT_EQUAL(std::size_t{10'000}, found.size());
    for (Index first = 1; first < 10'000; first += 100) {
      const auto start = found.begin() + static_cast<std::ptrdiff_t>(first - 1);
      CPPUNIT_ASSERT(batch(first, 100, first / 1000 + 1, 100) ==
                     std::vector<Entry>(start, start + 100));
    }
  }

  void a_restart_without_news_adds_nothing() {
    SimDisk disk(1);
    must_start_on(disk).persist(batch(1, 3, 1));
    const auto before = disk.contents();

    for (int i = 0; i < 100; ++i) must_start_on(disk);

    CPPUNIT_ASSERT(before == disk.contents());
  }

  void marks_do_not_make_a_file_grow() {
    SimDisk disk(1);
    must_start_on(disk).persist(batch(1, 3, 1));
    for (int i = 0; i < 200; ++i) must_start_on(disk).storage->mark_synced();

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, disk.contents().size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{kFileBytes},
                         disk.contents().at(kFirstFile).size());
    must_start_on(disk).persist(batch(4, 1, 1));
    CPPUNIT_ASSERT(batch(1, 4, 1) == must_start_on(disk).entries);
  }

  void the_log_of_another_node_is_refused_D_16() {
    check_refused("c", 2, "node 1 of cluster c, and this is node 2 of cluster");
  }

  void the_log_of_another_cluster_is_refused_D_16() {
    check_refused("d", 1, "node 1 of cluster c, and this is node 1 of cluster");
  }

  void a_directory_with_something_else_in_it_is_refused_D_16() {
    for (const std::string name : {"0", "00000001.log~", "00000003.log", "x"}) {
      SimDisk disk(1);
      must_start_on(disk).persist(batch(1, 3, 1));
      disk.directory()->open(name);
      const auto before = disk.contents();

      const auto log = start_on(disk);
      CPPUNIT_ASSERT(log.refusal.find("holds a file " + name) !=
                     std::string::npos);
      CPPUNIT_ASSERT(before == disk.contents());
    }
  }

 private:
  static void check_refused(const std::string& cluster,
                            NodeId id,
                            const std::string& reason) {
    SimDisk disk(1);
    auto log = must_start_on(disk);
    log.persist(batch(1, 3, 1));
    log.persist(batch(4, 1, 1, 4000));
    const auto before = disk.contents();
    const auto changes = disk.changes();

    const auto other = Storage::open(disk.directory(), cluster, id);
    CPPUNIT_ASSERT(!other);
    CPPUNIT_ASSERT_MESSAGE(
        other.error().message,
        other.error().message.find(reason) != std::string::npos);
    CPPUNIT_ASSERT(before == disk.contents());
    CPPUNIT_ASSERT_EQUAL(changes, disk.changes());
  }

  std::optional<CapturedLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorageTest);

}  // namespace
}  // namespace raft
