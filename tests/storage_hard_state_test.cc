// [since stage6_election]
// Term and vote in the durable log: what was acknowledged is found again, it is
// one with the entries of its batch, and a log that has lost it is refused.
#include <cppunit/extensions/HelperMacros.h>
#include <optional>

#include "tests/captured_log.h"
#include "tests/stored_log.h"

namespace raft {
namespace {

constexpr std::uint64_t kFileBytes = 4096;
constexpr NodeId kVote = 0x0202020202020202;  // no byte of it is 0

std::unique_ptr<Storage> must_open(SimDisk& disk) {
  auto storage = Storage::open(disk.directory(), "c", 1, kFileBytes);
  CPPUNIT_ASSERT_MESSAGE(storage ? "" : storage.error().message,
                         storage.has_value());
  return std::move(*storage);
}

HardState found_on(SimDisk& disk) {
  return must_open(disk)->take_stored().hard_state;
}

std::string refusal_of(SimDisk& disk) {
  const auto before = disk.contents();
  const auto storage = Storage::open(disk.directory(), "c", 1, kFileBytes);
  CPPUNIT_ASSERT(before == disk.contents());
  return storage ? "" : storage.error().message;
}

class StorageHardStateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorageHardStateTest);
  CPPUNIT_TEST(a_new_log_is_of_term_0_without_a_vote);
  CPPUNIT_TEST(the_last_term_and_vote_are_found_again);
  CPPUNIT_TEST(term_vote_and_entries_cost_one_write_and_one_sync);
  CPPUNIT_TEST(they_are_found_in_whatever_file_they_are);
  CPPUNIT_TEST(a_hard_state_is_these_bytes);
  CPPUNIT_TEST(D_13_a_torn_write_leaves_the_old_ones_or_the_new_E_03);
  CPPUNIT_TEST(D_13_a_crash_at_any_change_loses_nothing_acknowledged);
  CPPUNIT_TEST(D_14_entries_of_a_later_term_than_the_stored_are_refused);
  CPPUNIT_TEST(D_14_a_lost_state_that_is_vouched_for_is_refused);
  CPPUNIT_TEST(a_term_that_falls_or_a_vote_that_changes_is_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

  void a_new_log_is_of_term_0_without_a_vote() {
    SimDisk disk(1);
    CPPUNIT_ASSERT(found_on(disk) == HardState{});
  }

  void the_last_term_and_vote_are_found_again() {
    SimDisk disk(1);
    auto storage = must_open(disk);
    storage->persist(HardState{3, kNobody}, {});
    storage->persist(HardState{3, 2}, {});
    storage->persist({}, entries_of(1, {1, 3}));
    disk.lose_power();
    CPPUNIT_ASSERT(found_on(disk) == (HardState{3, 2}));

    storage = must_open(disk);
    storage->persist(HardState{5, 1}, entries_of(2, {4, 5}));
    disk.lose_power();

    const Stored stored = must_open(disk)->take_stored();
    CPPUNIT_ASSERT(stored.hard_state == (HardState{5, 1}));
    CPPUNIT_ASSERT_EQUAL(std::string("1 4 5"), terms_in(stored.log));
  }

  void term_vote_and_entries_cost_one_write_and_one_sync() {
    SimDisk disk(1);
    auto storage = must_open(disk);
    const auto before = disk.changes();
    storage->persist(HardState{1, 1}, entries_of(1, {1, 1}));
    CPPUNIT_ASSERT_EQUAL(before + 2, disk.changes());
    storage->persist({}, {});
    CPPUNIT_ASSERT_EQUAL(before + 2, disk.changes());
  }

  void they_are_found_in_whatever_file_they_are() {
    SimDisk disk(1);
    auto storage = must_open(disk);
    for (Term term = 1; term <= 200; ++term) {
      storage->persist(HardState{term, 2}, {});
    }
    CPPUNIT_ASSERT(disk.contents().size() > 1);
    disk.lose_power();
    CPPUNIT_ASSERT(found_on(disk) == (HardState{200, 2}));
  }

  // Files outlive programs: who changes these bytes must still read old ones.
  void a_hard_state_is_these_bytes() {
    std::string data;
    append_hard_state(data, {.file = 1}, {.current_term = 7, .voted_for = 9});
    CPPUNIT_ASSERT_EQUAL(hard_state_bytes(), data.size());
    CPPUNIT_ASSERT(std::string("\x10\0\0\0", 4) == data.substr(0, 4));
    CPPUNIT_ASSERT(std::string("\4\7\0\0\0\0\0\0\0\x9\0\0\0\0\0\0\0", 17) ==
                   data.substr(8));
    const auto record = record_at(data, {.file = 1});
    CPPUNIT_ASSERT(record.has_value());
    CPPUNIT_ASSERT(hard_state_in(*record) == (HardState{7, 9}));
  }

  // Never the new term with the old vote: they are one record. Nobody was told
  // of the new ones when they are torn.
  void D_13_a_torn_write_leaves_the_old_ones_or_the_new_E_03() {
    SimDisk disk(1);
    auto storage = must_open(disk);
    storage->persist(HardState{3, 1}, entries_of(1, {3}));
    const std::size_t start = end_of_records(disk, kFirstFile);
    storage->persist(HardState{4, kVote}, entries_of(2, {4}));
    const std::size_t end = end_of_records(disk, kFirstFile);
    const HardState old = {3, 1};
    const HardState next = {4, kVote};

    for (std::size_t cut = start; cut <= end; ++cut) {
      SimDisk torn = disk;
      torn.damage(kFirstFile, cut, std::string(kFileBytes - cut, '\0'));
      const Stored stored = must_open(torn)->take_stored();
      const bool is_whole = cut >= start + hard_state_bytes();
      CPPUNIT_ASSERT(stored.hard_state == (is_whole ? next : old));
      CPPUNIT_ASSERT(stored.log.last_term() <= stored.hard_state.current_term);
    }
  }

  void D_13_a_crash_at_any_change_loses_nothing_acknowledged() {
    for (std::uint64_t seed = 1; seed <= 30; ++seed) {
      for (std::uint64_t change = 1; change <= 60; ++change) {
        SimDisk disk(seed);
        disk.crash_at(change);
        HardState acknowledged;
        HardState under_way;
        try {
          auto storage = must_open(disk);
          for (Term term = 1; term <= 20; ++term) {
            under_way = {term, 1 + term % 3};
            const bool has_entry = term % 4 == 0;
            storage->persist(under_way,
                             has_entry ? batch(term / 4, 1, term, 600)
                                       : std::vector<Entry>{});
            acknowledged = under_way;
          }
        } catch (const SimCrash&) {
        }
        disk.lose_power();
        const HardState found = found_on(disk);
        CPPUNIT_ASSERT(found == acknowledged || found == under_way);
      }
    }
  }

  void D_14_entries_of_a_later_term_than_the_stored_are_refused() {
    SimDisk disk(1);
    must_open(disk)->persist(HardState{6, 1}, entries_of(1, {5, 6}));
    const std::size_t end = end_of_records(disk, kFirstFile);
    std::string record;
    append_entry(record, {.file = 1, .offset = end}, entry_of(3, 7));
    disk.damage(kFirstFile, end, record);
    disk.stop_process();
    CPPUNIT_ASSERT(refusal_of(disk).find("corrupt") != std::string::npos);
  }

  void D_14_a_lost_state_that_is_vouched_for_is_refused() {
    SimDisk disk(1);
    auto storage = must_open(disk);
    const std::size_t start = end_of_records(disk, kFirstFile);
    storage->persist(HardState{7, 1}, entries_of(1, {7}));
    storage->mark_synced();
    for (std::size_t at = 0; at < hard_state_bytes(); ++at) {
      SimDisk damaged = disk;
      damaged.flip_bit(kFirstFile, start + at, 2);
      CPPUNIT_ASSERT(refusal_of(damaged).find("at offset " +
                                              std::to_string(start) + ",") !=
                     std::string::npos);
    }
  }

  // As in a file that was put back from an old copy.
  void a_term_that_falls_or_a_vote_that_changes_is_refused() {
    for (const HardState& next :
         {HardState{4, 1}, HardState{5, 2}, HardState{5, kNobody}}) {
      SimDisk disk(1);
      must_open(disk)->persist(HardState{5, 1}, {});
      const std::size_t end = end_of_records(disk, kFirstFile);
      std::string record;
      append_hard_state(record, {.file = 1, .offset = end}, next);
      disk.damage(kFirstFile, end, record);
      disk.stop_process();
      CPPUNIT_ASSERT(refusal_of(disk).find("corrupt") != std::string::npos);
    }
  }

 private:
  std::optional<CapturedLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorageHardStateTest);

}  // namespace
}  // namespace raft
