// Writes that a cluster can't carry out, and what it says of them: whoever sent
// one learns whether it may have been executed.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>

#include "common/client_options.h"
#include "common/json.h"
#include "tests/raw_connection.h"
#include "tests/test_cluster.h"
#include "tests/verdict.h"

namespace raft {
namespace {

constexpr char kPut[] = R"({"op":"put","key":"k","value":"v"})";
constexpr char kDelete[] = R"({"op":"delete","key":"k"})";
constexpr char kCas[] = R"({"op":"cas","key":"k","expected":null,"value":"v"})";
constexpr char kGet[] = R"({"op":"get","key":"k"})";

class StoryRefusedWrites : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryRefusedWrites);
  CPPUNIT_TEST(a_follower_refuses_writes_and_names_the_leader_5_1);
  CPPUNIT_TEST(a_write_that_reached_nobody_was_surely_not_executed);
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

  // With all followers dead, the leader knows that no one has the write.
  void a_write_that_reached_nobody_was_surely_not_executed() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 3});
    cluster.start();
    RawConnection leader(cluster.client_address(1));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), verdict(leader.ask(kPut)));

    cluster.node(2).kill();
    cluster.node(3).kill();

    for (const char* write : {kPut, kDelete, kCas}) {
      CPPUNIT_ASSERT_EQUAL(std::string("unavailable not_executed"),
                           verdict(leader.ask(write)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(leader.ask(kGet)));

    cluster.node(2).start();
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), verdict(leader.ask(kPut)));
    cluster.stop();
  }

  // A follower that does not answer may have the write all the same.
  void a_write_without_a_majority_in_time_has_an_unknown_outcome() {
    TestCluster cluster(RAFT_STAGE, {.nodes = 2});
    cluster.start();
    RawConnection leader(cluster.client_address(1));

    cluster.node(2).pause();

    CPPUNIT_ASSERT_EQUAL(std::string("timeout unknown"),
                         verdict(leader.ask(kPut)));
    CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown),
                         cluster.run_client(1, {"put", "k", "v"}));

    cluster.node(2).resume();
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), verdict(leader.ask(kPut)));
    cluster.stop();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryRefusedWrites);

}  // namespace
}  // namespace raft
