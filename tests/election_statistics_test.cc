// [since stage6_election]
// The numbers behind the figure.
#include "tests/election_statistics.h"

#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::optional<std::int64_t> kGivenUp = std::nullopt;

ElectionSeries series_of(Range range,
                         std::vector<std::optional<std::int64_t>> times_us) {
  ElectionSeries series{.timeout_ms = range};
  for (const auto& time_us : times_us) {
    series.trials.push_back({.time_us = time_us, .terms = 2});
  }
  return series;
}

class ElectionStatisticsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionStatisticsTest);
  CPPUNIT_TEST(a_percentile_is_a_trial_by_nearest_rank);
  CPPUNIT_TEST(who_never_had_a_leader_is_slower_than_all_others);
  CPPUNIT_TEST(a_summary_of_one_trial_is_that_trial);
  CPPUNIT_TEST(the_ten_ranges_are_those_of_both_panels);
  CPPUNIT_TEST(the_table_has_a_line_a_range_and_the_papers_numbers);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_percentile_is_a_trial_by_nearest_rank() {
    const auto series = series_of({1, 2}, {4000, 1000, 3000, 2000});
    CPPUNIT_ASSERT_EQUAL(1.0, *percentile_ms(series, 1));
    CPPUNIT_ASSERT_EQUAL(1.0, *percentile_ms(series, 25));
    CPPUNIT_ASSERT_EQUAL(2.0, *percentile_ms(series, 26));
    CPPUNIT_ASSERT_EQUAL(2.0, *percentile_ms(series, 50));
    CPPUNIT_ASSERT_EQUAL(4.0, *percentile_ms(series, 99));
    CPPUNIT_ASSERT_EQUAL(4.0, *percentile_ms(series, 100));
  }

  // So no number hides them.
  void who_never_had_a_leader_is_slower_than_all_others() {
    const auto series = series_of({1, 2}, {kGivenUp, 3000, kGivenUp, 1500});
    const ElectionSummary summary = summarize(series);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, summary.trials);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, summary.given_up);
    CPPUNIT_ASSERT_EQUAL(1.5, *summary.smallest);
    CPPUNIT_ASSERT_EQUAL(3.0, *summary.median);
    CPPUNIT_ASSERT(!summary.mean);
    CPPUNIT_ASSERT(!summary.percentile_99);
    CPPUNIT_ASSERT(!summary.worst);

    const ElectionSummary none = summarize(series_of({1, 2}, {kGivenUp}));
    CPPUNIT_ASSERT(!none.smallest);
    CPPUNIT_ASSERT(!none.median);
  }

  void a_summary_of_one_trial_is_that_trial() {
    const ElectionSummary summary = summarize(series_of({1, 2}, {1250}));
    for (const auto& value : {summary.smallest,
                              summary.median,
                              summary.mean,
                              summary.percentile_99,
                              summary.worst}) {
      CPPUNIT_ASSERT_EQUAL(1.25, *value);
    }
    CPPUNIT_ASSERT_EQUAL(2.0, summary.terms);
  }

  void the_ten_ranges_are_those_of_both_panels() {
    const auto all = all_ranges();
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, all.size());
    for (const auto& panel : {kRandomnessRanges, kMinimumRanges}) {
      for (const Range range : panel) {
        CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1},
                             std::count(all.begin(), all.end(), range));
      }
    }
  }

  void the_table_has_a_line_a_range_and_the_papers_numbers() {
    const std::string table = election_table(
        {series_of({150, 155}, {280'000, 290'040, 295'000}),
         series_of({150, 150}, {kGivenUp, 1'000'000})},
        {.seed = 7, .broadcast_ms = 11.04, .give_up_ms = 10'000});
    CPPUNIT_ASSERT_EQUAL(
        "Milliseconds from the crash of a leader to the next one, seed 7\n\n"
        "timeout    trials  smallest   median     mean     99 %    worst   "
        "terms  given up   the paper\n"
        "150-155         3     280.0    290.0    288.3    295.0    295.0    "
        "2.00         0   median 287\n"
        "150-150         2    1000.0   1000.0        -        -        -    "
        "2.00         1   most beyond 10 s\n"
        "\nGiven up after 10 s. A broadcast takes 11.0 ms here, roughly 15 ms "
        "in the paper.\n"s,
        table);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionStatisticsTest);

}  // namespace
}  // namespace raft
