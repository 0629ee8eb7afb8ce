#include "tests/linearizability.h"

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "tests/register_configurations.h"
#include "tests/register_search.h"
#include "tests/register_step.h"

namespace raft {
namespace {

using Needs = RegisterStep::Needs;
using Outcome = Operation::Outcome;

// How many puts are tried as the beginning of an explanation.
constexpr std::size_t kCutsMax = 200;

// How many lines of operations are shown of each kind.
constexpr std::size_t kLinesMax = 20;

// How many operations all searches of one shrinking may read, in sum.
constexpr std::size_t kShrinkingMax = 5'000'000;

// The part of a history that ends when operation `last` returns: what begins
// after that is left out, and what is under way then has an unknown outcome.
std::vector<Operation> up_to(const std::vector<Operation>& operations,
                             std::size_t last) {
  const std::uint64_t end_ns = operations[last].returned_ns;
  std::vector<Operation> part;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].invoked_ns > end_ns) continue;
    part.push_back(operations[i]);
    if (i == last || part.back().outcome == Outcome::kUnknown ||
        part.back().returned_ns < end_ns) {
      continue;
    }
    // An answer that is yet to come says what the key had by then.
    part.back().outcome = part.back().outcome == Outcome::kOk
                              ? Outcome::kUnknown
                              : Outcome::kNotExecuted;
  }
  std::erase_if(part, [](const Operation& each) { return !step_of(each); });
  return part;
}

// Leaves out the writes of unknown outcome whose values nobody has to see, be
// it to make a write of unknown outcome that somebody has to see.
std::vector<Operation> useful(std::vector<Operation> operations) {
  std::set<std::optional<std::string>> seen;
  bool is_presence_seen = false;
  const auto is_useful = [&](const Operation& operation) {
    if (operation.outcome != Outcome::kUnknown) return true;
    const auto step = step_of(operation);
    return seen.contains(step->made) || (step->made && is_presence_seen);
  };
  for (std::size_t before = kNone; before != seen.size() + is_presence_seen;) {
    before = seen.size() + is_presence_seen;
    for (const Operation& operation : operations) {
      if (!is_useful(operation)) continue;
      const auto step = step_of(operation);
      if (step->needs == Needs::kValue) seen.insert(step->needed);
      if (step->needs == Needs::kPresent) is_presence_seen = true;
    }
  }
  std::erase_if(operations,
                [&](const Operation& each) { return !is_useful(each); });
  return operations;
}

// Leaves out operations [first, last), save a write whose result others may
// have seen. Without the rest a linearizable history stays linearizable, so
// that what contradicts itself afterwards has done so before.
std::vector<Operation> without(const std::vector<Operation>& operations,
                               std::size_t first,
                               std::size_t last) {
  std::map<std::optional<std::string>, std::size_t> needed;  // by how many
  std::size_t present_needed = 0;
  const auto count = [&](const RegisterStep& step, std::size_t change) {
    if (step.needs == Needs::kValue) needed[step.needed] += change;
    if (step.needs == Needs::kPresent) present_needed += change;
  };
  for (const Operation& each : operations) count(*step_of(each), 1);
  std::vector<Operation> rest;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    const auto step = step_of(operations[i]);
    const bool may_be_seen =
        step->is_write &&
        (needed[step->made] > 0 || (step->made && present_needed > 0));
    if (i < first || i >= last || may_be_seen) {
      rest.push_back(operations[i]);
    } else {
      count(*step, std::size_t{} - 1);
    }
  }
  return useful(std::move(rest));
}

// The part of a history after put `first` took effect, whatever was before it.
// Linearizable if the history is: of an order of the whole, what stands after
// the put is an order of this. What overlaps the put may stand before or after
// it, so its outcome counts as unknown here.
std::vector<Operation> since(const std::vector<Operation>& operations,
                             std::size_t first) {
  std::vector<Operation> part;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    Operation operation = operations[i];
    const bool is_unknown = operation.outcome == Outcome::kUnknown;
    if (i != first && !is_unknown &&
        operation.returned_ns < operations[first].invoked_ns) {
      continue;
    }
    if (i != first && operation.invoked_ns <= operations[first].returned_ns) {
      if (!step_of(operation)->is_write) continue;
      operation.outcome = Outcome::kUnknown;
    }
    part.push_back(operation);
  }
  return part;
}

// How many of the operations make what `stuck` needs.
std::size_t makers(const std::vector<Operation>& operations,
                   const RegisterStep& stuck) {
  if (stuck.needs != Needs::kValue) return 0;
  const auto makes_it = [&](const Operation& operation) {
    const auto step = step_of(operation);
    return step && step->is_write && step->made == stuck.needed;
  };
  return static_cast<std::size_t>(std::ranges::count_if(operations, makes_it));
}

// Cuts off as much of the beginning as can be done without, but not where the
// value that operation `stuck` needs comes from: a reader will ask.
std::vector<Operation> cut(const std::vector<Operation>& operations,
                           const Operation& stuck,
                           std::uint64_t configurations_max) {
  const RegisterStep step = *step_of(stuck);
  const std::size_t sources = makers(operations, step);
  std::vector<std::size_t> puts;
  for (std::size_t i = 0; i < operations.size(); ++i) {
    if (operations[i].kind == Operation::Kind::kPut &&
        operations[i].outcome == Outcome::kOk) {
      puts.push_back(i);
    }
  }
  std::ranges::sort(puts, std::greater(), [&](std::size_t i) {
    return operations[i].invoked_ns;
  });
  if (puts.size() > kCutsMax) puts.resize(kCutsMax);
  for (const std::size_t put : puts) {
    auto part = since(operations, put);
    if (makers(part, step) < sources) continue;
    if (search_register(part, configurations_max).end ==
        RegisterSearch::End::kStuck) {
      return part;
    }
  }
  return operations;
}

// A small part of a history that is not linearizable for which that holds too.
// It may not be the smallest one.
std::vector<Operation> shrink(std::vector<Operation> operations,
                              std::uint64_t configurations_max) {
  std::size_t read = 0;
  for (std::size_t block = (operations.size() + 1) / 2; block > 0; block /= 2) {
    for (std::size_t first = 0; first < operations.size();) {
      if (read > kShrinkingMax) return operations;
      read += operations.size();
      auto rest = without(
          operations, first, std::min(first + block, operations.size()));
      if (rest.size() < operations.size() &&
          search_register(rest, configurations_max).end ==
              RegisterSearch::End::kStuck) {
        operations = std::move(rest);
      } else {
        first += block;
      }
    }
  }
  return operations;
}

// The last ones of `order`.
std::string lines_of(const std::vector<Operation>& operations,
                     const std::vector<std::size_t>& order) {
  std::string text;
  std::size_t first = 0;
  if (order.size() > kLinesMax) {
    first = order.size() - kLinesMax;
    text = "  (" + std::to_string(first) + " more)\n";
  }
  for (std::size_t i = first; i < order.size(); ++i) {
    text += "  " + describe(operations[order[i]]) + "\n";
  }
  return text;
}

std::string explain_stuck(const std::string& key,
                          const std::vector<Operation>& operations,
                          const RegisterSearch& search,
                          std::uint64_t configurations_max) {
  const std::string head = "key \"" + key + "\" is not linearizable: of its " +
                           std::to_string(operations.size()) + " operations " +
                           std::to_string(search.order.size()) +
                           " can be placed, but not before it returned\n  " +
                           describe(operations[search.stuck]) + "\n";
  const auto few = shrink(cut(up_to(operations, search.stuck),
                              operations[search.stuck],
                              configurations_max),
                          configurations_max);
  const RegisterSearch end = search_register(few, configurations_max);
  std::string possible;
  for (const auto& value : end.possible) {
    possible += (possible.empty() ? "" : " or ") +
                (value ? "\"" + *value + "\"" : "absent");
  }
  std::vector<std::size_t> others;
  for (std::size_t i = 0; i < few.size(); ++i) {
    if (i != end.stuck && !std::ranges::count(end.order, i)) {
      others.push_back(i);
    }
  }
  std::string text = head +
                     "These alone contradict each other (\"unknown\" includes "
                     "not yet returned):\n" +
                     lines_of(few, end.order) + "then the key is " + possible;
  if (!others.empty()) {
    text += ", and under way, but of no help, are\n" + lines_of(few, others);
  }
  return text + (others.empty() ? ", so" : "so") + " nothing explains\n" +
         lines_of(few, {end.stuck});
}

std::string explain_undecided(const std::string& key,
                              const std::vector<Operation>& operations,
                              const RegisterSearch& search) {
  return "key \"" + key + "\" is undecided: of its " +
         std::to_string(operations.size()) + " operations " +
         std::to_string(search.order.size()) + " were placed, after " +
         std::to_string(search.configurations) +
         " configurations; too many operations overlap\n";
}

}  // namespace

Verdict check_linearizable(const std::vector<Operation>& history,
                           std::uint64_t configurations_max) {
  std::map<std::string, std::vector<Operation>> by_key;
  for (const Operation& operation : history) {
    by_key[operation.key].push_back(operation);
  }
  Verdict verdict;
  for (const auto& [key, operations] : by_key) {
    const RegisterSearch search =
        search_register(operations, configurations_max);
    verdict.configurations += search.configurations;
    if (search.end == RegisterSearch::End::kStuck) {
      verdict.kind = Verdict::Kind::kNotLinearizable;
      verdict.explanation =
          explain_stuck(key, operations, search, configurations_max);
      return verdict;
    }
    if (search.end == RegisterSearch::End::kUndecided &&
        verdict.is_linearizable()) {
      // Another key may still show a contradiction.
      verdict.kind = Verdict::Kind::kUndecided;
      verdict.explanation = explain_undecided(key, operations, search);
    }
  }
  return verdict;
}

}  // namespace raft
