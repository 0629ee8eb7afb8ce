// [since stage6_election]
#include "tests/election_statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>

#include "common/check.h"

namespace raft {

const std::vector<Range> kRandomnessRanges = {
    {150, 150}, {150, 151}, {150, 155}, {150, 175}, {150, 200}, {150, 300}};
const std::vector<Range> kMinimumRanges = {
    {12, 24}, {25, 50}, {50, 100}, {100, 200}, {150, 300}};

std::vector<Range> all_ranges() {
  std::vector<Range> ranges = kRandomnessRanges;
  ranges.insert(ranges.end(), kMinimumRanges.begin(), kMinimumRanges.end() - 1);
  return ranges;
}

std::string published(Range timeout_ms) {
  if (timeout_ms == Range{150, 150}) return "most beyond 10 s";
  if (timeout_ms == Range{150, 155}) return "median 287";
  if (timeout_ms == Range{150, 200}) return "worst 513";
  if (timeout_ms == Range{12, 24}) return "mean 35, worst 152";
  return "";
}

std::optional<double> percentile_ms(const ElectionSeries& series,
                                    double percent) {
  CHECK(!series.trials.empty());
  CHECK(percent > 0);
  CHECK(percent <= 100);
  const std::vector<double> times = times_ms(series);
  const auto total = static_cast<double>(series.trials.size());
  const auto rank =
      static_cast<std::size_t>(std::max(1.0, std::ceil(percent * total / 100)));
  if (rank > times.size()) return std::nullopt;
  return times[rank - 1];
}

ElectionSummary summarize(const ElectionSeries& series) {
  const std::vector<double> times = times_ms(series);
  ElectionSummary summary{.trials = series.trials.size(),
                          .given_up = series.trials.size() - times.size(),
                          .median = percentile_ms(series, 50),
                          .percentile_99 = percentile_ms(series, 99),
                          .worst = percentile_ms(series, 100)};
  if (!times.empty()) summary.smallest = times.front();
  const auto total = static_cast<double>(summary.trials);
  if (summary.given_up == 0) {
    double sum = 0;
    for (const double time : times) sum += time;
    summary.mean = sum / total;
  }
  double terms = 0;
  for (const ElectionTrial& trial : series.trials) {
    terms += static_cast<double>(trial.terms);
  }
  summary.terms = terms / total;
  return summary;
}

std::string election_table(const std::vector<ElectionSeries>& series,
                           const ElectionNotes& notes) {
  return "Milliseconds from the crash of a leader to the next one, seed " +
         std::to_string(notes.seed) + "\n\n" + election_rows(series) +
         format(
             "\nGiven up after %g s. A broadcast takes %.1f ms here, "
             "roughly 15 ms in the paper.\n",
             static_cast<double>(notes.give_up_ms) / 1000,
             notes.broadcast_ms);
}

std::string real_election_table(const std::vector<ElectionSeries>& series) {
  return "Milliseconds from the kill -9 of a leader to the next one, real "
         "processes\n\n" +
         election_rows(series);
}

std::string election_rows(const std::vector<ElectionSeries>& series) {
  std::string table = format("%-9s%8s%10s%9s%9s%9s%9s%8s%10s   %s\n",
                             "timeout",
                             "trials",
                             "smallest",
                             "median",
                             "mean",
                             "99 %",
                             "worst",
                             "terms",
                             "given up",
                             "the paper");
  for (const ElectionSeries& one : series) {
    const ElectionSummary summary = summarize(one);
    table += format("%-9s%8zu%10s%9s%9s%9s%9s%8.2f%10zu   %s\n",
                    name_of(one.timeout_ms).c_str(),
                    summary.trials,
                    in_ms(summary.smallest).c_str(),
                    in_ms(summary.median).c_str(),
                    in_ms(summary.mean).c_str(),
                    in_ms(summary.percentile_99).c_str(),
                    in_ms(summary.worst).c_str(),
                    summary.terms,
                    summary.given_up,
                    published(one.timeout_ms).c_str());
    // Trailing spaces help nobody.
    const std::size_t end = table.find_last_not_of(" \n");
    table.resize(end + 1);
    table += '\n';
  }
  return table;
}

std::string format(const char* pattern, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, pattern);
  std::vsnprintf(text, sizeof text, pattern, arguments);
  va_end(arguments);
  return text;
}

std::string in_ms(std::optional<double> value) {
  return value ? format("%.1f", *value) : "-";
}

std::string name_of(Range range) {
  return std::to_string(range.min) + "-" + std::to_string(range.max);
}

// Of the trials with a leader, ascending.
std::vector<double> times_ms(const ElectionSeries& series) {
  std::vector<double> times;
  for (const ElectionTrial& trial : series.trials) {
    if (!trial.time_us) continue;
    times.push_back(static_cast<double>(*trial.time_us) / 1000);
  }
  std::sort(times.begin(), times.end());
  return times;
}

}  // namespace raft
