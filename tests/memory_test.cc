// [since stage3_log_repl]
// What a long log of small commands costs in memory, once in the log and once
// applied: within three times what it is on disk.
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>
#include <malloc.h>
#include <new>
#include <string>

#include "kv_store.h"
#include "log_record.h"
#include "raft_log.h"

namespace {

// What malloc keeps with each piece, for itself.
constexpr std::size_t kHeaderBytes = 8;

std::size_t bytes_in_use = 0;

std::size_t bytes_of(void* memory) {
  return malloc_usable_size(memory) + kHeaderBytes;
}

}  // namespace

// The other forms of both call these.
void* operator new(std::size_t size) {
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  bytes_in_use += bytes_of(memory);
  return memory;
}

void operator delete(void* memory) noexcept {
  if (memory != nullptr) bytes_in_use -= bytes_of(memory);
  std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace raft {
namespace {

// Enough for a block that is half empty to make no difference.
constexpr Index kEntries = 100'000;

class MemoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MemoryTest);
  CPPUNIT_TEST(a_log_takes_no_more_memory_than_it_takes_of_a_disk);
  CPPUNIT_TEST(a_log_that_is_applied_takes_three_times_as_much_at_most);
  CPPUNIT_TEST(values_that_are_replaced_take_no_memory);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { before_ = bytes_in_use; }

  void a_log_takes_no_more_memory_than_it_takes_of_a_disk() {
    RaftLog log;
    std::size_t on_disk = 0;
    for (Index index = 1; index <= kEntries; ++index) {
      on_disk += append(log, put(index));
    }
    assert_at_most(on_disk);
  }

  void a_log_that_is_applied_takes_three_times_as_much_at_most() {
    RaftLog log;
    KvStore store;
    std::size_t on_disk = 0;
    for (Index index = 1; index <= kEntries; ++index) {
      on_disk += append(log, put(index));
      store.apply(put(index));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{kEntries}, store.size());
    assert_at_most(3 * on_disk);
  }

  void values_that_are_replaced_take_no_memory() {
    KvStore store;
    store.apply(put(1));
    const std::size_t one = bytes_in_use;
    for (Index index = 1; index <= kEntries; ++index) store.apply(put(1));
    const std::size_t still_one = bytes_in_use;
    CPPUNIT_ASSERT_EQUAL(one, still_one);
  }

 private:
  // The smallest that the bar speaks of: eight bytes of key, and of value.
  static Command put(Index index) {
    std::string key = std::to_string(index);
    key.insert(0, 8 - key.size(), '0');
    return {.operation = Operation::kPut, .key = key, .value = "8 bytes."};
  }

  // Returns what a disk would hold of it.
  static std::size_t append(RaftLog& log, const Command& command) {
    const Entry entry{
        .term = 1, .index = log.last_index() + 1, .command = encode(command)};
    log.append(entry);
    return entry_bytes(entry);
  }

  void assert_at_most(std::size_t bytes_max) const {
    const std::size_t bytes = bytes_in_use - before_;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(bytes) + " bytes in use, and " +
                               std::to_string(bytes_max) + " are allowed",
                           bytes <= bytes_max);
  }

  std::size_t before_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryTest);

}  // namespace
}  // namespace raft
