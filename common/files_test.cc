// The real directory: what it keeps, whom it lets in, and how a process ends
// whose disk fails.
#include "common/files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <random>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"
#include "common/temporary_directory.h"

namespace {

// What becomes of direct writes; of each, if it is not kAsEver.
enum class Fate { kAsEver, kRefused, kShort };
Fate fate = Fate::kAsEver;
int direct_writes = 0;

}  // namespace

// In place of the C library's.
extern "C" ssize_t pwrite(int descriptor,
                          const void* data,
                          std::size_t size,
                          off_t offset) {
  const bool is_direct = (::fcntl(descriptor, F_GETFL) & O_DIRECT) != 0;
  if (is_direct) {
    ++direct_writes;
    if (fate == Fate::kRefused) {
      errno = EINVAL;
      return -1;
    }
    if (fate == Fate::kShort && size > 4096) size = 4096;
  }
  return syscall(SYS_pwrite64, descriptor, data, size, offset);
}

namespace raft {
namespace {

namespace fs = std::filesystem;

struct Ending {
  int code = 0;
  std::string words = {};  // on stderr
};

// Does `act` in a process of its own. REQUIRES: this one has one thread.
Ending ending_of(const std::function<void()>& act) {
  std::array<int, 2> ends = {};
  CHECK(::pipe(ends.data()) == 0);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    ::dup2(ends[1], STDERR_FILENO);
    act();
    std::_Exit(0);
  }
  ::close(ends[1]);
  Ending ending;
  char buffer[256];
  ssize_t size = 0;
  while ((size = ::read(ends[0], buffer, sizeof buffer)) > 0) {
    ending.words.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  ending.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ending;
}

void check_fatal(const std::function<void()>& act, const std::string& words) {
  const Ending ending = ending_of(act);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(ending.words, 1, ending.code);
  CPPUNIT_ASSERT_MESSAGE(ending.words,
                         ending.words.find(words) != std::string::npos);
}

class FilesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FilesTest);
  CPPUNIT_TEST(a_directory_is_created_with_its_parents);
  CPPUNIT_TEST(a_relative_path_will_do);
  CPPUNIT_TEST(what_was_written_is_there_for_the_next_one);
  CPPUNIT_TEST(names_are_listed_in_order_without_the_lock);
  CPPUNIT_TEST(a_removed_file_is_gone);
  CPPUNIT_TEST(a_read_ends_with_the_file);
  CPPUNIT_TEST(allocating_adds_zeros_and_changes_nothing_else);
  CPPUNIT_TEST(records_that_share_a_block_stay_what_they_are);
  CPPUNIT_TEST(a_write_of_many_blocks_is_whole);
  CPPUNIT_TEST(any_writes_leave_what_they_would_in_a_string);
  CPPUNIT_TEST(a_device_that_refuses_direct_writes_gets_others);
  CPPUNIT_TEST(a_write_that_is_taken_in_parts_is_whole);
  CPPUNIT_TEST(direct_writes_know_what_others_have_written);
  CPPUNIT_TEST(writes_into_the_allocated_part_are_direct);
  CPPUNIT_TEST(a_second_process_is_refused_D_16);
  CPPUNIT_TEST(a_lock_ends_with_its_process_D_16);
  CPPUNIT_TEST(a_path_that_cannot_be_a_directory_is_refused);
  CPPUNIT_TEST(the_first_failed_sync_ends_the_process_D_10);
  CPPUNIT_TEST(a_full_disk_ends_the_process_D_11);
  CPPUNIT_TEST(any_failed_call_ends_the_process);
  CPPUNIT_TEST(crc32_is_the_one_of_zip);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { fate = Fate::kAsEver; }

  void a_directory_is_created_with_its_parents() {
    const std::string path = place_.file("a/b/c");
    PosixDirectory directory(path);
    CPPUNIT_ASSERT(fs::is_directory(path));
    CPPUNIT_ASSERT_EQUAL(path, directory.path());
    CPPUNIT_ASSERT(directory.list().empty());
  }

  void a_relative_path_will_do() {
    const fs::path before = fs::current_path();
    fs::current_path(place_.path());
    PosixDirectory("a/b").open("c");
    fs::current_path(before);
    CPPUNIT_ASSERT(fs::exists(place_.file("a/b/c")));
  }

  void what_was_written_is_there_for_the_next_one() {
    {
      PosixDirectory directory(place_.path());
      const auto file = directory.open("a");
      file->write(0, "abcdef");
      file->write(2, "CD");
      file->sync();
      directory.sync();
    }
    PosixDirectory directory(place_.path());
    CPPUNIT_ASSERT_EQUAL(std::string("abCDef"),
                         directory.open("a")->read(0, 6));
  }

  void names_are_listed_in_order_without_the_lock() {
    PosixDirectory directory(place_.path());
    for (const char* name : {"b", "c", "a"}) directory.open(name);
    CPPUNIT_ASSERT(std::vector<std::string>({"a", "b", "c"}) ==
                   directory.list());
  }

  void a_removed_file_is_gone() {
    PosixDirectory directory(place_.path());
    directory.open("a")->write(0, "abc");
    directory.remove("a");
    directory.sync();
    CPPUNIT_ASSERT(directory.list().empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, directory.open("a")->size());
  }

  void a_read_ends_with_the_file() {
    const auto file = PosixDirectory(place_.path()).open("a");
    file->write(0, "abcdef");
    CPPUNIT_ASSERT_EQUAL(std::string("ef"), file->read(4, 100));
    CPPUNIT_ASSERT_EQUAL(std::string(), file->read(6, 1));
    CPPUNIT_ASSERT_EQUAL(std::string(), file->read(100, 1));
  }

  void allocating_adds_zeros_and_changes_nothing_else() {
    const auto file = PosixDirectory(place_.path()).open("a");
    file->write(0, "abc");
    file->allocate(5);
    CPPUNIT_ASSERT_EQUAL(std::string("abc\0\0", 5), file->read(0, 9));
    file->allocate(2);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, file->size());
  }

  void records_that_share_a_block_stay_what_they_are() {
    const auto file = allocated_file();
    std::string all;
    for (int i = 0; i < 200; ++i) {
      const std::string record = "record " + std::to_string(i) + ";";
      file->write(all.size(), record);
      all += record;
    }
    file->sync();
    check_begins_with(all);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{kAllocated}, file->size());
  }

  // At odd offsets, longer than what one call takes.
  void a_write_of_many_blocks_is_whole() {
    const auto file = allocated_file();
    std::string all = random_text(1'000'003);
    file->write(0, all.substr(0, 4097));
    file->write(4097, all.substr(4097));
    check_begins_with(all);
    const std::string other = random_text(600'001);
    file->write(99'999, other);
    all.replace(99'999, other.size(), other);
    check_begins_with(all);
  }

  // Within blocks and across them, past the end, and after growth.
  void any_writes_leave_what_they_would_in_a_string() {
    auto file = PosixDirectory(place_.path()).open("a");
    std::string all;
    for (int i = 0; i < 400; ++i) {
      const std::uint64_t offset = random_below(all.size() + 1'000);
      const std::string data = random_text(1 + random_below(9'000));
      file->write(offset, data);
      all.resize(std::max(all.size(), offset + data.size()));
      all.replace(offset, data.size(), data);
      if (i % 50 == 0) {
        file->allocate(all.size() + 5'000);
        all.resize(all.size() + 5'000);
      }
      if (i % 70 == 0) {
        file.reset();
        file = PosixDirectory(place_.path()).open("a");
      }
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{all.size()}, file->size());
      check_is(all);
    }
  }

  void a_device_that_refuses_direct_writes_gets_others() {
    const auto file = allocated_file();
    file->write(0, "abc");
    fate = Fate::kRefused;
    direct_writes = 0;
    file->write(3, "def");
    file->write(6, "ghi");
    CPPUNIT_ASSERT(direct_writes <= 1);
    check_begins_with("abcdefghi");
  }

  void a_write_that_is_taken_in_parts_is_whole() {
    const auto file = allocated_file();
    fate = Fate::kShort;
    const std::string all = random_text(20'000);
    file->write(0, all);
    check_begins_with(all);
  }

  // They share a block, and the second one extends the file.
  void direct_writes_know_what_others_have_written() {
    const auto file = PosixDirectory(place_.path()).open("a");
    file->allocate(4096);
    file->write(0, "abc");
    file->write(3, std::string(5000, 'x'));
    file->write(1, "B");
    check_is("aBc" + std::string(5000, 'x'));
  }

  void writes_into_the_allocated_part_are_direct() {
    const auto file = allocated_file();
    direct_writes = 0;
    file->write(0, "abc");
    if (has_direct_writes()) CPPUNIT_ASSERT_EQUAL(1, direct_writes);
  }

  void a_second_process_is_refused_D_16() {
    PosixDirectory directory(place_.path());
    directory.open("a")->write(0, "abc");
    check_fatal([this] { PosixDirectory second(place_.path()); },
                "is in use by another process; nothing was changed");
    CPPUNIT_ASSERT_EQUAL(std::string("abc"), text_of_file(place_.file("a")));
  }

  void a_lock_ends_with_its_process_D_16() {
    const Ending ending = ending_of([this] {
      PosixDirectory directory(place_.path());
      std::_Exit(7);
    });
    CPPUNIT_ASSERT_EQUAL(7, ending.code);
    PosixDirectory directory(place_.path());
    CPPUNIT_ASSERT(directory.list().empty());
  }

  void a_path_that_cannot_be_a_directory_is_refused() {
    const std::string file = place_.write("a", "abc");
    for (const std::string& path : {file, file + "/b"}) {
      check_fatal([&path] { PosixDirectory directory(path); },
                  "cannot use the data directory " + path +
                      ": Not a directory; nothing was changed");
    }
  }

  // /dev/null takes all that is written, and knows no sync.
  void the_first_failed_sync_ends_the_process_D_10() {
    fs::create_symlink("/dev/null", place_.file("a"));
    check_fatal(
        [this] {
          PosixDirectory directory(place_.path());
          const auto file = directory.open("a");
          file->write(0, "abc");
          file->sync();
        },
        "cannot sync " + place_.file("a"));
  }

  void a_full_disk_ends_the_process_D_11() {
    fs::create_symlink("/dev/full", place_.file("a"));
    check_fatal(
        [this] { PosixDirectory(place_.path()).open("a")->write(0, "abc"); },
        "cannot write " + place_.file("a") + ": No space left on device");
  }

  void any_failed_call_ends_the_process() {
    fs::create_directory(place_.file("d"));
    const auto in_directory =
        [this](const std::function<void(PosixDirectory&)>& act) {
          return [this, act] {
            PosixDirectory directory(place_.path());
            act(directory);
          };
        };
    check_fatal(in_directory([](auto& directory) { directory.open("d"); }),
                "cannot open " + place_.file("d"));
    check_fatal(in_directory([](auto& directory) { directory.remove("x"); }),
                "cannot remove " + place_.file("x"));
    check_fatal(in_directory([](auto& directory) {
                  directory.open("a")->allocate(UINT64_MAX / 2);
                }),
                "cannot allocate " + place_.file("a"));
    check_fatal(in_directory([this](auto& directory) {
                  fs::remove_all(place_.path());
                  directory.list();
                }),
                "cannot list " + place_.path());
  }

  void crc32_is_the_one_of_zip() {
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{0xCBF43926}, crc32("123456789"));
    CPPUNIT_ASSERT_EQUAL(std::uint32_t{0}, crc32(""));
  }

 private:
  static constexpr std::size_t kAllocated = 1 << 20;

  std::unique_ptr<File> allocated_file() {
    auto file = PosixDirectory(place_.path()).open("a");
    file->allocate(kAllocated);
    return file;
  }

  // As one sees it who opens the file now.
  void check_begins_with(const std::string& words) {
    const std::string text = text_of_file(place_.file("a"));
    CPPUNIT_ASSERT(text.starts_with(words));
    CPPUNIT_ASSERT(text.find_first_not_of('\0', words.size()) ==
                   std::string::npos);
  }

  void check_is(const std::string& all) {
    CPPUNIT_ASSERT(all == text_of_file(place_.file("a")));
  }

  bool has_direct_writes() {
    const int descriptor =
        ::open(place_.file("a").c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
    if (descriptor >= 0) ::close(descriptor);
    return descriptor >= 0;
  }

  std::size_t random_below(std::size_t bound) { return random_() % bound; }

  std::string random_text(std::size_t size) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>('a' + random_below(26));
    return text;
  }

  TemporaryDirectory place_;
  std::minstd_rand random_{1};
};

CPPUNIT_TEST_SUITE_REGISTRATION(FilesTest);

}  // namespace
}  // namespace raft
