// [since stage3_log_repl]
// The promise of this chapter: while clients write, any node or all of them are
// killed, at any moment, again and again, and no acknowledged write is lost.
//
// A few rounds by default; the long run is the same program:
//
//   bazel test --test_env=ROUNDS=200 --test_timeout=3600
//       //stage3_log_repl:story_kill_all_nodes_test
//
// A run that fails names its seed. That fixes who is killed after how many
// writes; what the machine does in between is its own.
#include <atomic>
#include <condition_variable>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>
#include <future>
#include <list>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/client_options.h"
#include "common/json.h"
#include "common/test_process.h"
#include "tests/client_program.h"
#include "tests/seeds.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

constexpr std::uint64_t kNodes = 3;
constexpr int kWriters = 3;

int rounds() {
  const char* chosen = std::getenv("ROUNDS");
  return chosen == nullptr ? 5 : std::atoi(chosen);
}

// A client with a key of its own. Each write names the value that it replaces,
// so a write that was acknowledged and lost is noticed by the next one.
class Writer {
 public:
  Writer(const TestCluster& cluster, int number)
      : cluster_(cluster), key_("key-" + std::to_string(number)) {}

  // One write; true if it was acknowledged. The test fails when the answer
  // can't be: then something was lost.
  bool write() {
    const std::string value = key_ + " value " + std::to_string(++writes_);
    std::vector<std::string> words = {"--json", "cas", key_};
    if (expected_.empty()) {
      words.insert(words.end(), {"--expect-absent", value});
    } else {
      words.insert(words.end(), {expected_, value});
    }
    const ClientResult result =
        cluster_.run_client(cluster_.fixed_leader(), words);
    switch (result.status) {
      case kExitDone:
        CPPUNIT_ASSERT(possible_.contains(expected_));
        possible_ = {value};
        expected_ = value;
        return true;
      case kExitNotFoundOrMismatch:
        expected_ = present_in(result.output);
        CPPUNIT_ASSERT_MESSAGE(key_ + " is \"" + expected_ + "\"",
                               possible_.contains(expected_));
        return false;
      case kExitNotExecuted:
        return false;
      default:
        CPPUNIT_ASSERT_EQUAL_MESSAGE(result.error, kExitUnknown, result.status);
        possible_.insert(value);
        return false;
    }
  }

  const std::string& key() const { return key_; }
  const std::string& last() const { return expected_; }

 private:
  static std::string present_in(const std::string& answer) {
    const auto json = JsonObject::parse(answer);
    CPPUNIT_ASSERT_MESSAGE(answer, json);
    return json->string_or_null("value").value().value_or("");
  }

  const TestCluster& cluster_;
  const std::string key_;
  int writes_ = 0;
  std::string expected_;  // empty: absent
  // Values that the key may have: the last acknowledged one, and those of later
  // writes with an unknown outcome.
  std::set<std::string> possible_ = {""};
};

// All writers at work, each in a thread of its own.
class Load {
 public:
  explicit Load(const TestCluster& cluster) {
    for (int i = 0; i < kWriters; ++i) writers_.emplace_back(cluster, i);
    for (Writer& writer : writers_) {
      threads_.push_back(std::async(std::launch::async, [&] { work(writer); }));
    }
  }

  ~Load() { is_ending_ = true; }

  // Returns when so many more writes are acknowledged, or a writer has failed.
  void await_more(int writes) {
    std::unique_lock lock(mutex_);
    const int enough = acknowledged_ + writes;
    const bool has_come = changed_.wait_until(lock, patience(), [&] {
      return has_failed_ || acknowledged_ >= enough;
    });
    CPPUNIT_ASSERT_MESSAGE("no write is acknowledged any more", has_come);
  }

  // The test fails if a writer did.
  std::list<Writer>& end() {
    is_ending_ = true;
    for (auto& thread : threads_) thread.get();
    return writers_;
  }

 private:
  void work(Writer& writer) {
    try {
      while (!is_ending_) {
        const bool is_acknowledged = writer.write();
        const std::lock_guard lock(mutex_);
        acknowledged_ += is_acknowledged ? 1 : 0;
        changed_.notify_all();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      has_failed_ = true;
      changed_.notify_all();
      throw;
    }
  }

  std::list<Writer> writers_;
  std::atomic<bool> is_ending_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  int acknowledged_ = 0;
  bool has_failed_ = false;
  std::vector<std::future<void>> threads_;  // last: they use the rest
};

class StoryKillAllNodes : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryKillAllNodes);
  CPPUNIT_TEST(no_acknowledged_write_is_lost_5_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // A committed entry is durable and is executed by all servers in the end
  // (§5.3).
  void no_acknowledged_write_is_lost_5_3() {
    for_each_seed(1, [](std::uint64_t seed) { run(seed); });
  }

 private:
  static void run(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    TestCluster cluster(RAFT_STAGE, {.nodes = kNodes});
    cluster.start();
    Load load(cluster);
    for (int round = 0; round < rounds(); ++round) {
      load.await_more(1 + static_cast<int>(random() % 10));
      kill_some(cluster, random);
    }

    for (Writer& writer : load.end()) {
      wait_until("a last write of " + writer.key(),
                 [&] { return writer.write(); });
      for (NodeId id = 1; id <= kNodes; ++id) {
        wait_until(writer.last() + " at node " + std::to_string(id), [&] {
          return cluster.run_client(id, {"get", writer.key()}) ==
                 printed(writer.last() + "\n");
        });
      }
    }
    cluster.stop();
  }

  // Any one node or all of them, and once in a while again when they have just
  // been started.
  static void kill_some(TestCluster& cluster, std::mt19937_64& random) {
    std::set<NodeId> victims;
    if (random() % 3 == 0) {
      for (NodeId id = 1; id <= kNodes; ++id) victims.insert(id);
    } else {
      victims.insert(1 + random() % kNodes);
    }
    for (const NodeId id : victims) cluster.node(id).kill();
    if (random() % 3 == 0) {
      for (const NodeId id : victims) cluster.node(id).launch();
      for (const NodeId id : victims) cluster.node(id).kill();
    }
    for (const NodeId id : victims) cluster.node(id).launch();
    for (const NodeId id : victims) cluster.node(id).wait_until_it_serves();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryKillAllNodes);

}  // namespace
}  // namespace raft
