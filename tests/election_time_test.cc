// [since stage6_election]
// How long elections take (§9.3), in virtual time, with so much room that no
// sound change of the core leaves it.
#include "tests/election_time.h"

#include <cppunit/extensions/HelperMacros.h>

#include "tests/election_statistics.h"

namespace raft {
namespace {

constexpr std::uint64_t kTrials = 100;

ElectionSeries run(Range timeout_ms, ElectionSettings settings = {}) {
  settings.timeout_ms = timeout_ms;
  return {timeout_ms, run_election_trials(settings, kTrials)};
}

class ElectionTimeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionTimeTest);
  CPPUNIT_TEST(the_same_seed_gives_the_same_times);
  CPPUNIT_TEST(another_seed_or_number_gives_other_times);
  CPPUNIT_TEST(without_randomness_votes_split_for_ever_5_2);
  CPPUNIT_TEST(five_milliseconds_of_randomness_help_much_9_3);
  CPPUNIT_TEST(fifty_milliseconds_leave_few_split_votes_9_3);
  CPPUNIT_TEST(short_timeouts_elect_within_some_broadcasts_9_3);
  CPPUNIT_TEST(nobody_leads_before_half_of_the_smallest_timeout_9_3);
  CPPUNIT_TEST(a_slower_network_splits_more_votes_5_6);
  CPPUNIT_TEST(a_broadcast_is_two_writes_and_two_messages);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_same_seed_gives_the_same_times() {
    CPPUNIT_ASSERT(run({150, 200}).trials == run({150, 200}).trials);
  }

  void another_seed_or_number_gives_other_times() {
    CPPUNIT_ASSERT(run({150, 200}).trials !=
                   run({150, 200}, {.seed = 2}).trials);
    const ElectionSeries series = run({150, 200});
    CPPUNIT_ASSERT(series.trials[0] != series.trials[1]);
  }

  // Servers whose timers run out together vote for themselves together.
  void without_randomness_votes_split_for_ever_5_2() {
    const ElectionSeries series = run({150, 150}, {.give_up_ms = 1000});
    CPPUNIT_ASSERT(summarize(series).given_up > kTrials * 9 / 10);
  }

  // The paper's median is 287 ms.
  void five_milliseconds_of_randomness_help_much_9_3() {
    const ElectionSummary summary = summarize(run({150, 155}));
    CPPUNIT_ASSERT(summary.given_up == 0);
    CPPUNIT_ASSERT(*summary.median > 200);
    CPPUNIT_ASSERT(*summary.median < 450);
  }

  // The paper's worst of 1000 is 513 ms.
  void fifty_milliseconds_leave_few_split_votes_9_3() {
    const ElectionSummary summary = summarize(run({150, 200}));
    CPPUNIT_ASSERT(*summary.median < 200);
    CPPUNIT_ASSERT(*summary.worst < 800);
    CPPUNIT_ASSERT(summary.terms < 3);
  }

  // The paper's mean is 35 ms, its worst of 1000 is 152 ms.
  void short_timeouts_elect_within_some_broadcasts_9_3() {
    const ElectionSummary summary = summarize(run({12, 24}));
    CPPUNIT_ASSERT(*summary.mean > 20);
    CPPUNIT_ASSERT(*summary.mean < 60);
    CPPUNIT_ASSERT(*summary.worst < 300);
  }

  // The leader has sent a heartbeat no longer ago.
  void nobody_leads_before_half_of_the_smallest_timeout_9_3() {
    for (const Range range : {Range{12, 24}, Range{50, 100}, Range{150, 300}}) {
      const ElectionSummary summary = summarize(run(range));
      CPPUNIT_ASSERT(*summary.smallest >= static_cast<double>(range.min) / 2);
    }
  }

  // The broadcast time must be small against the election timeout.
  void a_slower_network_splits_more_votes_5_6() {
    const ElectionSettings slow{.one_way_us = {7000, 8000}, .write_us = {0, 0}};
    const ElectionSettings fast{.one_way_us = {100, 200}, .write_us = {0, 0}};
    CPPUNIT_ASSERT(summarize(run({50, 100}, slow)).terms >
                   summarize(run({50, 100}, fast)).terms);
    CPPUNIT_ASSERT(*summarize(run({12, 24}, slow)).mean >
                   2 * *summarize(run({12, 24}, fast)).mean);
  }

  void a_broadcast_is_two_writes_and_two_messages() {
    CPPUNIT_ASSERT_DOUBLES_EQUAL(
        2 * 3.0 + 2 * 1.5,
        broadcast_ms({.one_way_us = {1500, 1500}, .write_us = {3000, 3000}}),
        1e-9);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionTimeTest);

}  // namespace
}  // namespace raft
