// [since stage6_election]
// Fig. 16 of the paper as a picture (SVG): its two panels, with our curves and
// the numbers that the paper gives for its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/election_statistics.h"

namespace raft {

// An SVG document. REQUIRES: `series` has all_ranges().
std::string election_svg(const std::vector<ElectionSeries>& series,
                         const ElectionNotes& notes);

// The same picture of trials with real processes: of those ranges that `series`
// has. The paper's numbers are all there. REQUIRES: there is a range, and each
// one has trials.
std::string real_election_svg(const std::vector<ElectionSeries>& series,
                              std::int64_t give_up_ms);

// Where `value` lies on a logarithmic axis from `low` at 0 to `high` at
// `length`; never outside. REQUIRES: 0 < low < high.
double log_position(double value, double low, double high, double length);

// A text for XML: & < > and quotation marks are replaced.
std::string xml_text(const std::string& text);

}  // namespace raft
