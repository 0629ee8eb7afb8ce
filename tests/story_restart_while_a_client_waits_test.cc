// The story that brings the client of the second chapter: its server is
// restarted while it waits. A client that tries once gives up; one that tries
// again gets its answer, and never pretends to know what became of a write.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fstream>
#include <sys/syscall.h>
#include <vector>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

const bool kClientWaits = stage_number(RAFT_STAGE) >= 1;
// Where a write carries a serial number, it can be sent again.
const bool kHasSerials = stage_number(RAFT_STAGE) >= 4;

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t times = 0;
  std::size_t at = 0;
  while ((at = text.find(part, at)) != std::string::npos) {
    ++times;
    at += part.size();
  }
  return times;
}

// Returns once the client sleeps, as it does between two tries: so it has tried
// at least once.
void wait_for_first_try(const ClientProgram& client) {
  const std::string file = "/proc/" + std::to_string(client.pid()) + "/syscall";
  const std::string sleeping = std::to_string(SYS_clock_nanosleep) + " ";
  wait_until("a pause between two tries", [&] {
    std::string system_call;
    std::getline(std::ifstream(file), system_call);
    return system_call.starts_with(sleeping);
  });
}

class StoryRestartWhileAClientWaits : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryRestartWhileAClientWaits);
  CPPUNIT_TEST(a_client_started_before_its_server_waits_for_it);
  CPPUNIT_TEST(a_client_without_a_server_says_that_nothing_was_executed);
  CPPUNIT_TEST(a_read_is_answered_by_the_next_life_of_the_server);
  CPPUNIT_TEST(a_write_that_may_have_been_executed_is_not_sent_again_8);
  CPPUNIT_TEST(a_numbered_write_is_answered_by_the_next_life_of_the_server_8);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A request that found nobody is sent again until the server is there (§8).
  void a_client_started_before_its_server_waits_for_it() {
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"status"}, {"put", "k", "v"}}) {
      TestCluster cluster(RAFT_STAGE);
      ClientProgram client(RAFT_STAGE, cluster.client_address(1), command);

      if (!kClientWaits) {
        CPPUNIT_ASSERT_EQUAL(failed(kExitNotExecuted), client.wait());
        continue;
      }
      wait_for_first_try(client);
      cluster.start();

      const ClientResult result = client.wait();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(result.error, kExitDone, result.status);
    }
  }

  // When the time is up, the client knows that nothing was executed (§8).
  void a_client_without_a_server_says_that_nothing_was_executed() {
    if (!kClientWaits) return;
    const TestCluster cluster(RAFT_STAGE);

    const ClientResult put =
        cluster.run_client(1, {"--timeout-ms", "100", "put", "k", "v"});

    CPPUNIT_ASSERT_EQUAL(failed(kExitNotExecuted), put);
    CPPUNIT_ASSERT(put.error.find("gave up, the limit is 100 ms") !=
                   std::string::npos);
  }

  // A read can be repeated: the death of the server in the middle of it costs
  // time, no answer (§8).
  void a_read_is_answered_by_the_next_life_of_the_server() {
    TestCluster cluster(RAFT_STAGE);
    cluster.start();
    Proxy proxy(cluster.client_address(1));

    cluster.node(1).pause();
    ClientProgram client(RAFT_STAGE, proxy.address(), {"status"});
    proxy.to_server().wait_until_passed();
    cluster.node(1).restart();

    const ClientResult result = client.wait();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        result.error, kClientWaits ? kExitDone : kExitUnknown, result.status);
  }

  // A write that is repeated can undo what another client wrote in between: the
  // client sends it once and says that its outcome is unknown (§8).
  void a_write_that_may_have_been_executed_is_not_sent_again_8() {
    if (kHasSerials) return;
    TestCluster cluster(RAFT_STAGE);
    cluster.start();
    Proxy proxy(cluster.client_address(1));

    cluster.node(1).pause();
    ClientProgram client(RAFT_STAGE, proxy.address(), {"put", "k", "v"});
    proxy.to_server().wait_until_passed();
    cluster.node(1).restart();

    const ClientResult put = client.wait();
    CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown), put);
    CPPUNIT_ASSERT_EQUAL(kClientWaits,
                         put.error.find("may or may not have been executed") !=
                             std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         count(proxy.to_server().bytes(), "\"put\""));
    CPPUNIT_ASSERT_EQUAL(failed(kExitNotFoundOrMismatch),
                         cluster.run_client(1, {"get", "k"}));
  }

  // A write with a number is executed once however often it is sent, so it
  // survives the server's death as a read does (§8).
  void a_numbered_write_is_answered_by_the_next_life_of_the_server_8() {
    if (!kHasSerials) return;
    TestCluster cluster(RAFT_STAGE);
    cluster.start();
    Proxy proxy(cluster.client_address(1));

    cluster.node(1).pause();
    ClientProgram client(
        RAFT_STAGE, proxy.address(), {"cas", "--expect-absent", "k", "v"});
    proxy.to_server().wait_until_passed();
    cluster.node(1).restart();

    CPPUNIT_ASSERT_EQUAL(printed(""), client.wait());
    CPPUNIT_ASSERT(count(proxy.to_server().bytes(), "Raft-Serial: 1\r") > 1);
    CPPUNIT_ASSERT_EQUAL(printed("v\n"), cluster.run_client(1, {"get", "k"}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryRestartWhileAClientWaits);

}  // namespace
}  // namespace raft
