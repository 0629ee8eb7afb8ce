// [since stage3_log_repl]
// A few seeds of the simulator, and that it is worth running: the same seed
// gives the same run, the runs see what they are for, and its program says what
// it should.
#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>

#include "common/test_process.h"
#include "tests/sim_core.h"
#include "tests/sim_seeds.h"

namespace raft {
namespace {

constexpr std::uint64_t kSeeds = 200;

class SimTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimTest);
  CPPUNIT_TEST(what_figure_3_says_holds_under_every_seed);
  CPPUNIT_TEST(the_same_seed_gives_the_same_run);
  CPPUNIT_TEST(another_seed_gives_another_run);
  CPPUNIT_TEST(another_process_gives_the_same_trace);
  CPPUNIT_TEST(what_a_run_leaves_out_does_not_happen);
  CPPUNIT_TEST(a_run_without_faults_has_none);
  CPPUNIT_TEST(a_receipt_is_one_line_and_its_command_replays_the_run);
  CPPUNIT_TEST(the_program_refuses_what_it_does_not_know_in_one_line);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_figure_3_says_holds_under_every_seed() {
    const SeedsReport report = run_seeds({.seed = 1}, kSeeds);

    if (report.failure) CPPUNIT_FAIL(receipt(*report.failure));
    CPPUNIT_ASSERT_EQUAL(kSeeds, report.done);
    const SimReport& sum = report.sum;
    CPPUNIT_ASSERT(sum.writes > 8 * kSeeds);
    CPPUNIT_ASSERT(sum.committed > 30 * kSeeds);
    CPPUNIT_ASSERT(sum.crashes > 3 * kSeeds);
    CPPUNIT_ASSERT(sum.delivered > 300 * kSeeds);
    CPPUNIT_ASSERT(sum.refusals > kSeeds);
    CPPUNIT_ASSERT(sum.overwrites > kSeeds / 4);
    if (has_elections()) CPPUNIT_ASSERT(sum.terms > 4 * kSeeds);
    if (has_reads()) CPPUNIT_ASSERT(sum.reads > 5 * kSeeds);
  }

  void the_same_seed_gives_the_same_run() {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const SimReport first = Sim({.seed = seed}).run();
      const SimReport second = Sim({.seed = seed}).run();

      CPPUNIT_ASSERT_EQUAL(first.trace_hash, second.trace_hash);
      CPPUNIT_ASSERT_EQUAL(first.steps, second.steps);
    }
  }

  void another_seed_gives_another_run() {
    CPPUNIT_ASSERT(Sim({.seed = 1}).run().trace_hash !=
                   Sim({.seed = 2}).run().trace_hash);
  }

  // Not where things are in memory, nor what the environment holds, nor whether
  // somebody looks.
  void another_process_gives_the_same_trace() {
    const SimReport here = Sim({.seed = 3}).run();
    char hash[32];
    std::snprintf(hash,
                  sizeof hash,
                  "trace %016llx\n",
                  static_cast<unsigned long long>(here.trace_hash));

    const Finished there = sim({"--seed", "3", "--trace"});

    CPPUNIT_ASSERT(there.status == ExitStatus{});
    CPPUNIT_ASSERT(there.output.ends_with(hash));
  }

  void what_a_run_leaves_out_does_not_happen() {
    SimOptions options = a_rough_run();
    options.without = {Fault::kCrashes, Fault::kFailedSyncs, Fault::kFullDisks};
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, Sim(options).run().crashes);

    options.without = {};
    options.nodes = 5;
    options.chaos_ms = 70;
    const Sim small(options);
    CPPUNIT_ASSERT_EQUAL(NodeId{5}, small.weather().nodes);
    CPPUNIT_ASSERT_EQUAL(Microseconds{70'000}, small.weather().chaos);
  }

  void a_run_without_faults_has_none() {
    SimOptions options = a_rough_run();
    for (std::size_t i = 0; i < kFaultNames.size(); ++i) {
      options.without.insert(static_cast<Fault>(i));
    }

    const SimReport report = Sim(options).run();

    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, report.crashes);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, report.overwrites);
    CPPUNIT_ASSERT(report.terms <= 2);
  }

  void a_receipt_is_one_line_and_its_command_replays_the_run() {
    const Failure failure{
        .options = {.seed = 7,
                    .nodes = 3,
                    .without = {Fault::kLoss, Fault::kDrift},
                    .events = std::set<std::uint64_t>{2, 3, 4, 9}},
        .violation = {.property = "Log Matching (Fig. 3)", .detail = "why"}};

    const std::string line = receipt(failure);

    CPPUNIT_ASSERT_EQUAL(
        std::string("seed 7 violates Log Matching (Fig. 3): why; replay, or "
                    "draw with --trace-file FILE: bazel run //" RAFT_STAGE
                    ":sim -- --trace --seed 7 --nodes 3 --without loss,drift "
                    "--events 2-4,9\n"),
        line);
    CPPUNIT_ASSERT_EQUAL(0,
                         sim({"--seed",
                              "7",
                              "--nodes",
                              "3",
                              "--without",
                              "loss,drift",
                              "--events",
                              "2-4,9"})
                             .status.code);
  }

  void the_program_refuses_what_it_does_not_know_in_one_line() {
    for (const auto& arguments :
         std::vector<std::vector<std::string>>{{"--sedes", "3"},
                                               {"--seeds", "three"},
                                               {"--seeds"},
                                               {"--without", "rain"},
                                               {"--events", "3-1"}}) {
      const Finished finished = sim(arguments);

      CPPUNIT_ASSERT_EQUAL(2, finished.status.code);
      CPPUNIT_ASSERT(finished.error.starts_with("error: "));
      CPPUNIT_ASSERT_EQUAL(
          std::ptrdiff_t{1},
          std::count(finished.error.begin(), finished.error.end(), '\n'));
    }
    CPPUNIT_ASSERT(sim({"--help"}).output.starts_with("usage: sim"));
  }

 private:
  // The first seed that crashes servers often.
  static SimOptions a_rough_run() {
    SimOptions options;
    while (Sim(options).run().crashes < 10) ++options.seed;
    return options;
  }

  static Finished sim(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), RAFT_STAGE "/sim");
    return run_to_end({.command = std::move(arguments)});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimTest);

}  // namespace
}  // namespace raft
