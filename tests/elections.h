// A cluster that is driven by hand, in which nobody leads until the test has
// let somebody win an election, with real votes.
//
//   Elections cluster({.term = 1, .logs = {{1}, {1}, {1}}});
//   cluster.elect(2, {3});  // leads term 2
//   cluster.read(2, 7);
#pragma once

#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/hand_driven.h"

namespace raft {

class Elections : public HandDriven {
 public:
  explicit Elections(Spec spec) : HandDriven(without_leader(std::move(spec))) {}

  Role role(NodeId id) { return node(id).role(); }
  Term term(NodeId id) { return node(id).current_term(); }
  const HardState& stored(NodeId id) const { return whole_disk(id).hard_state; }

  void tick(NodeId id, int ticks = 1) {
    for (int i = 0; i < ticks; ++i) {
      node(id).tick();
      carry_out(id);
    }
  }

  // Ticks the node until it stands for election. Its requests are on the wire.
  // REQUIRES: it does not lead.
  void campaign(NodeId id) {
    CPPUNIT_ASSERT(role(id) != Role::kLeader);
    const Term before = term(id);
    while (term(id) == before) tick(id);
    CPPUNIT_ASSERT(role(id) == Role::kCandidate);
  }

  // A round trip of the oldest request from one node to another.
  void call(NodeId from, NodeId to) {
    deliver(take(from, to));
    if (has(to, from)) deliver(take(to, from));
  }

  // The node wins an election in which these are asked, and no others, in the
  // first term that none of them has seen. Of what is on the wire between
  // others, nothing is delivered.
  void elect(NodeId id, const std::set<NodeId>& voters) {
    Term seen = term(id);
    for (NodeId voter : voters) seen = std::max(seen, term(voter));
    while (term(id) <= seen) {
      lose(id);
      campaign(id);
    }
    for (NodeId voter : voters) {
      deliver(take(id, voter));
      deliver(take(voter, id));
    }
    CPPUNIT_ASSERT(role(id) == Role::kLeader);
    for (NodeId other = 1; other <= size(); ++other) {
      if (!voters.contains(other)) lose(id, other, 1);
    }
  }

  // The same, and all of them hear of it.
  void elect_and_settle(NodeId id, const std::set<NodeId>& voters) {
    elect(id, voters);
    settle_heartbeats(1, id);
  }

  // Loses what is on the wire to and from a node, or `count` from one to one.
  void lose(NodeId id) {
    for (NodeId other = 1; other <= size(); ++other) {
      lose(id, other, SIZE_MAX);
      lose(other, id, SIZE_MAX);
    }
  }
  void lose(NodeId from, NodeId to, std::size_t count) {
    for (; count > 0 && has(from, to); --count) take(from, to);
  }

  void read(NodeId id, ReadId read) {
    node(id).read(read);
    carry_out(id);
  }

  // What became of reads since the node last started, in this order: "7 ok, 8
  // failed".
  std::string reads(NodeId id) const {
    std::string text;
    for (const Output& output : outputs(id)) {
      for (const ReadResult& result : output.reads) {
        text += (text.empty() ? "" : ", ") + std::to_string(result.id) +
                (result.ok ? " ok" : " failed");
      }
    }
    return text;
  }

  // The nodes that say that they lead.
  std::set<NodeId> leaders() {
    std::set<NodeId> found;
    for (NodeId id = 1; id <= size(); ++id) {
      if (is_running(id) && role(id) == Role::kLeader) found.insert(id);
    }
    return found;
  }

 private:
  static Spec without_leader(Spec spec) {
    spec.is_led = false;
    return spec;
  }
};

// Commands of the entries, without the no-ops: "a b".
inline std::string commands_in(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) {
    if (entry.command.empty()) continue;
    text += (text.empty() ? "" : " ") + entry.command;
  }
  return text;
}

}  // namespace raft
