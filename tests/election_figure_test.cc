// [since stage6_election]
// The figure is a picture of its numbers.
#include "tests/election_figure.h"

#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::optional<std::int64_t> kGivenUp = std::nullopt;

// Every range, with `times_us` for each.
std::vector<ElectionSeries> all_of(
    const std::vector<std::optional<std::int64_t>>& times_us) {
  std::vector<ElectionSeries> all;
  for (const Range range : all_ranges()) {
    ElectionSeries& series = all.emplace_back();
    series.timeout_ms = range;
    for (const auto& time_us : times_us) {
      series.trials.push_back({.time_us = time_us, .terms = 2});
    }
  }
  return all;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

class ElectionFigureTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ElectionFigureTest);
  CPPUNIT_TEST(a_logarithmic_axis_has_its_middle_at_the_geometric_mean);
  CPPUNIT_TEST(what_is_off_the_axis_is_at_its_end);
  CPPUNIT_TEST(text_in_the_picture_cannot_be_markup);
  CPPUNIT_TEST(the_picture_has_a_curve_a_range_and_closes_what_it_opens);
  CPPUNIT_TEST(a_curve_rises_by_a_step_a_trial_to_the_share_with_a_leader);
  CPPUNIT_TEST(real_trials_have_lines_beside_all_that_the_paper_says);
  CPPUNIT_TEST(a_real_trial_that_was_given_up_is_missing_at_the_end);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_logarithmic_axis_has_its_middle_at_the_geometric_mean() {
    CPPUNIT_ASSERT_EQUAL(0.0, log_position(10, 10, 1000, 300));
    CPPUNIT_ASSERT_DOUBLES_EQUAL(150, log_position(100, 10, 1000, 300), 1e-9);
    CPPUNIT_ASSERT_DOUBLES_EQUAL(300, log_position(1000, 10, 1000, 300), 1e-9);
  }

  void what_is_off_the_axis_is_at_its_end() {
    CPPUNIT_ASSERT_EQUAL(0.0, log_position(0, 10, 1000, 300));
    CPPUNIT_ASSERT_DOUBLES_EQUAL(300, log_position(1e9, 10, 1000, 300), 1e-9);
  }

  void text_in_the_picture_cannot_be_markup() {
    CPPUNIT_ASSERT_EQUAL("&lt;b a=&quot;&amp;amp;&quot;&gt;\u00a7"s,
                         xml_text("<b a=\"&amp;\">\u00a7"));
  }

  void the_picture_has_a_curve_a_range_and_closes_what_it_opens() {
    const std::string svg = election_svg(all_of({100'000, 200'000}), {});
    CPPUNIT_ASSERT(svg.starts_with("<svg xmlns="));
    CPPUNIT_ASSERT(svg.ends_with("</svg>\n"));
    CPPUNIT_ASSERT_EQUAL(kRandomnessRanges.size() + kMinimumRanges.size(),
                         count(svg, "<path class=\"line line") / 2);
    for (const std::string tag : {"svg", "text", "title", "desc", "style"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          tag,
          count(svg, "<" + tag + " ") + count(svg, "<" + tag + ">"),
          count(svg, "</" + tag + ">"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string::npos, svg.find("nan"));
    CPPUNIT_ASSERT_EQUAL(std::string::npos, svg.find("inf"));
  }

  void a_curve_rises_by_a_step_a_trial_to_the_share_with_a_leader() {
    const std::string half =
        election_svg(all_of({100'000, kGivenUp}), {.give_up_ms = 10'000});
    const std::string whole =
        election_svg(all_of({100'000, 100'000}), {.give_up_ms = 10'000});
    // The first panel is 250 high, from 40 on.
    const std::string up_to_half = "V165.0H624.0\"/>";
    CPPUNIT_ASSERT_EQUAL(kRandomnessRanges.size(), count(half, up_to_half));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(whole, up_to_half));
    CPPUNIT_ASSERT_EQUAL(kRandomnessRanges.size(),
                         count(whole, "V40.0H624.0\"/>"));
    // Of no trial with a leader, the axis is left.
    const std::string never = election_svg(all_of({kGivenUp}), {});
    CPPUNIT_ASSERT_EQUAL(kRandomnessRanges.size(),
                         count(never, "M64.0 290.0H624.0\"/>"));
  }

  // A line in each panel that has the range, and one in its legend.
  void real_trials_have_lines_beside_all_that_the_paper_says() {
    const ElectionTrial trial{.time_us = 250'000, .terms = 1};
    const std::string svg = real_election_svg(
        {{{150, 300}, {trial, trial}}, {{150, 200}, {trial, trial}}}, 10'000);

    CPPUNIT_ASSERT_EQUAL(std::size_t{2 * 2}, count(svg, "line line5\""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, count(svg, "line line4\""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{6}, count(svg, "class=\"line line"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, count(svg, "150-300 ms: 250, 250 ms"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{5}, count(svg, "class=\"point "));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(svg, "150-200: worst 513, ours 250.0<"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(svg, "150-155: median 287<"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(svg, "12-24: worst 152<"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(svg, "2 trials of each range"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, count(svg, "virtual time"));
    CPPUNIT_ASSERT(svg.starts_with("<svg xmlns="));
    CPPUNIT_ASSERT(svg.ends_with("</svg>\n"));
  }

  void a_real_trial_that_was_given_up_is_missing_at_the_end() {
    const std::string svg = real_election_svg(
        {{{150, 200}, {{.time_us = 250'000, .terms = 1}, {}}}}, 10'000);

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, count(svg, "V165.0H624.0\"/>"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(svg, "150-200 ms: 50 % beyond 10 s"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ElectionFigureTest);

}  // namespace
}  // namespace raft
