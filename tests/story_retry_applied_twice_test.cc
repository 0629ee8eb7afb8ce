// [since stage1_client]
// A story that brings serial numbers: the answer to a write is lost, somebody
// else writes, and then the first write comes again. A server that does not
// know it again executes it twice, and undoes what came in between.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/client_options.h"
#include "common/options.h"
#include "tests/client_program.h"
#include "tests/proxy.h"
#include "tests/test_cluster.h"

namespace raft {
namespace {

const bool kHasSerials = stage_number(RAFT_STAGE) >= 4;

class StoryRetryAppliedTwice : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryRetryAppliedTwice);
  CPPUNIT_TEST(a_write_whose_answer_is_lost_is_executed_once_8);
  CPPUNIT_TEST(that_is_so_even_when_the_server_restarts_in_between_8);
  CPPUNIT_TEST_SUITE_END();

 public:
  // If the leader crashes, or its answer is lost, after it has executed a
  // command, the client sends it again, and it would be executed twice; unique
  // serial numbers prevent that (§8).
  void a_write_whose_answer_is_lost_is_executed_once_8() {
    start();
    Proxy proxy(cluster_.client_address(1));
    proxy.to_server().hold();
    ClientProgram a(RAFT_STAGE, proxy.address(), {"put", "k", "A"});
    lose_answer(proxy);

    // What a client can't send again, a person will.
    if (!kHasSerials) {
      CPPUNIT_ASSERT_EQUAL(failed(kExitUnknown), a.wait());
      put("B");
      put("A");
      CPPUNIT_ASSERT_EQUAL(printed("A\n"), get());
      return;
    }
    proxy.to_server().wait_until_held();
    put("B");
    let_pass(proxy);

    CPPUNIT_ASSERT_EQUAL(printed(""), a.wait());
    CPPUNIT_ASSERT_EQUAL(printed("B\n"), get());
  }

  // What the servers know of their clients is part of the replicated state
  // (§8), and as durable as that.
  void that_is_so_even_when_the_server_restarts_in_between_8() {
    if (!kHasSerials) return;
    start();
    Proxy proxy(cluster_.client_address(1));
    proxy.to_server().hold();
    ClientProgram a(RAFT_STAGE, proxy.address(), {"put", "k", "A"});
    lose_answer(proxy);
    proxy.to_server().wait_until_held();

    cluster_.node(1).restart();
    put("B");
    let_pass(proxy);

    CPPUNIT_ASSERT_EQUAL(printed(""), a.wait());
    CPPUNIT_ASSERT_EQUAL(printed("B\n"), get());
  }

 private:
  // The server executes writes: where one is elected, it leads.
  void start() {
    cluster_.start();
    put("nothing");
  }

  // Returns when the server has executed the request of a client and its answer
  // is lost. What the client sends next is held.
  static void lose_answer(Proxy& proxy) {
    proxy.to_server().wait_until_held();
    proxy.to_client().drop();
    proxy.to_server().hold();  // counts from here on
    proxy.to_server().release();
    proxy.to_client().wait_until_dropped();
  }

  static void let_pass(Proxy& proxy) {
    proxy.to_client().pass();
    proxy.to_server().pass();
    proxy.to_server().release();
  }

  void put(const std::string& value) const {
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         cluster_.run_client(1, {"put", "k", value}));
  }

  ClientResult get() const { return cluster_.run_client(1, {"get", "k"}); }

  TestCluster cluster_{RAFT_STAGE};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryRetryAppliedTwice);

}  // namespace
}  // namespace raft
