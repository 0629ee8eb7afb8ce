// [since stage6_election]
// Puts that wait at a leader which is cut off, and is none any more when it is
// back: it does not know what becomes of them, and says so (K-10). The next
// leader decides that, and both is possible.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <vector>

#include "common/http_connection.h"
#include "common/test_process.h"
#include "tests/http_cluster.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;
constexpr std::uint64_t kPuts = 3;

class StoryLeadershipLost : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryLeadershipLost);
  CPPUNIT_TEST(K_10_puts_that_the_next_leader_does_not_have_are_nowhere);
  CPPUNIT_TEST(K_10_puts_that_the_next_leader_has_are_everywhere);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    cluster_.start();
    http_.wait_until_ready();
  }

  // Other commands take their indexes, and no client is told their results
  // (K-11).
  void K_10_puts_that_the_next_leader_does_not_have_are_nowhere() {
    const NodeId old_leader = cut_off_a_leader_at_which_puts_wait(kTogether);
    http_.leader_besides(old_leader);
    for (const char* value : {"1", "2", "3"}) put_at_others(old_leader, value);

    http_.heal(old_leader);

    expect_leadership_lost();
    for (NodeId id = 1; id <= kNodes; ++id) {
      http_.wait_for_value(id, "other", "3");
      for (const Put& put : puts_) {
        CPPUNIT_ASSERT(!http_.value_at(id, put.key));
      }
    }
    for (const Put& put : puts_) {
      CPPUNIT_ASSERT(index_of_repeated(put) > put.index);
    }
  }

  // The others can't reach each other, and have no vote of the old leader, for
  // its log is longer. So it is the next one, with theirs.
  void K_10_puts_that_the_next_leader_has_are_everywhere() {
    const NodeId old_leader = cut_off_a_leader_at_which_puts_wait(kAlone);
    const std::uint64_t term = http_.number_at(old_leader, "term");
    for (NodeId id : http_.others(old_leader)) {
      wait_until("a later term",
                 [&] { return http_.number_at(id, "term") > term; });
    }

    http_.heal(old_leader);

    expect_leadership_lost();
    for (NodeId id = 1; id <= kNodes; ++id) {
      for (const Put& put : puts_) http_.wait_for_value(id, put.key, "v");
    }
    http_.heal(http_.others(old_leader).front());
    for (const Put& put : puts_) {
      CPPUNIT_ASSERT_EQUAL(put.index, index_of_repeated(put));
    }
  }

 private:
  struct Put {
    std::string key;
    std::uint64_t index;  // of its entry
    HttpConnection connection;
  };

  // Whether the others can elect somebody meanwhile.
  enum Others { kTogether, kAlone };

  // A leader that has heard of nobody for long takes no put: then all is made
  // good, and tried again.
  NodeId cut_off_a_leader_at_which_puts_wait(Others are_others) {
    NodeId leader = kNobody;
    wait_until("a leader at which puts wait", [&] {
      leader = http_.leader();
      const std::vector<NodeId> others = http_.others(leader);
      if (are_others == kAlone) http_.cut_off(others[0], {others[1]});
      const std::uint64_t last = http_.number_at(leader, "last_log_index");
      http_.cut_off(leader, others);
      bool is_done = begin_puts(leader, last);
      for (NodeId id : others) {
        // It may have won before it was alone.
        const bool is_behind = http_.number_at(id, "last_log_index") <= last;
        if (are_others == kAlone && !is_behind) is_done = false;
      }
      if (is_done) return true;
      http_.heal(leader);
      http_.heal(others[0]);
      return false;
    });
    return leader;
  }

  // False if they do not get the indexes behind `last`.
  bool begin_puts(NodeId leader, std::uint64_t last) {
    puts_.clear();
    for (std::size_t i = 1; i <= kPuts; ++i) {
      if (!begin_put(leader, last + i)) return false;
    }
    return true;
  }

  bool begin_put(NodeId leader, std::uint64_t index) {
    const std::string key = "k" + std::to_string(++keys_);
    Put& put = puts_.emplace_back(Put{
        .key = key,
        .index = index,
        .connection =
            HttpConnection::connect(cluster_.client_address(leader), patience())
                .value()});
    CPPUNIT_ASSERT(put.connection.send(request_for(put), patience()));
    bool waits = false;
    wait_until("an entry, or an answer", [&] {
      waits = http_.number_at(leader, "last_log_index") == index;
      return waits || !put.connection.is_quiet();
    });
    return waits;
  }

  // As PROTOCOL.md section 3 has it.
  void expect_leadership_lost() {
    for (Put& put : puts_) {
      const auto answer = put.connection.receive(patience());
      CPPUNIT_ASSERT(answer);
      CPPUNIT_ASSERT_EQUAL("503 leadership_lost unknown"s, verdict_of(*answer));
      CPPUNIT_ASSERT_EQUAL(
          "application/json"s,
          header_in(answer->headers, "Content-Type").value_or("none"));
    }
  }

  // A second try is executed if the first was not, and gets its answer
  // otherwise.
  std::uint64_t index_of_repeated(const Put& put) {
    HttpAnswer answer;
    wait_until("a second try", [&] {
      answer = http_.ask_leader(request_for(put));
      return answer.status == 200;
    });
    return json_of(answer).number("index").value();
  }

  void put_at_others(NodeId id, const std::string& value) {
    wait_until("a write without the old leader", [&] {
      const HttpAnswer answer =
          http_.ask(http_.leader_besides(id), put_request("other", value));
      return answer.status == 200;
    });
  }

  // Each put has a session of its own.
  static HttpRequest request_for(const Put& put) {
    return in_session(put_request(put.key, "v"), put.key, 1);
  }

  TestCluster cluster_{RAFT_STAGE,
                       {.nodes = kNodes,
                        .server_options = {"--enable-faults",
                                           "--election-timeout-ms",
                                           "500:1000",
                                           "--request-timeout-ms",
                                           "60000"}}};
  HttpCluster http_{cluster_};
  std::vector<Put> puts_;
  std::uint64_t keys_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryLeadershipLost);

}  // namespace
}  // namespace raft
