// [since stage6_election]
// What the trials of each range of election timeouts (§9.3) have shown, in
// numbers, beside what the paper says of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/election_trial.h"

namespace raft {

// All trials of one range.
struct ElectionSeries {
  Range timeout_ms = {};
  std::vector<ElectionTrial> trials = {};
};

// In milliseconds. A trial that was given up is longer than all others, so the
// mean is nothing as soon as there is one, and the median may be.
struct ElectionSummary {
  std::size_t trials = 0;
  std::size_t given_up = 0;
  std::optional<double> smallest = {};
  std::optional<double> median = {};
  std::optional<double> mean = {};
  std::optional<double> percentile_99 = {};
  std::optional<double> worst = {};
  double terms = 0;  // the mean
};

// REQUIRES: there is a trial.
ElectionSummary summarize(const ElectionSeries& series);

// The smallest time within which `percent` of the trials had a leader, by
// nearest rank; nothing if that many never had one.
// REQUIRES: there is a trial, and 0 < percent <= 100.
std::optional<double> percentile_ms(const ElectionSeries& series,
                                    double percent);

// The ten ranges, in the paper's order: the smallest timeout is the same, then
// the ratio. The range 150-300 belongs to both panels.
extern const std::vector<Range> kRandomnessRanges;
extern const std::vector<Range> kMinimumRanges;
std::vector<Range> all_ranges();

// What the paper says of the range in words, or "".
std::string published(Range timeout_ms);

// How the trials were made, for those who read the table or see the figure.
struct ElectionNotes {
  std::uint64_t seed = 0;
  Range one_way_us = {};
  Range write_us = {};
  double broadcast_ms = 0;
  std::int64_t give_up_ms = 0;
};

// A line for each range, below a heading.
std::string election_rows(const std::vector<ElectionSeries>& series);

// The rows, and how they came about.
std::string election_table(const std::vector<ElectionSeries>& series,
                           const ElectionNotes& notes);

// The same of trials with real processes, which have no seed.
std::string real_election_table(const std::vector<ElectionSeries>& series);

// As printf.
[[gnu::format(printf, 1, 2)]] std::string format(const char* pattern, ...);

// Of the trials with a leader, ascending.
std::vector<double> times_ms(const ElectionSeries& series);

// "150-300"
std::string name_of(Range range);

// With one decimal; "-" for nothing.
std::string in_ms(std::optional<double> value);

}  // namespace raft
