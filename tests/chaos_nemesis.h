// What goes wrong in a chaos run: nodes are killed, paused and cut off from
// each other, one, some or all of them, under a seed; and everything is made
// good again.
//
// For the thread that started the cluster.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/node_id.h"
#include "tests/node_networks.h"
#include "tests/test_cluster.h"

namespace raft {

class Nemesis {
 public:
  // `kinds`: kill, pause, partition, netns; at least one. REQUIRES: for
  // "partition" the nodes serve /v1/faults; for "netns" they have `networks`,
  // otherwise nullptr will do.
  Nemesis(TestCluster& cluster,
          NodeNetworks* networks,
          std::vector<std::string> kinds,
          std::uint64_t seed);

  // Why `kind` can't be used; empty if it can.
  static std::string complaint(const std::string& kind);

  // Does one thing, sometimes two, and returns what, in words.
  std::string strike();

  // Undoes all of it, and returns when all nodes run, serve clients, and reach
  // each other. The test fails if a node doesn't.
  void heal();

  // How often each kind was done, with who it was done to: "kill leader".
  const std::map<std::string, std::uint64_t>& counts() const { return counts_; }

 private:
  struct Target {
    std::string name = {};
    std::set<NodeId> nodes = {};
  };

  std::string strike_with(const std::string& kind);
  void kill(const Target& target);
  void pause(const Target& target);
  std::string partition(const std::string& kind);
  std::string cut(const std::string& kind, const Target& target);
  std::string weather();
  void tell(NodeId id, const JsonWriter& faults);

  // Neither killed nor paused.
  bool is_listening(NodeId id) const;
  Target random_target();
  std::set<NodeId> random_nodes(std::uint64_t count);
  // Who says that it leads; somebody at random if nobody does.
  NodeId leader();
  bool chance(std::uint64_t one_in) { return random_() % one_in == 0; }

  TestCluster& cluster_;
  NodeNetworks* const networks_;
  const std::vector<std::string> kinds_;
  std::mt19937_64 random_;
  std::set<NodeId> killed_;
  std::set<NodeId> paused_;
  std::set<NodeId> faulty_;  // told to lose messages
  std::map<std::string, std::uint64_t> counts_;
};

}  // namespace raft
