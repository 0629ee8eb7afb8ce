#include "tests/sim_options.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace raft {
namespace {

constexpr std::uint64_t kEventsMax = 100'000;

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const char* end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, number);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return number;
}

std::vector<std::string_view> split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    parts.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return parts;
}

// "3", or "2-4".
bool add_range(std::set<std::uint64_t>& numbers, std::string_view text) {
  const std::size_t dash = std::min(text.find('-'), text.size());
  const auto first = number_in(text.substr(0, dash));
  const auto last =
      dash == text.size() ? first : number_in(text.substr(dash + 1));
  if (!first || !last || *first > *last || *last > kEventsMax) return false;
  for (std::uint64_t number = *first; number <= *last; ++number) {
    numbers.insert(number);
  }
  return true;
}

std::string ranges(const std::set<std::uint64_t>& numbers) {
  std::string text;
  for (auto first = numbers.begin(); first != numbers.end();) {
    auto last = first;
    auto next = std::next(first);
    while (next != numbers.end() && *next == *last + 1) last = next++;
    text += (text.empty() ? "" : ",") + std::to_string(*first);
    if (last != first) text += "-" + std::to_string(*last);
    first = next;
  }
  return text.empty() ? "none" : text;
}

std::string set_events(SimOptions& options, const std::string& value) {
  options.events.emplace();
  if (value == "none") return "";
  for (std::string_view part : split(value)) {
    if (!add_range(*options.events, part)) {
      return "--events takes numbers and ranges as in 1,4-7, or none";
    }
  }
  return "";
}

// Adds the faults that `value` names, or says why not.
std::string add_faults(std::set<Fault>& faults, const std::string& value) {
  for (std::string_view part : split(value)) {
    const auto found = std::find(kFaultNames.begin(), kFaultNames.end(), part);
    if (found == kFaultNames.end()) {
      std::string known;
      for (std::string_view name : kFaultNames) {
        known += " " + std::string(name);
      }
      return "no fault is called " + std::string(part) + "; there are" + known;
    }
    faults.insert(static_cast<Fault>(found - kFaultNames.begin()));
  }
  return "";
}

std::set<Fault> all_but(const std::set<Fault>& faults) {
  std::set<Fault> others;
  for (std::size_t i = 0; i < kFaultNames.size(); ++i) {
    const Fault fault = static_cast<Fault>(i);
    if (!faults.contains(fault)) others.insert(fault);
  }
  return others;
}

std::string set_only(SimOptions& options, const std::string& value) {
  std::set<Fault> only;
  const std::string error = value == "none" ? "" : add_faults(only, value);
  options.without = all_but(only);
  return error;
}

std::string names_of(const std::set<Fault>& faults) {
  std::string text;
  for (Fault fault : faults) {
    text += text.empty() ? "" : ",";
    text += kFaultNames[static_cast<std::size_t>(fault)];
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string text_of(const SimOptions& options) {
  std::string text = "--seed " + std::to_string(options.seed);
  if (options.nodes != 0) text += " --nodes " + std::to_string(options.nodes);
  if (options.chaos_ms != 0) {
    text += " --chaos-ms " + std::to_string(options.chaos_ms);
  }
  if (options.without.size() > kFaultNames.size() / 2) {
    text += " --only " + names_of(all_but(options.without));
  } else if (!options.without.empty()) {
    text += " --without " + names_of(options.without);
  }
  if (options.events) text += " --events " + ranges(*options.events);
  return text;
}

std::string set_option(SimOptions& options,
                       const std::string& name,
                       const std::string& value) {
  if (name == "--without") return add_faults(options.without, value);
  if (name == "--only") return set_only(options, value);
  if (name == "--events") return set_events(options, value);
  const auto number = number_in(value);
  if (!number) return name + " takes a number";
  if (name == "--seed") {
    options.seed = *number;
  } else if (name == "--nodes" && 1 <= *number && *number <= 9) {
    options.nodes = *number;
  } else if (name == "--chaos-ms" && 1 <= *number && *number <= 600'000) {
    options.chaos_ms = *number;
  } else {
    return name + " cannot be " + value;
  }
  return "";
}

}  // namespace raft
