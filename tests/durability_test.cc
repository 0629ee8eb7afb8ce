// [since stage6_election]
// Nothing leaves a server that a crash could take back: no new term, no vote,
// no acknowledgement. Every Output of random histories is held against what is
// on the disk when each of its messages leaves. The one thing that may leave
// before, a leader's, promises nothing about its disk (diss. §10.2.1).
#include <cppunit/extensions/HelperMacros.h>
#include <random>

#include "tests/elections.h"
#include "tests/seeds.h"

namespace raft {
namespace {

Term term_of(const Message& message) {
  return std::visit([](const auto& each) { return each.term; }, message);
}

// Whoever reads `message` may rely on it from here on.
void assert_kept(const Disk& disk, NodeId to, const Message& message) {
  const Term term = term_of(message);
  CPPUNIT_ASSERT(term <= disk.hard_state.current_term);
  // What was promised in a term may be overtaken by a later one before it is
  // stored: then it is as if it had been stored, and replaced.
  if (term < disk.hard_state.current_term) return;
  if (const auto* vote = std::get_if<RequestVoteResult>(&message)) {
    if (!vote->vote_granted) return;
    CPPUNIT_ASSERT_EQUAL(to, disk.hard_state.voted_for);
  }
  if (const auto* request = std::get_if<RequestVote>(&message)) {
    CPPUNIT_ASSERT_EQUAL(request->candidate_id, disk.hard_state.voted_for);
  }
  if (const auto* result = std::get_if<AppendEntriesResult>(&message)) {
    if (!result->success || result->match_index == 0) return;
    CPPUNIT_ASSERT(result->match_index <= disk.entries.size());
    CPPUNIT_ASSERT_EQUAL(disk.entries[result->match_index - 1].term,
                         result->match_term);
  }
}

void assert_early(const Disk& disk, const Output& output) {
  if (output.early_messages.empty()) return;
  CPPUNIT_ASSERT(!output.hard_state);
  for (const Envelope& envelope : output.early_messages) {
    const Message& message = envelope.message;
    CPPUNIT_ASSERT_EQUAL(disk.hard_state.current_term, term_of(message));
    CPPUNIT_ASSERT_EQUAL(envelope.from, disk.hard_state.voted_for);
    const auto* answer = std::get_if<ReadIndexResult>(&message);
    CPPUNIT_ASSERT(std::holds_alternative<AppendEntries>(message) ||
                   (answer && answer->success));
  }
}

// What is committed never goes, so a later look at the disks will do.
void assert_held_by_majority(const Elections& cluster, const Entry& entry) {
  NodeId copies = 0;
  for (NodeId id = 1; id <= cluster.size(); ++id) {
    const std::vector<Entry>& stored = cluster.disk(id);
    const bool is_there = entry.index <= stored.size();
    if (is_there && stored[entry.index - 1] == entry) ++copies;
  }
  CPPUNIT_ASSERT(2 * copies > cluster.size());
}

// Holds what the node has put out in this life against the disk that it found.
void assert_life_is_sound(const Elections& cluster, NodeId id, Disk disk) {
  for (const Output& output : cluster.outputs(id)) {
    assert_early(disk, output);
    persist(disk, output);
    CPPUNIT_ASSERT(disk.entries.empty() ||
                   disk.entries.back().term <= disk.hard_state.current_term);
    for (const Envelope& envelope : output.messages) {
      assert_kept(disk, envelope.to, envelope.message);
    }
    for (const Entry& entry : output.committed) {
      assert_held_by_majority(cluster, entry);
      // Only a leader may apply what it has not stored itself, and not here.
      if (output.entries.empty()) continue;
      CPPUNIT_ASSERT(entry == disk.entries.at(entry.index - 1));
    }
  }
}

class DurabilityTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DurabilityTest);
  CPPUNIT_TEST(a_leader_sends_before_it_has_stored_10_2_1);
  CPPUNIT_TEST(nothing_leaves_that_a_crash_could_take_back_fig_2);
  CPPUNIT_TEST(no_two_nodes_lead_one_term_whatever_crashes_fig_3);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Up to here a leader waited for its disk. Now that it can't lead the same
  // term again after a crash, it need not.
  void a_leader_sends_before_it_has_stored_10_2_1() {
    Elections cluster({.term = 1});
    cluster.elect_and_settle(1, {2, 3});
    cluster.hold_disk(1);
    cluster.propose_at(1, "x");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         request_in(cluster.take(1, 2)).entries.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, cluster.disk(1).size());
  }

  void nothing_leaves_that_a_crash_could_take_back_fig_2() {
    std::size_t led = 0;
    for_each_seed(200, [&](std::uint64_t seed) { led += run(seed, 0); });
    CPPUNIT_ASSERT(led > 0);
  }

  void no_two_nodes_lead_one_term_whatever_crashes_fig_3() {
    std::size_t led = 0;
    for_each_seed(200, [&](std::uint64_t seed) { led += run(seed, 5); });
    CPPUNIT_ASSERT(led > 0);
  }

 private:
  // Node, term: who has led which.
  using Leaders = std::map<Term, NodeId>;

  // How many terms had a leader.
  static std::size_t run(std::uint64_t seed, std::uint64_t crashes_of_1000) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return random() % n; };
    Elections cluster({.term = 1, .logs = {{}, {}, {}}, .seed = seed});
    std::map<NodeId, Disk> found;  // at the beginning of each one's life
    for (NodeId id = 1; id <= 3; ++id) found[id] = cluster.whole_disk(id);
    Leaders leaders;
    for (int step = 0; step < 1500; ++step) {
      const NodeId id = 1 + below(3);
      act(cluster, id, below(100), step);
      if (below(1000) < crashes_of_1000) {
        assert_life_is_sound(cluster, id, found[id]);
        cluster.crash(id);
        found[id] = cluster.whole_disk(id);
        cluster.restart(id);
      }
      note_leaders(cluster, leaders);
    }
    for (NodeId id = 1; id <= 3; ++id) {
      assert_life_is_sound(cluster, id, found[id]);
    }
    return leaders.size();
  }

  static void act(Elections& cluster,
                  NodeId id,
                  std::uint64_t chance,
                  int step) {
    const NodeId other = 1 + (id + chance % 2) % 3;
    if (chance < 70) {
      if (cluster.has(id, other)) cluster.deliver(cluster.take(id, other));
    } else if (chance < 72) {
      cluster.lose(id, other, 1);
    } else if (chance < 90) {
      cluster.tick(id);
    } else if (chance < 95) {
      cluster.node(id).propose("x" + std::to_string(step));
      cluster.carry_out(id);
    } else if (chance < 97) {
      cluster.read(id, static_cast<ReadId>(step));
    } else if (cluster.is_held(id)) {
      cluster.release_disk(id);
    } else {
      cluster.hold_disk(id);
    }
  }

  static void note_leaders(Elections& cluster, Leaders& leaders) {
    for (NodeId id : cluster.leaders()) {
      const auto [led, is_new] = leaders.emplace(cluster.term(id), id);
      CPPUNIT_ASSERT_EQUAL(id, led->second);  // Election Safety (Fig. 3)
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DurabilityTest);

}  // namespace
}  // namespace raft
