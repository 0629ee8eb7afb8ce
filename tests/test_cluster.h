// All servers of a stage, each in a process of its own, on ports that the
// kernel picked; in the stages before replication, the one server.
//
//   TestCluster cluster(RAFT_STAGE, {.nodes = 3});
//   Proxy proxy(cluster.peer_address(3));
//   cluster.route({.from = 1, .to = 3}, proxy.address());
//   cluster.start();
//   cluster.run_client(1, {"put", "k", "v"});
//   cluster.node(1).kill();
//
// All processes end with this object; if the test has failed, it prints their
// logs. For the thread of the test.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/cluster.h"
#include "common/node_id.h"
#include "common/temporary_directory.h"
#include "tests/client_program.h"
#include "tests/reserved_port.h"
#include "tests/server_process.h"

namespace raft {

// Where a node runs: on this machine's loopback interface, or where `launcher`,
// the beginning of a command, puts it.
struct NodePlace {
  std::string host = "127.0.0.1";
  std::vector<std::string> launcher = {};
};

struct TestClusterOptions {
  std::uint64_t nodes = 1;  // 1 in the stages before replication
  std::vector<std::string> server_options = {};  // for each of them
  std::map<NodeId, NodePlace> places = {};  // of nodes that are elsewhere
  std::string program = "server";  // in the stage's package
};

// `options` and more, for a cluster whose leader is to stay, however busy the
// machine is: the test is about something else.
std::vector<std::string> with_lasting_leader(
    const std::string& stage, std::vector<std::string> options = {});

// The way of the messages that one node sends to another.
struct Route {
  NodeId from = kNobody;
  NodeId to = kNobody;
  auto operator<=>(const Route&) const = default;
};

class TestCluster {
 public:
  // Starts nothing yet.
  explicit TestCluster(const std::string& stage,
                       const TestClusterOptions& options = {});
  ~TestCluster();

  TestCluster(const TestCluster&) = delete;
  TestCluster& operator=(const TestCluster&) = delete;

  // Node route.from will take `address` for the peer address of route.to.
  // REQUIRES: start() has not been called.
  void route(const Route& route, const std::string& address);

  // Starts all nodes and returns when each of them serves clients.
  void start();

  // Stops all nodes that run, in order; the test fails if one of them does not
  // end well.
  void stop();

  ServerProcess& node(NodeId id);
  std::uint64_t nodes() const { return cluster_.nodes.size(); }
  NodeId fixed_leader() const { return cluster_.leader; }
  const std::string& client_address(NodeId id) const;
  const std::string& peer_address(NodeId id) const;
  // Of all nodes, with commas, for a client that takes a list.
  std::string client_addresses() const;

  // Returns when node `id` leads. Where the leader is elected, whoever else
  // leads is paused until it does not. REQUIRES: start() was called, and the
  // nodes serve clients; in the other stages `id` is the fixed leader.
  void make_leader(NodeId id);

  // Runs the client program against node `id`.
  ClientResult run_client(NodeId id,
                          const std::vector<std::string>& words) const;

 private:
  NodeId leader_known_to(NodeId id) const;
  NodePlace place_of(NodeId id) const;
  std::vector<std::string> command_of(NodeId id) const;
  std::string write_cluster_file(NodeId id) const;

  const std::string stage_;
  const TestClusterOptions options_;
  const TemporaryDirectory
      directory_;  // of the cluster files and the nodes' data
  std::vector<ReservedPort> ports_;
  Cluster cluster_;
  std::map<Route, std::string> routes_;
  std::map<NodeId, ServerProcess> processes_;
};

}  // namespace raft
