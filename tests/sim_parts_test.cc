// [since stage3_log_repl]
// Runs of the simulator, whatever the stage: how they are named, drawn and made
// smaller.
#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tests/sim_options.h"
#include "tests/sim_shrink.h"
#include "tests/sim_weather.h"

namespace raft {
namespace {

using Numbers = std::set<std::uint64_t>;

class SimPartsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimPartsTest);
  CPPUNIT_TEST(options_survive_their_text);
  CPPUNIT_TEST(nonsense_is_no_option);
  CPPUNIT_TEST(a_plan_depends_on_its_seed_alone);
  CPPUNIT_TEST(what_is_left_out_leaves_the_rest_of_the_plan_alone);
  CPPUNIT_TEST(every_fault_is_there_in_some_runs_and_not_in_others);
  CPPUNIT_TEST(shrinking_finds_what_it_takes);
  CPPUNIT_TEST(shrinking_keeps_to_the_property);
  CPPUNIT_TEST(shrinking_ends_after_the_trials_it_was_given);
  CPPUNIT_TEST_SUITE_END();

 public:
  void options_survive_their_text() {
    const SimOptions options{.seed = 123,
                             .nodes = 4,
                             .chaos_ms = 250,
                             .without = {Fault::kLoss, Fault::kOldLogs},
                             .events = Numbers{1, 2, 3, 7, 9, 10}};

    const std::string text = text_of(options);

    CPPUNIT_ASSERT_EQUAL(std::string("--seed 123 --nodes 4 --chaos-ms 250 "
                                     "--without loss,old-logs --events "
                                     "1-3,7,9-10"),
                         text);
    CPPUNIT_ASSERT(parsed(text) == options);
    CPPUNIT_ASSERT(parsed("--seed 5") == SimOptions{.seed = 5});
    const SimOptions few = parsed("--seed 5 --only cuts,drift");
    CPPUNIT_ASSERT_EQUAL(kFaultNames.size() - 2, few.without.size());
    CPPUNIT_ASSERT(!few.without.contains(Fault::kCuts));
    CPPUNIT_ASSERT_EQUAL(std::string("--seed 5 --only cuts,drift"),
                         text_of(few));
    CPPUNIT_ASSERT_EQUAL(std::string("--seed 5 --only none"),
                         text_of(parsed("--seed 5 --only none")));
    const SimOptions none{.seed = 5, .events = Numbers{}};
    CPPUNIT_ASSERT_EQUAL(std::string("--seed 5 --events none"), text_of(none));
    CPPUNIT_ASSERT(parsed(text_of(none)) == none);
  }

  void nonsense_is_no_option() {
    const std::vector<std::pair<std::string, std::string>> nonsense = {
        {"--seed", "x"},
        {"--seed", "-1"},
        {"--seed", ""},
        {"--nodes", "0"},
        {"--nodes", "10"},
        {"--chaos-ms", "0"},
        {"--without", "x"},
        {"--only", "x"},
        {"--events", "3-"},
        {"--events", "4-3"},
        {"--events", "a"},
        {"--events", "1-99999999"}};
    for (const auto& [name, value] : nonsense) {
      SimOptions options;
      CPPUNIT_ASSERT_MESSAGE(name + " " + value,
                             !set_option(options, name, value).empty());
    }
  }

  void a_plan_depends_on_its_seed_alone() {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      const auto plan = plan_of({.seed = seed});
      CPPUNIT_ASSERT(plan == plan_of({.seed = seed}));
      if (plan.size() > 3) CPPUNIT_ASSERT(plan != plan_of({.seed = seed + 1}));
    }
  }

  void what_is_left_out_leaves_the_rest_of_the_plan_alone() {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      const auto plan = plan_of({.seed = seed});
      auto fewer = plan;
      std::erase_if(fewer, [](const auto& event) { return event[2] != 4; });

      SimOptions options{.seed = seed, .events = Numbers{}};
      for (const auto& event : fewer) options.events->insert(event[0]);
      CPPUNIT_ASSERT(plan_of(options) == fewer);

      options = {.seed = seed, .nodes = 2, .without = {Fault::kCuts}};
      fewer = plan;
      std::erase_if(fewer, [](const auto& event) { return event[2] == 4; });
      CPPUNIT_ASSERT(plan_of(options) == fewer);

      options = {.seed = seed, .chaos_ms = 500};
      fewer = plan;
      std::erase_if(fewer,
                    [](const auto& event) { return event[1] >= 500'000; });
      CPPUNIT_ASSERT(plan_of(options) == fewer);
    }
  }

  void every_fault_is_there_in_some_runs_and_not_in_others() {
    constexpr int kRuns = 200;
    std::map<std::string, int> runs;
    for (std::uint64_t seed = 1; seed <= kRuns; ++seed) {
      const Weather weather = draw_weather({.seed = seed});
      runs["loss"] += weather.network.loss > 0;
      runs["duplication"] += weather.network.duplication > 0;
      runs["straying"] += weather.network.straying > 0;
      runs["delay"] += weather.network.delay_max > 1'000;
      runs["power loss"] += weather.has_power_loss;
      runs["slow disks"] += weather.disk_delay_max > 0;
      runs["drift"] += weather.drift > 0;
      runs["small messages"] += weather.message_bytes_max < 1'000;
      runs["old logs"] += weather.old_terms > 0;
      std::set<Fault> kinds;
      for (const auto& event : draw_plan({.seed = seed}, weather)) {
        kinds.insert(event.kind);
      }
      for (Fault kind : kinds) {
        runs[std::string(kFaultNames[static_cast<std::size_t>(kind)])] += 1;
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, runs.size());
    for (const auto& [name, count] : runs) {
      CPPUNIT_ASSERT_MESSAGE(name, kRuns / 4 < count && count < 3 * kRuns / 4);
    }
  }

  // Of 100 events two are needed, with one kind of fault, for 300 ms, on three
  // nodes.
  void shrinking_finds_what_it_takes() {
    const Trial trial = [](const SimOptions& options) -> std::string {
      const bool has_events =
          !options.events ||
          (options.events->contains(17) && options.events->contains(83));
      const bool fails = has_events &&
                         !options.without.contains(Fault::kCuts) &&
                         options.nodes >= 3 && options.chaos_ms >= 300;
      return fails ? "it" : "";
    };

    const Shrunk shrunk = shrink_from(trial, 500);

    CPPUNIT_ASSERT(shrunk.options.events == (Numbers{17, 83}));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, shrunk.options.nodes);
    CPPUNIT_ASSERT(shrunk.options.chaos_ms < 340);
    CPPUNIT_ASSERT_EQUAL(kFaultNames.size() - 1, shrunk.options.without.size());
    CPPUNIT_ASSERT(!shrunk.options.without.contains(Fault::kCuts));
    CPPUNIT_ASSERT_EQUAL(std::string("it"), trial(shrunk.options));
  }

  void shrinking_keeps_to_the_property() {
    const Trial trial = [](const SimOptions& options) -> std::string {
      return options.without.contains(Fault::kLoss) ? "another" : "it";
    };

    const Shrunk shrunk = shrink_from(trial, 500);

    CPPUNIT_ASSERT(!shrunk.options.without.contains(Fault::kLoss));
    CPPUNIT_ASSERT_EQUAL(kFaultNames.size() - 1, shrunk.options.without.size());
  }

  void shrinking_ends_after_the_trials_it_was_given() {
    int trials = 0;
    const Trial trial = [&](const SimOptions&) -> std::string {
      ++trials;
      return "another";
    };

    const Shrunk shrunk = shrink_from(trial, 20);

    CPPUNIT_ASSERT_EQUAL(20, trials);
    CPPUNIT_ASSERT_EQUAL(20, shrunk.trials);
    CPPUNIT_ASSERT(shrunk.options == a_run());
  }

 private:
  using Plan = std::vector<std::vector<std::uint64_t>>;

  static SimOptions parsed(const std::string& text) {
    SimOptions options;
    std::istringstream words(text);
    std::string name;
    std::string value;
    while (words >> name >> value) {
      CPPUNIT_ASSERT_EQUAL(std::string(), set_option(options, name, value));
    }
    return options;
  }

  static Plan plan_of(const SimOptions& options) {
    Plan plan;
    for (const auto& event : draw_plan(options, draw_weather(options))) {
      plan.push_back({event.number,
                      event.at,
                      static_cast<std::uint64_t>(event.kind),
                      event.dice[0],
                      event.dice[3]});
    }
    return plan;
  }

  static SimOptions a_run() {
    return {.seed = 1, .nodes = 5, .chaos_ms = 2'000};
  }

  static Shrunk shrink_from(const Trial& trial, int trials_max) {
    std::vector<std::uint64_t> events;
    for (std::uint64_t number = 1; number <= 100; ++number) {
      events.push_back(number);
    }
    return shrink(
        a_run(), "it", 5, 2'000, events, trial, trials_max, [](int) {});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimPartsTest);

}  // namespace
}  // namespace raft
