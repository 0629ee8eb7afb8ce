// [since stage4_cluster_client]
// Exactly once (§8), from outside: a client that repeats a write gets the first
// answer again, on whatever node, and whatever has died meanwhile.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>

#include "common/options.h"
#include "tests/http_cluster.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;

// From this stage on another node leads when the leader is dead.
constexpr int kFirstElectingStage = 6;

class StoryHttpSessions : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryHttpSessions);
  CPPUNIT_TEST(a_repeated_write_is_answered_again_and_not_done_again);
  CPPUNIT_TEST(a_refused_write_is_repeated_as_it_was);
  CPPUNIT_TEST(a_serial_that_is_behind_is_stale);
  CPPUNIT_TEST(a_client_that_nobody_remembers_starts_with_1);
  CPPUNIT_TEST(sessions_outlive_the_death_of_the_leader_and_of_all);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The same answer to the byte, from whatever node, however often.
  void a_repeated_write_is_answered_again_and_not_done_again() {
    start();
    const HttpRequest first = in_session(put_request("k", "1"), "client-A", 1);
    const HttpAnswer answer = ask_leader(first);
    CPPUNIT_ASSERT_EQUAL("200 ok"s, verdict_of(answer));
    expect("200 ok", put_request("k", "2"));
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(answer.body, ask_leader(first).body);
    }
    const std::string leader =
        json_of(http_.ask_follower(first)).string("leader").value();
    CPPUNIT_ASSERT_EQUAL(answer.body, ask(leader, first).body);
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == "2");
  }

  void a_refused_write_is_repeated_as_it_was() {
    start();
    const HttpRequest removal = in_session(delete_request("k"), "c", 1);
    expect("404 not_found not_executed", removal);
    expect("200 ok", put_request("k", "v"));
    expect("404 not_found not_executed", removal);

    const HttpRequest cas = in_session(cas_request("k", "x", "w"), "c", 2);
    expect("409 conflict not_executed, value v", cas);
    expect("200 ok", put_request("k", "x"));
    expect("409 conflict not_executed, value v", cas);
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == "x");
  }

  void a_serial_that_is_behind_is_stale() {
    start();
    expect("200 ok", in_session(put_request("k", "1"), "c", 1));
    expect("200 ok", in_session(put_request("k", "5"), "c", 5));  // a gap
    for (const std::uint64_t serial : {1, 2, 4}) {
      expect("409 stale_serial not_executed",
             in_session(put_request("k", "late"), "c", serial));
    }
    expect("200 ok", in_session(put_request("k", "1"), "another", 1));
    expect("200 ok", in_session(put_request("k", "max"), "c", UINT64_MAX));
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == "max");
  }

  void a_client_that_nobody_remembers_starts_with_1() {
    start();
    expect("409 session_expired not_executed",
           in_session(put_request("k", "v"), "c", 2));
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == std::nullopt);
    expect("200 ok", in_session(put_request("k", "v"), "c", 1));
    expect("200 ok", in_session(put_request("k", "w"), "c", 2));
  }

  // kill -9, of the leader and then of all nodes at once.
  void sessions_outlive_the_death_of_the_leader_and_of_all() {
    start();
    const HttpRequest write = in_session(put_request("k", "1"), "c", 1);
    const std::string answer = ask_leader(write).body;
    expect("200 ok", put_request("k", "2"));

    const NodeId leader = http_.leader();
    cluster_.node(leader).kill();
    if (stage_number(RAFT_STAGE) < kFirstElectingStage) {
      cluster_.node(leader).start();
    }
    CPPUNIT_ASSERT_EQUAL(answer, ask_leader(write).body);
    if (!cluster_.node(leader).is_running()) cluster_.node(leader).start();

    for (NodeId id = 1; id <= kNodes; ++id) cluster_.node(id).kill();
    for (NodeId id = 1; id <= kNodes; ++id) cluster_.node(id).start();
    CPPUNIT_ASSERT_EQUAL(answer, ask_leader(write).body);
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == "2");
    expect("200 ok", in_session(put_request("k", "3"), "c", 2));
  }

 private:
  void start() {
    cluster_.start();
    http_.wait_until_ready();
  }

  HttpAnswer ask_leader(const HttpRequest& request) {
    return http_.ask_leader(request);
  }

  void expect(const std::string& verdict, const HttpRequest& request) {
    CPPUNIT_ASSERT_EQUAL(verdict, verdict_of(ask_leader(request)));
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = kNodes}};
  HttpCluster http_{cluster_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryHttpSessions);

}  // namespace
}  // namespace raft
