// [since stage4_cluster_client]
// The story that brings the senders: one follower does not answer, and every
// write waits for it, though a majority is there.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sstream>
#include <string>

#include "common/client_options.h"
#include "common/json.h"
#include "common/options.h"
#include "common/temporary_directory.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kHasSenders = stage_number(RAFT_STAGE) >= 5;

// Reads in the leader's trace whether a message to `follower` was out, with
// neither a result nor given up, when the leader applied the write of `key`.
bool was_waiting_when_applied(const std::string& trace,
                              NodeId follower,
                              const std::string& key) {
  int out = 0;
  std::istringstream lines(text_of_file(trace));
  for (std::string line; std::getline(lines, line);) {
    const JsonObject event = JsonObject::parse(line).value();
    if (event.number("node").value() != 1) continue;
    const std::string what = event.string("event").value();
    if (what == "send" && event.number("to") == follower) ++out;
    // Some were dropped before they left.
    if (what == "drop" && event.number("to") == follower &&
        event.number("sent") != 0) {
      --out;
    }
    if (what == "receive" && event.number("from") == follower) --out;
    if (what != "apply") continue;
    if (event.string("command")->find(key) != std::string::npos) return out > 0;
  }
  CPPUNIT_FAIL("no write of " + key + " was applied");
  return false;
}

class StorySlowFollower : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StorySlowFollower);
  CPPUNIT_TEST(a_slow_follower_does_not_slow_down_a_write_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A command completes when a majority has answered: a minority of slow
  // servers does not matter (§2, §5.3). Without senders, no command completes
  // while a message to node 3 is out.
  void a_slow_follower_does_not_slow_down_a_write_5_3() {
    const TemporaryDirectory directory;
    const std::string trace = directory.file("trace");
    TestCluster cluster(RAFT_STAGE,
                        {.nodes = 3,
                         .server_options = with_lasting_leader(
                             RAFT_STAGE, {"--trace", trace})});
    Proxy proxy(cluster.peer_address(3));
    cluster.route({.from = 1, .to = 3}, proxy.address());
    cluster.start();
    cluster.make_leader(1);
    proxy.to_server().hold();
    proxy.to_server().wait_until_held();

    int writes = 0;
    const auto completes_while_node_3_is_silent = [&] {
      const std::string key = "key" + std::to_string(++writes) + ".";
      CPPUNIT_ASSERT_EQUAL(printed(""),
                           cluster.run_client(1, {"put", key, "v"}));
      return was_waiting_when_applied(trace, 3, key);
    };
    if (kHasSenders) {
      // The first one does, unless this machine is very slow itself.
      wait_until("a write that does not wait",
                 completes_while_node_3_is_silent);
    } else {
      for (int write = 0; write < 5; ++write) {
        CPPUNIT_ASSERT(!completes_while_node_3_is_silent());
      }
    }

    // What was held back comes late, and the follower catches up.
    proxy.to_server().pass();
    proxy.to_server().release();
    const std::string last = "key" + std::to_string(writes) + ".";
    wait_until("the last write at node 3", [&] {
      return cluster.run_client(3, {"get", last}) == printed("v\n");
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StorySlowFollower);

}  // namespace
}  // namespace raft
