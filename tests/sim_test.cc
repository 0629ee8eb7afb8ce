// [since stage3_log_repl]
// A few seeds of the simulator, and that it is worth running: the same seed
// gives the same run, and the runs see what they are for.
#include "tests/sim.h"

#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

constexpr std::uint64_t kSeeds = 40;

class SimTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimTest);
  CPPUNIT_TEST(what_figure_3_says_holds_under_every_seed);
  CPPUNIT_TEST(the_same_seed_gives_the_same_trace);
  CPPUNIT_TEST(another_seed_gives_another_trace);
  CPPUNIT_TEST(a_receipt_is_one_line_and_names_the_command);
  CPPUNIT_TEST_SUITE_END();

 public:
  void what_figure_3_says_holds_under_every_seed() {
    SimReport sum;
    for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
      const SimReport report = run(seed);
      CPPUNIT_ASSERT(report.committed > 0);
      sum.committed += report.committed;
      sum.crashes += report.crashes;
      sum.delivered += report.delivered;
      sum.refusals += report.refusals;
      sum.overwrites += report.overwrites;
    }
    CPPUNIT_ASSERT(sum.committed > 20 * kSeeds);
    CPPUNIT_ASSERT(sum.crashes > 5 * kSeeds);
    CPPUNIT_ASSERT(sum.delivered > 500 * kSeeds);
    CPPUNIT_ASSERT(sum.refusals > 5 * kSeeds);
    CPPUNIT_ASSERT(sum.overwrites > kSeeds / 4);
  }

  void the_same_seed_gives_the_same_trace() {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      const SimReport first = run(seed);
      const SimReport second = run(seed);
      CPPUNIT_ASSERT_EQUAL(first.trace_hash, second.trace_hash);
      CPPUNIT_ASSERT_EQUAL(first.steps, second.steps);
    }
  }

  void another_seed_gives_another_trace() {
    CPPUNIT_ASSERT(run(1).trace_hash != run(2).trace_hash);
  }

  void a_receipt_is_one_line_and_names_the_command() {
    const std::string line =
        receipt(7, {.property = "Log Matching (Fig. 3)", .detail = "why"});
    CPPUNIT_ASSERT_EQUAL(line.size() - 1, line.find('\n'));
    CPPUNIT_ASSERT(line.find("seed 7 violates Log Matching (Fig. 3): why") ==
                   0);
    CPPUNIT_ASSERT(line.find(":sim -- --seeds 1 --trace --seed 7") !=
                   std::string::npos);
  }

 private:
  static SimReport run(std::uint64_t seed) {
    try {
      return run_seed(seed);
    } catch (const Violation& violation) {
      CPPUNIT_FAIL(receipt(seed, violation));
    }
    return {};
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimTest);

}  // namespace
}  // namespace raft
