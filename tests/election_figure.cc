// [since stage6_election]
#include "tests/election_figure.h"

#include <algorithm>
#include <cmath>

#include "common/check.h"

namespace raft {
namespace {

// What is told of the trials, beside their numbers.
struct Words {
  std::string table = {};  // for those who don't see the picture
  std::vector<std::string> caption = {};
  double give_up_s = 0;
};

// Null if there are no trials of that range.
const ElectionSeries* find(const std::vector<ElectionSeries>& series,
                           Range range) {
  for (const ElectionSeries& one : series) {
    if (one.timeout_ms == range) return &one;
  }
  return nullptr;
}

// One of the figure's two diagrams.
struct Panel {
  double top = 0;
  double low_ms = 0;  // of the axis
  double high_ms = 0;
  std::vector<double> ticks_ms = {};
  std::string title = {};
  std::vector<Range> ranges = {};
};

// Which of the line styles; the range in both panels looks the same in both.
int style_of(const Panel& panel, std::size_t i) {
  if (panel.ranges[i] == Range{150, 300}) return 5;
  return static_cast<int>(i);
}

// A number that the paper gives, drawn where its own curve has it: somewhere
// from one percentage to the other. A mean is on no curve, but on the axis.
struct Published {
  double time_ms = 0;
  double percent = 0;
  double percent_max = 0;
  int line = 0;  // of the panel's ranges
  Range range = {};
  std::string text = {};
  std::optional<double> ElectionSummary::*ours = nullptr;  // to compare with
};

const std::vector<Published> kRandomnessPublished = {
    {10'000, 0, 50, 0, {150, 150}, "most beyond 10 s"},
    {287, 50, 50, 2, {150, 155}, "median 287", &ElectionSummary::median},
    {513, 100, 100, 4, {150, 200}, "worst 513", &ElectionSummary::worst}};
const std::vector<Published> kMinimumPublished = {
    {35, 0, 0, 0, {12, 24}, "mean 35", &ElectionSummary::mean},
    {152, 100, 100, 0, {12, 24}, "worst 152", &ElectionSummary::worst}};

constexpr double kLeft = 64;
constexpr double kWidth = 560;
constexpr double kHeight = 250;
constexpr double kSecondTop = 390;
constexpr double kTotalWidth = 900;
constexpr double kTotalHeight = 790;

// Colours that also those tell apart who see no red or green (Okabe and Ito),
// and a pattern of dashes each.
constexpr const char* kStyle = R"(<style>
  :root { --paper: #ffffff; --ink: #1f2430; --faint: #5d6675;
    --rule: #d6dbe3; --c0: #1f2430; --c2: #0072b2; --c4: #8a6d00; }
  @media (prefers-color-scheme: dark) {
    :root { --paper: #1b1f26; --ink: #dde1e8; --faint: #9aa3b2;
      --rule: #363d49; --c0: #dde1e8; --c2: #56b4e9; --c4: #f0e442; }
  }
  .paper { fill: var(--paper); }
  text { font: 13px system-ui, "DejaVu Sans", Arial, sans-serif;
    fill: var(--ink); }
  .title { font-size: 15px; font-weight: 600; }
  .faint { fill: var(--faint); font-size: 12px; }
  .end { text-anchor: end; }
  .middle { text-anchor: middle; }
  .grid { stroke: var(--rule); stroke-width: 1; }
  .axis { stroke: var(--faint); stroke-width: 1; fill: none; }
  .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; }
  .line0 { stroke: var(--c0); stroke-dasharray: 1.5 3; }
  .line1 { stroke: #d55e00; stroke-dasharray: 9 3; }
  .line2 { stroke: var(--c2); }
  .line3 { stroke: #cc79a7; stroke-dasharray: 4 2; }
  .line4 { stroke: var(--c4); stroke-dasharray: 11 3 2 3; }
  .line5 { stroke: #009e73; }
  .point { stroke-width: 2.5; stroke-dasharray: none; fill: var(--paper); }
  .span { stroke-width: 7; stroke-dasharray: none; opacity: 0.35; }
</style>
)";

std::string text_at(double x,
                    double y,
                    const std::string& style,
                    const std::string& text) {
  return format(
             "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\">", x, y, style.c_str()) +
         xml_text(text) + "</text>\n";
}

double x_of(const Panel& panel, double time_ms) {
  return kLeft + log_position(time_ms, panel.low_ms, panel.high_ms, kWidth);
}

double y_of(const Panel& panel, double percent) {
  return panel.top + kHeight * (1 - percent / 100);
}

std::string grid_line(double x, double y, char direction, double length) {
  return format("<path class=\"grid\" d=\"M%.1f %.1f%c%.1f\"/>\n",
                x,
                y,
                direction,
                length);
}

std::string axes(const Panel& panel) {
  const double bottom = panel.top + kHeight;
  std::string svg = text_at(kLeft, panel.top - 14, "title", panel.title);
  for (int percent = 0; percent <= 100; percent += 20) {
    const double y = y_of(panel, percent);
    svg += grid_line(kLeft, y, 'h', kWidth);
    svg +=
        text_at(kLeft - 8, y + 4, "faint end", std::to_string(percent) + " %");
  }
  for (const double tick : panel.ticks_ms) {
    const double x = x_of(panel, tick);
    const auto name =
        tick >= 1000 ? format("%g s", tick / 1000) : format("%g ms", tick);
    svg += grid_line(x, panel.top, 'v', kHeight);
    svg += text_at(x, bottom + 18, "faint middle", name);
  }
  svg += text_at(
      kLeft + kWidth / 2, bottom + 38, "faint middle", "time without a leader");
  return svg + format("<path class=\"axis\" d=\"M%.1f %.1fV%.1fH%.1f\"/>\n",
                      kLeft,
                      panel.top,
                      bottom,
                      kLeft + kWidth);
}

// A step up at each trial's time; the share of those given up is missing at
// its right end.
std::string curve(const Panel& panel, const ElectionSeries& series, int line) {
  const std::vector<double> times = times_ms(series);
  const auto total = static_cast<double>(series.trials.size());
  std::string path;
  double percent = 0;
  for (std::size_t i = 0; i < times.size(); ++i) {
    const double x = x_of(panel, times[i]);
    if (path.empty()) path = format("M%.1f %.1f", x, y_of(panel, 0));
    percent = static_cast<double>(i + 1) * 100 / total;
    path += format("H%.1fV%.1f", x, y_of(panel, percent));
  }
  if (path.empty()) path = format("M%.1f %.1f", kLeft, y_of(panel, 0));
  path += format("H%.1f", kLeft + kWidth);
  return format("<path class=\"line line%d\" d=\"", line) + path + "\"/>\n";
}

std::string legend(const Panel& panel,
                   const std::vector<ElectionSeries>& series,
                   double give_up_s) {
  const double x = kLeft + kWidth + 16;
  double y = panel.top + 6;
  std::string svg = text_at(x, y, "faint", "Election timeout: median, worst");
  for (std::size_t i = 0; i < panel.ranges.size(); ++i) {
    const ElectionSeries* ours = find(series, panel.ranges[i]);
    if (ours == nullptr) continue;
    const ElectionSummary summary = summarize(*ours);
    y += 24;
    svg += format("<path class=\"line line%d\" d=\"M%.1f %.1fh30\"/>\n",
                  style_of(panel, i),
                  x,
                  y - 4);
    std::string text = name_of(panel.ranges[i]) + " ms: ";
    if (summary.given_up > 0) {
      const auto share = static_cast<double>(summary.given_up) * 100 /
                         static_cast<double>(summary.trials);
      text += format("%.0f %% beyond %g s", share, give_up_s);
    } else {
      text += format("%.0f, %.0f ms", *summary.median, *summary.worst);
    }
    svg += text_at(x + 38, y, "", text);
  }
  return svg;
}

std::string points(const Panel& panel,
                   const std::vector<Published>& published,
                   const std::vector<ElectionSeries>& series,
                   double legend_y) {
  const double x = kLeft + kWidth + 16;
  double y = panel.top + legend_y;
  std::string svg =
      text_at(x, y, "faint", "What the paper says of its own (ms):");
  for (std::size_t i = 0; i < published.size(); ++i) {
    const Published& point = published[i];
    const char letter = static_cast<char>('A' + i);
    const double px = x_of(panel, point.time_ms);
    const double py = y_of(panel, point.percent);
    svg += format("<path class=\"span line%d\" d=\"M%.1f %.1fV%.1f\"/>\n",
                  point.line,
                  px,
                  py,
                  y_of(panel, point.percent_max));
    svg += format(
        "<path class=\"point line%d\" d=\"M%.1f %.1fl7 7l-7 7l-7 -7z\"/>\n",
        point.line,
        px,
        py - 7);
    svg += text_at(px + 10, py + (point.percent > 99 ? 18 : -8), "", {letter});
    y += 20;
    std::string text = name_of(point.range) + ": " + point.text;
    const ElectionSeries* ours = find(series, point.range);
    if (ours != nullptr && point.ours != nullptr) {
      text += ", ours " + in_ms(summarize(*ours).*point.ours);
    }
    svg += text_at(x, y, "", letter + ("  " + text));
  }
  return svg;
}

constexpr const char* kCaption =
    "After Fig. 16 of the Raft paper (\u00a79.3): the share of trials that "
    "have a new leader within a time from the crash of the old one.";

std::vector<std::string> caption(const ElectionNotes& notes) {
  return {
      kCaption,
      "Ours: the real core in virtual time. Five servers; the leader crashes "
      "within half of the smallest timeout after a heartbeat to all;",
      "four different logs are left, two of them too short to win. "
      "Diamonds: what the paper says of its own cluster.",
      format("Assumed: %g to %g ms for a message, %g to %g ms for a write, "
             "uniformly; so a broadcast takes %.1f ms (the paper: roughly 15).",
             static_cast<double>(notes.one_way_us.min) / 1000,
             static_cast<double>(notes.one_way_us.max) / 1000,
             static_cast<double>(notes.write_us.min) / 1000,
             static_cast<double>(notes.write_us.max) / 1000,
             notes.broadcast_ms),
      format("Trials are given up after %g s. Seed %llu.",
             static_cast<double>(notes.give_up_ms) / 1000,
             static_cast<unsigned long long>(notes.seed))};
}

std::vector<std::string> real_caption(std::size_t trials, double give_up_s) {
  return {
      kCaption,
      "Ours: real processes on one machine. Five servers; the leader is "
      "killed (kill -9) at any moment;",
      "nobody writes, so the logs are equal, and each of the four that are "
      "left can win. Diamonds: what the paper says of its own cluster.",
      format(
          "%zu trials of each range, given up after %g s.", trials, give_up_s)};
}

std::string draw(const std::vector<ElectionSeries>& series,
                 const Words& words) {
  const Panel randomness{
      .top = 40,
      .low_ms = 50,
      .high_ms = 12'000,
      .ticks_ms = {50, 100, 200, 500, 1000, 2000, 5000, 10'000},
      .title = "More randomness in the election timeout",
      .ranges = kRandomnessRanges};
  const Panel minimum{.top = kSecondTop,
                      .low_ms = 8,
                      .high_ms = 1'000,
                      .ticks_ms = {10, 20, 50, 100, 200, 500, 1000},
                      .title = "Smaller election timeouts",
                      .ranges = kMinimumRanges};
  std::string svg = format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
      "role=\"img\" aria-labelledby=\"title description\">\n",
      kTotalWidth,
      kTotalHeight);
  svg += "<title id=\"title\">Time to elect a new leader</title>\n";
  svg += "<desc id=\"description\">" + xml_text(words.table) + "</desc>\n";
  svg += kStyle;
  svg += "<rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n";
  for (const Panel& panel : {randomness, minimum}) {
    svg += axes(panel);
    for (std::size_t i = 0; i < panel.ranges.size(); ++i) {
      const ElectionSeries* ours = find(series, panel.ranges[i]);
      if (ours != nullptr) svg += curve(panel, *ours, style_of(panel, i));
    }
    svg += legend(panel, series, words.give_up_s);
  }
  svg += points(randomness, kRandomnessPublished, series, 182);
  svg += points(minimum, kMinimumPublished, series, 158);
  double y = kTotalHeight - 92;
  for (const std::string& line : words.caption) {
    svg += text_at(20, y, "faint", line);
    y += 18;
  }
  return svg + "</svg>\n";
}

}  // namespace

std::string election_svg(const std::vector<ElectionSeries>& series,
                         const ElectionNotes& notes) {
  for (const Range range : all_ranges()) CHECK(find(series, range) != nullptr);
  return draw(series,
              {.table = election_table(series, notes),
               .caption = caption(notes),
               .give_up_s = static_cast<double>(notes.give_up_ms) / 1000});
}

std::string real_election_svg(const std::vector<ElectionSeries>& series,
                              std::int64_t give_up_ms) {
  CHECK(!series.empty());
  const double give_up_s = static_cast<double>(give_up_ms) / 1000;
  return draw(series,
              {.table = real_election_table(series),
               .caption = real_caption(series.front().trials.size(), give_up_s),
               .give_up_s = give_up_s});
}

double log_position(double value, double low, double high, double length) {
  CHECK(low > 0);
  CHECK(low < high);
  const double inside = std::clamp(value, low, high);
  return length * std::log(inside / low) / std::log(high / low);
}

std::string xml_text(const std::string& text) {
  std::string result;
  for (const char c : text) {
    switch (c) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      case '"':
        result += "&quot;";
        break;
      default:
        result += c;
    }
  }
  return result;
}

}  // namespace raft
