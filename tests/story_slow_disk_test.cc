// [since stage6_election]
// One disk stalls, for longer than any election timeout, and nobody but its
// node notices: a leader leads on, and commits what the others have stored
// (D-18, L-24 (a)); a follower hears its leader before it stands for election
// (D-19).
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <thread>

#include "common/deadline.h"
#include "tests/http_cluster.h"
#include "tests/slow_disk.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

// Long for an election timeout, so that a busy machine does not call one.
constexpr char kTimeout[] = "1000:1200";
constexpr std::chrono::milliseconds kStall{2000};

// Three nodes. Node 1 leads, and a node of the test's choice has the disk.
class OneSlowDisk {
 public:
  explicit OneSlowDisk(NodeId slow)
      : cluster_(RAFT_STAGE,
                 {.nodes = 3,
                  .server_options = {"--election-timeout-ms", kTimeout},
                  .places = {{slow, disk_.place(RAFT_STAGE)}}}),
        http_(cluster_) {
    cluster_.start();
    cluster_.make_leader(1);
    put("before");
    for (NodeId id : {2, 3}) http_.wait_for_value(id, "before", "v");
    term_ = http_.number_at(1, "term");
  }

  void stall() { disk_.stall(); }
  void go_on() { disk_.go_on(); }

  // At the leader that there was.
  void put(const std::string& key) {
    CPPUNIT_ASSERT_EQUAL(std::string("200 ok"),
                         verdict_of(http_.ask(1, put_request(key, "v"))));
  }

  void wait_for(NodeId id, const std::string& key) {
    http_.wait_for_value(id, key, "v");
  }

  void check_no_election() {
    for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
      CPPUNIT_ASSERT_EQUAL(term_, http_.number_at(id, "term"));
    }
  }

 private:
  SlowDisk disk_;
  TestCluster cluster_;
  const HttpCluster http_;
  std::uint64_t term_ = 0;
};

class StorySlowDisk : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorySlowDisk);
  CPPUNIT_TEST(D_18_a_leader_whose_disk_stalls_serves_its_clients);
  CPPUNIT_TEST(D_18_it_leads_on_when_nothing_else_happens);
  CPPUNIT_TEST(D_18_the_mark_behind_a_batch_may_take_as_long);
  CPPUNIT_TEST(D_19_a_follower_whose_disk_stalled_listens_first);
  CPPUNIT_TEST_SUITE_END();

 public:
  void D_18_a_leader_whose_disk_stalls_serves_its_clients() {
    OneSlowDisk cluster(1);
    cluster.stall();
    int writes = 0;
    const Deadline end = Clock::now() + kStall;
    while (Clock::now() < end) cluster.put(std::to_string(++writes));
    cluster.check_no_election();
    cluster.go_on();

    cluster.put("after");
    for (NodeId id : {2, 3}) cluster.wait_for(id, std::to_string(writes));
    cluster.check_no_election();
  }

  // No client and no follower says anything that would begin a round.
  void D_18_it_leads_on_when_nothing_else_happens() {
    OneSlowDisk cluster(1);
    cluster.stall();
    cluster.put("x");
    std::this_thread::sleep_for(kStall);
    cluster.put("y");
    cluster.go_on();
    cluster.check_no_election();
  }

  // It is written when there is nothing else to do, with the next heartbeat.
  void D_18_the_mark_behind_a_batch_may_take_as_long() {
    OneSlowDisk cluster(1);
    cluster.put("x");
    cluster.stall();
    std::this_thread::sleep_for(kStall);
    cluster.put("y");
    cluster.go_on();
    cluster.check_no_election();
  }

  void D_19_a_follower_whose_disk_stalled_listens_first() {
    OneSlowDisk cluster(2);
    cluster.stall();
    cluster.put("x");
    std::this_thread::sleep_for(kStall);
    cluster.go_on();

    cluster.wait_for(2, "x");
    cluster.put("after");
    cluster.wait_for(2, "after");
    cluster.check_no_election();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorySlowDisk);

}  // namespace
}  // namespace raft
