// [since stage4_cluster_client]
// The promise of this chapter and of all that follow: whatever is killed,
// paused or cut off, what the clients see of the cluster is what they would see
// of one server that does one thing at a time.
//
// A few faults by default; the long run is another program:
//
//   bazel run //tests:chaos -- --stage stage4_cluster_client --minutes 10
//
// A run that fails names its seed. That fixes what is asked and what goes
// wrong, in which order; what the machine does in between is its own.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>
#include <string>

#include "common/options.h"
#include "tests/chaos.h"
#include "tests/seeds.h"

namespace raft {
namespace {

const bool kHasElections = stage_number(RAFT_STAGE) >= 6;

ChaosOptions short_run(std::uint64_t seed) {
  return {.stage = RAFT_STAGE,
          .seed = seed,
          .nodes = 3,
          .clients = 4,
          .keys = 2,
          .faults_max = 6,
          .operations_in_a_fault = 100,
          .fault_ms_max = 600,
          .operations_in_peace = 50};
}

// Where Bazel keeps what a test leaves behind.
void keep(const ChaosReport& report) {
  const char* directory = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  if (directory == nullptr) return;
  static_cast<void>(
      save_history(std::string(directory) + "/history.jsonl", report.history));
}

// A run of these sees one server.
void expect(const ChaosOptions& options) {
  const ChaosReport report = run_chaos(options);

  if (!report.verdict.is_linearizable()) keep(report);
  CPPUNIT_ASSERT_MESSAGE(report.verdict.explanation,
                         report.verdict.is_linearizable());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(
      report.summary, std::uint64_t{0}, report.nonsense);
  CPPUNIT_ASSERT_EQUAL(options.faults_max, report.faults);
  CPPUNIT_ASSERT_MESSAGE(report.summary, report.has_always_progressed);
}

class StoryLinearizable : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryLinearizable);
  CPPUNIT_TEST(clients_see_one_server_whatever_goes_wrong);
  CPPUNIT_TEST(seven_servers_and_fifteen_clients);
  CPPUNIT_TEST(reads_that_may_be_stale_are_found_out);
  CPPUNIT_TEST_SUITE_END();

 public:
  void clients_see_one_server_whatever_goes_wrong() {
    for_each_seed(1, [](std::uint64_t seed) { expect(short_run(seed)); });
  }

  // The size of the last test of MIT 6.5840.
  void seven_servers_and_fifteen_clients() {
    if (!kHasElections) return;
    for_each_seed(1, [](std::uint64_t seed) {
      ChaosOptions options = short_run(seed);
      options.nodes = 7;
      options.clients = 15;
      options.keys = 5;
      expect(options);
    });
  }

  // The test of the test: a follower that is cut off answers such reads from
  // what it has, while the others go on.
  void reads_that_may_be_stale_are_found_out() {
    for (std::uint64_t seed = 1;; ++seed) {
      ChaosOptions options = short_run(seed);
      options.consistency = "stale";
      options.faults = {"partition"};

      const ChaosReport report = run_chaos(options);

      if (report.verdict.kind == Verdict::Kind::kNotLinearizable) return;
      CPPUNIT_ASSERT_MESSAGE("stale reads look linearizable", seed < 20);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryLinearizable);

}  // namespace
}  // namespace raft
