// Writes that a cluster can't carry out, and what it says of them: whoever sent
// one learns whether it may have been executed.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>

#include "common/client_options.h"
#include "common/json.h"
#include "common/options.h"
#include "tests/raw_connection.h"
#include "tests/test_cluster.h"
#include "tests/verdict.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasLog = stage_number(RAFT_STAGE) >= 3;

constexpr char kPut[] = R"({"op":"put","key":"k","value":"v"})";
constexpr char kDelete[] = R"({"op":"delete","key":"k"})";
constexpr char kCas[] = R"({"op":"cas","key":"k","expected":null,"value":"v"})";
constexpr char kGet[] = R"({"op":"get","key":"k"})";
constexpr char kPutOther[] = R"({"op":"put","key":"other","value":"v"})";
constexpr char kGetOther[] = R"({"op":"get","key":"other"})";

class StoryRefusedWrites : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryRefusedWrites);
  CPPUNIT_TEST(a_follower_refuses_writes_and_names_the_leader_5_1);
  CPPUNIT_TEST(a_write_that_reached_nobody_was_surely_not_executed);
  CPPUNIT_TEST(a_write_in_the_log_is_executed_when_a_majority_is_back_5_3);
  CPPUNIT_TEST(a_write_without_a_majority_in_time_has_an_unknown_outcome);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Followers redirect a client to the leader (§5.1), and check a request
  // before they do.
  void a_follower_refuses_writes_and_names_the_leader_5_1() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 3});
    cluster.start();
    for (NodeId id = 2; id <= cluster.nodes(); ++id) {
      RawConnection follower(cluster.client_address(id));
      for (const char* write : {kPut, kDelete, kCas}) {
        const std::string answer = follower.ask(write);
        CPPUNIT_ASSERT_EQUAL(std::string("not_leader not_executed"),
                             verdict(answer));
        CPPUNIT_ASSERT_EQUAL(
            cluster.client_address(1),
            JsonObject::parse(answer)->string("leader").value());
      }
      CPPUNIT_ASSERT_EQUAL(std::string("bad_request not_executed"),
                           verdict(follower.ask(R"({"op":"put"})")));
      CPPUNIT_ASSERT_EQUAL(failed(kExitNotExecuted),
                           cluster.run_client(id, {"put", "k", "v"}));
    }
    RawConnection leader(cluster.client_address(1));
    CPPUNIT_ASSERT_EQUAL(std::string("not_found"), verdict(leader.ask(kGet)));
  }

  // With all followers dead, the leader knows that no one has the write. One
  // with a log notices that after a while, and then takes no more.
  void a_write_that_reached_nobody_was_surely_not_executed() {
    TestCluster cluster = three_nodes();
    cluster.start();
    RawConnection leader(cluster.client_address(1));
    wait_until("a write that is done",
               [&] { return verdict(leader.ask(kPut)) == "ok"; });

    cluster.node(2).kill();
    cluster.node(3).kill();

    if (kHasLog) {
      wait_until("a leader that has noticed", [&] {
        const std::string refused = "unavailable not_executed";
        return verdict(leader.ask(kPut)) == refused;
      });
    }
    for (const char* write : {kPutOther, kDelete, kCas}) {
      CPPUNIT_ASSERT_EQUAL(std::string("unavailable not_executed"),
                           verdict(leader.ask(write)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(leader.ask(kGet)));

    cluster.node(2).start();
    wait_until("a write that is done",
               [&] { return verdict(leader.ask(kPut)) == "ok"; });
    CPPUNIT_ASSERT_EQUAL(std::string("not_found"),
                         verdict(leader.ask(kGetOther)));
    cluster.stop();
  }

  // The leader retries until a majority has its entry, even when the client
  // has long been told that the outcome is unknown (§5.3).
  void a_write_in_the_log_is_executed_when_a_majority_is_back_5_3() {
    if (!kHasLog) return;
    TestCluster cluster = three_nodes();
    cluster.start();
    RawConnection leader(cluster.client_address(1));
    wait_until("a write that is done",
               [&] { return verdict(leader.ask(kPut)) == "ok"; });

    cluster.node(2).pause();
    cluster.node(3).pause();
    CPPUNIT_ASSERT_EQUAL(std::string("timeout unknown"),
                         verdict(leader.ask(kPutOther)));
    CPPUNIT_ASSERT_EQUAL(std::string("not_found"),
                         verdict(leader.ask(kGetOther)));
    cluster.node(1).restart();
    cluster.node(2).resume();

    RawConnection restarted(cluster.client_address(1));
    wait_until("the write",
               [&] { return verdict(restarted.ask(kGetOther)) == "ok v"; });
  }

  // A follower that does not answer may have the write all the same.
  void a_write_without_a_majority_in_time_has_an_unknown_outcome() {
    TestCluster cluster(
        RAFT_STAGE,
        {.nodes = 2, .server_options = {"--request-timeout-ms", "1000"}});
    cluster.start();
    RawConnection leader(cluster.client_address(1));

    cluster.node(2).pause();

    CPPUNIT_ASSERT_EQUAL(std::string("timeout unknown"),
                         verdict(leader.ask(kPut)));
    CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown),
                         cluster.run_client(1, {"put", "k", "v"}));

    cluster.node(2).resume();
    wait_until("a write that is done",
               [&] { return verdict(leader.ask(kPut)) == "ok"; });
    cluster.stop();
  }

 private:
  // A leader with a log makes each write wait for its end.
  static TestCluster three_nodes() {
    TestClusterOptions options{.nodes = 3};
    if (kHasLog) options.server_options = {"--request-timeout-ms", "1000"};
    return TestCluster(RAFT_STAGE, options);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryRefusedWrites);

}  // namespace
}  // namespace raft
