// The simulated disk: it keeps its promises, and no others.
#include "tests/sim_disk.h"

#include <cppunit/extensions/HelperMacros.h>
#include <functional>
#include <set>

namespace raft {
namespace {

using Files = std::map<std::string, std::string>;

// What `act` leaves on a disk with a file "a" of two sectors of a's, when the
// power goes: under many seeds.
std::set<Files> survivors(const std::function<void(Directory&, File&)>& act,
                          const std::function<void(SimDisk&)>& prepare = {}) {
  std::set<Files> found;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SimDisk disk(seed);
    const auto directory = disk.directory();
    const auto file = directory->open("a");
    file->write(0, std::string(1024, 'a'));
    file->sync();
    directory->sync();
    if (prepare) prepare(disk);
    try {
      act(*directory, *file);
    } catch (const SimCrash&) {
    }
    disk.lose_power();
    found.insert(disk.contents());
  }
  return found;
}

std::string sectors(const std::string& letters) {
  std::string bytes;
  for (char letter : letters) bytes += std::string(512, letter);
  return bytes;
}

class SimDiskTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimDiskTest);
  CPPUNIT_TEST(a_read_sees_what_was_written_and_zeros_elsewhere);
  CPPUNIT_TEST(what_is_synced_survives);
  CPPUNIT_TEST(of_what_is_not_synced_any_sectors_survive);
  CPPUNIT_TEST(a_sector_written_twice_may_survive_in_any_version);
  CPPUNIT_TEST(a_file_that_grows_may_survive_in_either_size);
  CPPUNIT_TEST(names_survive_by_the_sync_of_the_directory_alone);
  CPPUNIT_TEST(a_write_that_crashes_may_be_done_in_part);
  CPPUNIT_TEST(after_a_failed_sync_reads_see_what_may_be_lost);
  CPPUNIT_TEST(no_space_left_ends_the_process_in_the_write);
  CPPUNIT_TEST(a_process_that_has_ended_changes_nothing);
  CPPUNIT_TEST(stopping_a_process_loses_nothing);
  CPPUNIT_TEST(the_same_seed_has_the_same_luck);
  CPPUNIT_TEST(a_copy_is_another_disk);
  CPPUNIT_TEST(a_large_file_takes_the_space_of_what_was_written);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_read_sees_what_was_written_and_zeros_elsewhere() {
    SimDisk disk(1);
    const auto file = disk.directory()->open("a");
    file->write(510, "abcd");
    file->allocate(1500);
    file->write(1100, "e");

    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1500}, file->size());
    CPPUNIT_ASSERT_EQUAL(std::string("\0abcd\0", 6), file->read(509, 6));
    CPPUNIT_ASSERT_EQUAL(std::string("e") + std::string(399, '\0'),
                         file->read(1100, 5000));
    CPPUNIT_ASSERT_EQUAL(std::string(), file->read(1500, 1));
    CPPUNIT_ASSERT_EQUAL(std::string(), file->read(9999, 1));
  }

  void what_is_synced_survives() {
    const auto found = survivors([](Directory&, File& file) {
      file.write(0, sectors("b"));
      file.write(1024, sectors("c"));
      file.sync();
    });
    CPPUNIT_ASSERT(std::set<Files>({{{"a", sectors("bac")}}}) == found);
  }

  void of_what_is_not_synced_any_sectors_survive() {
    const auto found =
        survivors([](Directory&, File& file) { file.write(0, sectors("bb")); });
    CPPUNIT_ASSERT(std::set<Files>({{{"a", sectors("aa")}},
                                    {{"a", sectors("ab")}},
                                    {{"a", sectors("ba")}},
                                    {{"a", sectors("bb")}}}) == found);
  }

  void a_sector_written_twice_may_survive_in_any_version() {
    const auto found = survivors([](Directory&, File& file) {
      file.write(512, sectors("b"));
      file.write(512, sectors("c"));
    });
    CPPUNIT_ASSERT(std::set<Files>({{{"a", sectors("aa")}},
                                    {{"a", sectors("ab")}},
                                    {{"a", sectors("ac")}}}) == found);
  }

  void a_file_that_grows_may_survive_in_either_size() {
    const auto found = survivors([](Directory&, File& file) {
      file.write(1024, sectors("b"));
      file.allocate(2048);
    });
    const std::string zeros = std::string(512, '\0');
    CPPUNIT_ASSERT(std::set<Files>({{{"a", sectors("aa")}},
                                    {{"a", sectors("aa") + zeros}},
                                    {{"a", sectors("aab")}},
                                    {{"a", sectors("aa") + zeros + zeros}},
                                    {{"a", sectors("aab") + zeros}}}) == found);
  }

  void names_survive_by_the_sync_of_the_directory_alone() {
    const auto act = [](Directory& directory, File&) {
      directory.open("b")->sync();
      directory.remove("a");
    };
    const std::string a = sectors("aa");
    CPPUNIT_ASSERT(
        std::set<Files>({{}, {{"a", a}}, {{"b", ""}}, {{"a", a}, {"b", ""}}}) ==
        survivors(act));
    const auto act_and_sync = [&act](Directory& directory, File& file) {
      act(directory, file);
      directory.sync();
    };
    CPPUNIT_ASSERT(std::set<Files>({{{"b", ""}}}) == survivors(act_and_sync));
  }

  void a_write_that_crashes_may_be_done_in_part() {
    const auto found = survivors(
        [](Directory&, File& file) {
          file.write(0, sectors("bb"));
          CPPUNIT_FAIL("the write came back");
        },
        [](SimDisk& disk) { disk.crash_at(1); });
    std::set<std::size_t> written;
    for (const auto& files : found) {
      const std::string bytes = files.at("a");
      written.insert(static_cast<std::size_t>(
          std::count(bytes.begin(), bytes.end(), 'b')));
    }
    CPPUNIT_ASSERT(written.size() > 10);
    CPPUNIT_ASSERT(written.contains(0));
    CPPUNIT_ASSERT(written.contains(1024));
  }

  void after_a_failed_sync_reads_see_what_may_be_lost() {
    std::set<std::string> found;
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      SimDisk disk(seed);
      auto directory = disk.directory();
      directory->open("a")->write(0, sectors("aa"));
      directory->open("a")->sync();
      directory->sync();
      directory->open("a")->write(0, sectors("bb"));
      disk.fail_sync_at(1);
      CPPUNIT_ASSERT_THROW(directory->open("a")->sync(), SimCrash);
      disk.stop_process();

      directory = disk.directory();
      directory->open("a")->sync();
      CPPUNIT_ASSERT_EQUAL(sectors("bb"), disk.contents().at("a"));
      disk.lose_power();
      found.insert(disk.contents().at("a"));
    }
    CPPUNIT_ASSERT(
        std::set<std::string>(
            {sectors("aa"), sectors("ab"), sectors("ba"), sectors("bb")}) ==
        found);
  }

  void no_space_left_ends_the_process_in_the_write() {
    SimDisk disk(1);
    const auto directory = disk.directory();
    const auto file = directory->open("a");
    disk.set_bytes_left(5);
    file->write(0, "abc");
    CPPUNIT_ASSERT_THROW(file->write(3, "def"), SimCrash);
    CPPUNIT_ASSERT_EQUAL(std::string("abcde"), disk.contents().at("a"));
  }

  void a_process_that_has_ended_changes_nothing() {
    SimDisk disk(1);
    const auto directory = disk.directory();
    const auto file = directory->open("a");
    file->write(0, "a");
    disk.crash_at(1);
    CPPUNIT_ASSERT_THROW(file->sync(), SimCrash);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, disk.late_uses());

    CPPUNIT_ASSERT_THROW(file->write(0, "b"), SimCrash);
    CPPUNIT_ASSERT_THROW(file->sync(), SimCrash);
    disk.stop_process();
    const auto next = disk.directory();
    CPPUNIT_ASSERT_THROW(directory->open("c"), SimCrash);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, disk.late_uses());
    CPPUNIT_ASSERT(Files({{"a", "a"}}) == disk.contents());
  }

  void stopping_a_process_loses_nothing() {
    SimDisk disk(1);
    disk.directory()->open("a")->write(0, "abc");
    disk.stop_process();
    CPPUNIT_ASSERT_EQUAL(std::string("abc"),
                         disk.directory()->open("a")->read(0, 9));
  }

  void the_same_seed_has_the_same_luck() {
    const auto leave = [](std::uint64_t seed) {
      SimDisk disk(seed);
      const auto directory = disk.directory();
      const auto file = directory->open("a");
      directory->sync();
      file->allocate(20 * 512);
      file->sync();
      file->write(0, std::string(20 * 512, 'a'));
      disk.lose_power();
      return disk.contents();
    };
    CPPUNIT_ASSERT(leave(1) == leave(1));
    CPPUNIT_ASSERT(leave(1) != leave(2));
  }

  void a_copy_is_another_disk() {
    SimDisk disk(1);
    disk.directory()->open("a")->write(0, "abc");
    SimDisk copy = disk;
    copy.flip_bit("a", 0, 1);
    copy.directory()->open("b");

    CPPUNIT_ASSERT(Files({{"a", "abc"}}) == disk.contents());
    CPPUNIT_ASSERT(Files({{"a", "cbc"}, {"b", ""}}) == copy.contents());
  }

  void a_large_file_takes_the_space_of_what_was_written() {
    SimDisk disk(1);
    const auto directory = disk.directory();
    const auto file = directory->open("a");
    const std::uint64_t huge = std::uint64_t{1} << 60;
    file->allocate(huge);
    file->write(huge - 3, "abc");
    file->sync();
    directory->sync();
    disk.lose_power();

    const auto again = disk.directory()->open("a");
    CPPUNIT_ASSERT_EQUAL(huge, again->size());
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), again->read(huge - 3, 9));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimDiskTest);

}  // namespace
}  // namespace raft
