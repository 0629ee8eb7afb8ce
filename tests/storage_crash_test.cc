// [since stage3_log_repl]
// The durable log under crashes at every change of the disk, alone and by
// chance. What was acknowledged is found again; of the batch under way, its
// first entries may be.
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <random>
#include <set>

#include "tests/captured_log.h"
#include "tests/seeds.h"
#include "tests/sim_disk.h"
#include "tests/stored_log.h"

namespace raft {
namespace {

constexpr std::uint64_t kFileBytes = 2048;

// What a server has said that it holds, and what it was about to.
struct Promise {
  std::vector<Entry> stored = {};
  std::vector<Entry> under_way = {};

  bool allows(const std::vector<Entry>& found) const {
    if (found == stored) return true;
    for (std::size_t size = 1; size <= under_way.size(); ++size) {
      const auto end = under_way.begin() + static_cast<std::ptrdiff_t>(size);
      if (found == with(stored, {under_way.begin(), end})) return true;
    }
    return false;
  }
};

// A process: starts on `disk`, stores the batches, and may crash at any time.
// True if it came to the end.
bool run(SimDisk& disk,
         Promise& promise,
         const std::vector<std::vector<Entry>>& batches,
         const std::string& cluster_id = "c") {
  try {
    auto log = must_start_on(disk, kFileBytes, cluster_id);
    CPPUNIT_ASSERT(promise.allows(log.entries));
    promise = {.stored = log.entries};
    for (const auto& batch : batches) {
      promise.under_way = batch;
      log.persist(batch);
      promise = {.stored = with(promise.stored, batch)};
      if (batch.size() == 1) log.storage->mark_synced();
    }
    return true;
  } catch (const SimCrash&) {
    return false;
  }
}

// Appends and truncations, in files that fill up: more than a sector, more than
// a file, and little.
const std::vector<std::vector<Entry>> kHistory = {
    batch(1, 4, 1),
    batch(5, 1, 1),
    batch(6, 4, 2, 200),
    batch(5, 2, 3),
    batch(4, 1, 4, 2500),
    batch(5, 6, 4, 150),
    batch(9, 3, 5, 10),
};

class StorageCrashTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorageCrashTest);
  CPPUNIT_TEST(a_crash_at_any_change_loses_nothing_acknowledged_D_06_D_08);
  CPPUNIT_TEST(a_crash_between_the_first_records_of_a_file_loses_nothing_D_06);
  CPPUNIT_TEST(a_second_crash_while_recovering_changes_nothing_D_01);
  CPPUNIT_TEST(a_failed_sync_is_the_last_thing_a_process_does_D_10);
  CPPUNIT_TEST(what_a_failed_sync_left_in_the_page_cache_is_written_again_D_10);
  CPPUNIT_TEST(a_truncation_and_what_replaces_it_are_torn_together_D_08);
  CPPUNIT_TEST(a_mark_that_outlives_its_batch_refuses_nothing_D_09);
  CPPUNIT_TEST(no_chain_of_crashes_loses_what_was_acknowledged_D_09);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

  void a_crash_at_any_change_loses_nothing_acknowledged_D_06_D_08() {
    for_each_seed(30, [](std::uint64_t seed) {
      for (std::uint64_t change = 1;; ++change) {
        SimDisk disk(seed);
        disk.crash_at(change);
        Promise promise;
        const bool is_done = run(disk, promise, kHistory);
        disk.lose_power();
        CPPUNIT_ASSERT(run(disk, promise, kHistory));
        if (is_done) break;
        CPPUNIT_ASSERT(change < 100);
      }
    });
  }

  // The name of the cluster is so long that they are in different sectors.
  void a_crash_between_the_first_records_of_a_file_loses_nothing_D_06() {
    const std::string cluster_id(600, 'c');
    for_each_seed(30, [&cluster_id](std::uint64_t seed) {
      for (std::uint64_t change = 1;; ++change) {
        SimDisk disk(seed);
        disk.crash_at(change);
        Promise promise;
        const bool is_done = run(disk, promise, kHistory, cluster_id);
        disk.lose_power();
        CPPUNIT_ASSERT(run(disk, promise, kHistory, cluster_id));
        disk.lose_power();
        CPPUNIT_ASSERT(run(disk, promise, {}, cluster_id));
        for (const auto& [name, bytes] : disk.contents()) {
          const auto first = record_at(bytes, {.file = std::stoull(name)});
          CPPUNIT_ASSERT(first && RecordType::kIdentity == first->type);
        }
        if (is_done) break;
      }
    });
  }

  void a_second_crash_while_recovering_changes_nothing_D_01() {
    for_each_seed(10, [](std::uint64_t seed) {
      for (std::uint64_t change = 1; change <= 24; ++change) {
        for (std::uint64_t again = 1; again <= 5; ++again) {
          SimDisk disk(seed);
          disk.crash_at(change);
          Promise promise;
          run(disk, promise, kHistory);
          disk.lose_power();
          disk.crash_at(again);
          run(disk, promise, {});
          disk.lose_power();
          CPPUNIT_ASSERT(run(disk, promise, kHistory));
        }
      }
    });
  }

  void a_failed_sync_is_the_last_thing_a_process_does_D_10() {
    for_each_seed(30, [](std::uint64_t seed) {
      for (std::uint64_t sync = 1;; ++sync) {
        SimDisk disk(seed);
        disk.fail_sync_at(sync);
        Promise promise;
        const bool is_done = run(disk, promise, kHistory);
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, disk.late_uses());
        disk.lose_power();
        CPPUNIT_ASSERT(run(disk, promise, {}));
        if (is_done) break;
        CPPUNIT_ASSERT(sync < 100);
      }
    });
  }

  // The process starts again and finds the batch, which a read gets from the
  // page cache. It answers for it. Then the power goes.
  void what_a_failed_sync_left_in_the_page_cache_is_written_again_D_10() {
    for_each_seed(30, [](std::uint64_t seed) {
      for (std::uint64_t sync = 1;; ++sync) {
        SimDisk disk(seed);
        disk.fail_sync_at(sync);
        Promise promise;
        const bool is_done = run(disk, promise, kHistory);
        disk.stop_process();
        CPPUNIT_ASSERT(run(disk, promise, {}));
        disk.lose_power();
        CPPUNIT_ASSERT(run(disk, promise, kHistory));
        if (is_done) break;
      }
    });
  }

  void a_truncation_and_what_replaces_it_are_torn_together_D_08() {
    const auto old = with(batch(1, 4, 1), batch(5, 5, 2, 200));
    const auto replacing = batch(5, 3, 3, 400);
    std::set<std::string> found;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
      SimDisk disk(seed);
      auto log = must_start_on(disk);
      log.persist(old);
      disk.crash_at(2);  // the sync
      CPPUNIT_ASSERT_THROW(log.persist(replacing), SimCrash);
      disk.lose_power();
      found.insert(terms_in(must_start_on(disk).entries));
    }

    const std::set<std::string> expected = {
        "1 1 1 1 2 2 2 2 2", "1 1 1 1 3", "1 1 1 1 3 3", "1 1 1 1 3 3 3"};
    CPPUNIT_ASSERT(expected == found);
  }

  // The batch spans sectors. Of these only the last ones survive, with its
  // mark, which says nothing about the batch it is in.
  void a_mark_that_outlives_its_batch_refuses_nothing_D_09() {
    SimDisk disk(1);
    auto log = must_start_on(disk, 16384);
    log.persist(batch(1, 3, 1));
    const std::size_t start = end_of_records(disk, kFirstFile);
    log.persist(batch(4, 6, 1, 1000));
    const std::size_t end = end_of_records(disk, kFirstFile);

    for (std::size_t sector = 512; sector < end; sector += 512) {
      SimDisk torn = disk;
      const std::size_t from = std::max(start, sector - 512);
      torn.damage(kFirstFile, from, std::string(sector - from, '\0'));
      const auto found = must_start_on(torn).entries;
      const auto whole = static_cast<int>((from - start) / 1025);
      CPPUNIT_ASSERT(with(batch(1, 3, 1), batch(4, whole, 1, 1000)) == found);
    }
  }

  void no_chain_of_crashes_loses_what_was_acknowledged_D_09() {
    for_each_seed(2000, run_chain);
  }

 private:
  static void run_chain(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    SimDisk disk(seed);
    Promise promise;
    for (int life = 0; life < 6; ++life) {
      const std::uint64_t fault = random_below(random, 4);
      const std::uint64_t when = 1 + random_below(random, 25);
      if (fault == 0) disk.crash_at(when);
      if (fault == 1) disk.fail_sync_at(when / 2 + 1);
      if (fault == 2) disk.set_bytes_left(when * 500);
      run(disk, promise, random_batches(random, promise));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, disk.late_uses());
      if (random_below(random, 3) == 0) {
        disk.stop_process();
      } else {
        disk.lose_power();
      }
    }
    CPPUNIT_ASSERT(run(disk, promise, {}));
  }

  // What a follower may be told to store next, whatever it will have found.
  static std::vector<std::vector<Entry>> random_batches(std::mt19937_64& random,
                                                        const Promise& now) {
    Index last = now.stored.size();
    for (const Entry& entry : now.under_way) last = std::min(last, entry.index);
    Term term = now.stored.empty() ? 1 : now.stored.back().term;
    if (!now.under_way.empty()) term = now.under_way.back().term;
    std::vector<std::vector<Entry>> batches;
    for (std::uint64_t i = random_below(random, 10); i > 0; --i) {
      const Index back = std::min(last, random_below(random, 4));
      const int count = 1 + static_cast<int>(random_below(random, 5));
      const std::size_t longest = random_below(random, 10) == 0 ? 3000 : 300;
      if (back > 0) ++term;
      batches.push_back(
          batch(last - back + 1, count, term, random_below(random, longest)));
      last = batches.back().back().index;
    }
    return batches;
  }

  std::optional<CapturedLog> log_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorageCrashTest);

}  // namespace
}  // namespace raft
