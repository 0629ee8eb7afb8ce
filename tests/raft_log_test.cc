// [since stage3_log_repl]
// The log by itself: what it holds where, and what it refuses to hold.
#include "raft_log.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/death.h"
#include "tests/logs.h"

namespace raft {
namespace {

const std::vector<Term> kTerms = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6};

bool is_fatal(void (*act)()) {
  return last_words(act).find("CHECK failed") != std::string::npos;
}

class RaftLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RaftLogTest);
  CPPUNIT_TEST(an_empty_log_ends_at_0_in_term_0);
  CPPUNIT_TEST(the_first_entry_is_1_fig_2);
  CPPUNIT_TEST(at_gives_each_entry_as_it_was_appended);
  CPPUNIT_TEST(command_at_is_the_command_itself);
  CPPUNIT_TEST(term_at_0_is_0_the_place_that_all_logs_share);
  CPPUNIT_TEST(matches_means_that_term_at_that_index_5_3);
  CPPUNIT_TEST(matches_nothing_past_the_end_5_3);
  CPPUNIT_TEST(last_index_within_skips_later_terms_5_3);
  CPPUNIT_TEST(last_index_within_is_the_index_itself_where_the_term_allows);
  CPPUNIT_TEST(last_index_within_stops_at_the_end);
  CPPUNIT_TEST(last_index_within_agrees_with_a_linear_search);
  CPPUNIT_TEST(from_gives_the_suffix);
  CPPUNIT_TEST(from_the_end_gives_nothing);
  CPPUNIT_TEST(from_stops_at_the_byte_limit_L_20);
  CPPUNIT_TEST(from_gives_one_entry_however_large_L_20);
  CPPUNIT_TEST(truncate_from_deletes_the_entry_and_all_that_follow_fig_2);
  CPPUNIT_TEST(truncate_from_1_leaves_an_empty_log);
  CPPUNIT_TEST(a_truncated_log_grows_again);
  CPPUNIT_TEST(a_gap_is_a_bug);
  CPPUNIT_TEST(a_second_entry_at_an_index_is_a_bug);
  CPPUNIT_TEST(a_term_that_falls_is_a_bug);
  CPPUNIT_TEST(what_is_not_there_cannot_be_asked_for);
  CPPUNIT_TEST(what_is_not_there_cannot_be_deleted);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_empty_log_ends_at_0_in_term_0() {
    const RaftLog log;
    CPPUNIT_ASSERT_EQUAL(Index{0}, log.last_index());
    CPPUNIT_ASSERT_EQUAL(Term{0}, log.last_term());
  }

  void the_first_entry_is_1_fig_2() {
    const RaftLog log = log_of({7});
    CPPUNIT_ASSERT_EQUAL(Index{1}, log.last_index());
    CPPUNIT_ASSERT_EQUAL(Term{7}, log.last_term());
    CPPUNIT_ASSERT_EQUAL(Index{1}, log.at(1).index);
  }

  void at_gives_each_entry_as_it_was_appended() {
    const RaftLog log = log_of(kTerms);
    for (Index index = 1; index <= kTerms.size(); ++index) {
      CPPUNIT_ASSERT(log.at(index) == entry_of(index, kTerms[index - 1]));
      CPPUNIT_ASSERT_EQUAL(kTerms[index - 1], log.term_at(index));
    }
  }

  void command_at_is_the_command_itself() {
    const RaftLog log = log_of(kTerms);
    for (Index index = 1; index <= kTerms.size(); ++index) {
      CPPUNIT_ASSERT(log.command_at(index) == log.at(index).command);
    }
  }

  void term_at_0_is_0_the_place_that_all_logs_share() {
    CPPUNIT_ASSERT_EQUAL(Term{0}, RaftLog().term_at(0));
    CPPUNIT_ASSERT_EQUAL(Term{0}, log_of(kTerms).term_at(0));
    CPPUNIT_ASSERT(RaftLog().matches(0, 0));
    CPPUNIT_ASSERT(log_of(kTerms).matches(0, 0));
  }

  void matches_means_that_term_at_that_index_5_3() {
    const RaftLog log = log_of({1, 1, 3});
    CPPUNIT_ASSERT(log.matches(2, 1));
    CPPUNIT_ASSERT(log.matches(3, 3));
    CPPUNIT_ASSERT(!log.matches(3, 1));
    CPPUNIT_ASSERT(!log.matches(3, 2));
    CPPUNIT_ASSERT(!log.matches(2, 3));
    CPPUNIT_ASSERT(!log.matches(0, 1));
  }

  void matches_nothing_past_the_end_5_3() {
    CPPUNIT_ASSERT(!log_of({1, 1}).matches(3, 1));
    CPPUNIT_ASSERT(!log_of({1, 1}).matches(3, 0));
    CPPUNIT_ASSERT(!log_of({1, 1}).matches(~Index{0}, 1));
    CPPUNIT_ASSERT(!RaftLog().matches(1, 0));
  }

  void last_index_within_skips_later_terms_5_3() {
    const RaftLog log = log_of(kTerms);
    CPPUNIT_ASSERT_EQUAL(Index{7}, log.last_index_within(10, 5));
    CPPUNIT_ASSERT_EQUAL(Index{5}, log.last_index_within(10, 4));
    CPPUNIT_ASSERT_EQUAL(Index{3}, log.last_index_within(10, 3));
    CPPUNIT_ASSERT_EQUAL(Index{0}, log.last_index_within(10, 0));
  }

  void last_index_within_is_the_index_itself_where_the_term_allows() {
    const RaftLog log = log_of(kTerms);
    CPPUNIT_ASSERT_EQUAL(Index{4}, log.last_index_within(4, 4));
    CPPUNIT_ASSERT_EQUAL(Index{4}, log.last_index_within(4, 9));
    CPPUNIT_ASSERT_EQUAL(Index{0}, log.last_index_within(0, 9));
  }

  void last_index_within_stops_at_the_end() {
    CPPUNIT_ASSERT_EQUAL(Index{3}, log_of({1, 1, 2}).last_index_within(9, 5));
    CPPUNIT_ASSERT_EQUAL(Index{0}, RaftLog().last_index_within(9, 5));
  }

  void last_index_within_agrees_with_a_linear_search() {
    const RaftLog log = log_of(kTerms);
    for (Index index = 0; index <= 12; ++index) {
      for (Term term = 0; term <= 7; ++term) {
        Index wanted = std::min(index, log.last_index());
        while (log.term_at(wanted) > term) --wanted;
        CPPUNIT_ASSERT_EQUAL(wanted, log.last_index_within(index, term));
      }
    }
  }

  void from_gives_the_suffix() {
    const RaftLog log = log_of({1, 1, 2, 3});
    CPPUNIT_ASSERT(log.from(3, SIZE_MAX) == entries_of(3, {2, 3}));
    CPPUNIT_ASSERT(log.from(1, SIZE_MAX) == entries_of(1, {1, 1, 2, 3}));
  }

  void from_the_end_gives_nothing() {
    CPPUNIT_ASSERT(log_of({1, 1}).from(3, SIZE_MAX).empty());
    CPPUNIT_ASSERT(RaftLog().from(1, SIZE_MAX).empty());
  }

  void from_stops_at_the_byte_limit_L_20() {
    RaftLog log;
    for (Index index = 1; index <= 5; ++index) log.append({1, index, "1234"});

    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log.from(1, 8).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, log.from(1, 11).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, log.from(1, 12).size());
    CPPUNIT_ASSERT_EQUAL(Index{4}, log.from(4, 8).front().index);
  }

  void from_gives_one_entry_however_large_L_20() {
    RaftLog log;
    log.append({1, 1, std::string(100, 'x')});
    log.append({1, 2, "y"});

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.from(1, 10).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.from(1, 0).size());
  }

  void truncate_from_deletes_the_entry_and_all_that_follow_fig_2() {
    RaftLog log = log_of({1, 1, 2, 2, 3});
    log.truncate_from(3);
    CPPUNIT_ASSERT(entries_in(log) == entries_of(1, {1, 1}));
  }

  void truncate_from_1_leaves_an_empty_log() {
    RaftLog log = log_of({1, 1});
    log.truncate_from(1);
    CPPUNIT_ASSERT_EQUAL(Index{0}, log.last_index());
    CPPUNIT_ASSERT_EQUAL(Term{0}, log.last_term());
  }

  void a_truncated_log_grows_again() {
    RaftLog log = log_of({1, 2, 2});
    log.truncate_from(2);
    log.append(entry_of(2, 3));
    CPPUNIT_ASSERT_EQUAL(std::string("1 3"), terms_in(log));
  }

  void a_gap_is_a_bug() {
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).append(entry_of(4, 1)); }));
    CPPUNIT_ASSERT(is_fatal([] { RaftLog().append(entry_of(0, 1)); }));
  }

  void a_second_entry_at_an_index_is_a_bug() {
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).append(entry_of(2, 1)); }));
  }

  void a_term_that_falls_is_a_bug() {
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 3}).append(entry_of(3, 2)); }));
  }

  void what_is_not_there_cannot_be_asked_for() {
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).at(0); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).at(3); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).command_at(0); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).command_at(3); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).term_at(3); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).from(0, 1); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).from(4, 1); }));
  }

  void what_is_not_there_cannot_be_deleted() {
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).truncate_from(0); }));
    CPPUNIT_ASSERT(is_fatal([] { log_of({1, 1}).truncate_from(3); }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RaftLogTest);

}  // namespace
}  // namespace raft
