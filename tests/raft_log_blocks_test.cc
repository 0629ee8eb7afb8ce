// [since stage3_log_repl]
// The log by itself, where it is more than a vector: commands in blocks, terms
// in runs, and cuts through both.
#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>
#include <random>

#include "raft_log.h"
#include "tests/logs.h"

namespace raft {
namespace {

// Commands so large that a few of them fill a block.
constexpr std::size_t kLargeBytes = 30 * 1024;

Entry large_entry(Index index, Term term) {
  Entry entry = entry_of(index, term);
  entry.command.resize(kLargeBytes, 'x');
  return entry;
}

RaftLog log_of_entries(const std::vector<Entry>& entries) {
  RaftLog log;
  for (const Entry& entry : entries) log.append(entry);
  return log;
}

// What a log must be like: a vector, with a linear search.
Index last_index_within(const std::vector<Entry>& entries,
                        Index index,
                        Term term) {
  Index found = std::min<Index>(index, entries.size());
  while (found > 0 && entries[found - 1].term > term) --found;
  return found;
}

class RaftLogBlocksTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RaftLogBlocksTest);
  CPPUNIT_TEST(a_log_may_be_cut_anywhere_and_grows_on_from_there);
  CPPUNIT_TEST(commands_of_any_size_come_back);
  CPPUNIT_TEST(empty_commands_without_end_are_entries_too);
  CPPUNIT_TEST(a_cut_within_a_term_keeps_its_first_part);
  CPPUNIT_TEST(a_log_does_what_a_vector_does);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Within a block and at its borders, wherever those are.
  void a_log_may_be_cut_anywhere_and_grows_on_from_there() {
    std::vector<Entry> all;
    for (Index index = 1; index <= 20; ++index) {
      all.push_back(large_entry(index, 1 + index / 4));
    }
    const RaftLog log = log_of_entries(all);
    for (Index first = 1; first <= 20; ++first) {
      RaftLog cut = log;
      std::vector<Entry> left = all;
      cut.truncate_from(first);
      left.resize(first - 1);
      CPPUNIT_ASSERT_EQUAL(first - 1, cut.last_index());
      CPPUNIT_ASSERT(entries_in(cut) == left);

      for (Index index = first; index <= first + 4; ++index) {
        left.push_back(large_entry(index, 9));
        cut.append(left.back());
      }
      CPPUNIT_ASSERT(entries_in(cut) == left);
    }
  }

  void commands_of_any_size_come_back() {
    RaftLog log;
    std::vector<Entry> entries;
    const std::vector<std::size_t> sizes = {
        0, 1, 65'535, 1, 65'536, 0, 65'537, 2 << 20, 3, 2 << 20, 2 << 20, 0};
    for (const std::size_t size : sizes) {
      entries.push_back({.term = 1,
                         .index = entries.size() + 1,
                         .command = std::string(size, 'x')});
      log.append(entries.back());
      CPPUNIT_ASSERT(log.at(log.last_index()) == entries.back());
    }
    CPPUNIT_ASSERT(entries_in(log) == entries);
  }

  void empty_commands_without_end_are_entries_too() {
    RaftLog log;
    for (Index index = 1; index <= 100'000; ++index) log.append({1, index, ""});
    CPPUNIT_ASSERT_EQUAL(Index{100'000}, log.last_index());
    CPPUNIT_ASSERT(log.at(77'777) == Entry({1, 77'777, ""}));
    log.truncate_from(50'000);
    CPPUNIT_ASSERT_EQUAL(Index{49'999}, log.last_index());
  }

  void a_cut_within_a_term_keeps_its_first_part() {
    RaftLog log = log_of({1, 2, 2, 2, 3});
    log.truncate_from(4);
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 2"), terms_in(log));
    CPPUNIT_ASSERT_EQUAL(Index{3}, log.last_index_within(5, 2));
    log.append(entry_of(4, 2));
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 2 2"), terms_in(log));
  }

  void a_log_does_what_a_vector_does() {
    std::mt19937_64 random(1);
    RaftLog log;
    std::vector<Entry> model;
    Term term = 1;
    for (int step = 0; step < 20'000; ++step) {
      const std::size_t size = model.size();
      if (size > 0 && random() % 100 == 0) {
        const Index first = size - random() % std::min<std::size_t>(size, 150);
        log.truncate_from(first);
        model.resize(first - 1);
      }
      term += random() % 50 == 0 ? 1 : 0;
      const std::size_t bytes_max = random() % 20 == 0 ? 100'000 : 100;
      model.push_back(
          {.term = term,
           .index = model.size() + 1,
           .command = std::string(random() % bytes_max,
                                  static_cast<char>('a' + random() % 26))});
      log.append(model.back());

      const Index index = 1 + random() % model.size();
      CPPUNIT_ASSERT_EQUAL(Index{model.size()}, log.last_index());
      CPPUNIT_ASSERT_EQUAL(term, log.last_term());
      CPPUNIT_ASSERT_EQUAL(model[index - 1].term, log.term_at(index));
      CPPUNIT_ASSERT(log.at(index) == model[index - 1]);
      const Term some_term = random() % (term + 2);
      CPPUNIT_ASSERT_EQUAL(last_index_within(model, index, some_term),
                           log.last_index_within(index, some_term));
    }
    CPPUNIT_ASSERT(entries_in(log) == model);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RaftLogBlocksTest);

}  // namespace
}  // namespace raft
