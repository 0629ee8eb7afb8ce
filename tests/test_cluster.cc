#include "tests/test_cluster.h"

#include <cppunit/TestAssert.h>
#include <cstdio>
#include <exception>

#include "common/check.h"
#include "common/json.h"
#include "common/options.h"

namespace raft {
namespace {

constexpr int kFirstReplicatedStage = 2;
constexpr int kFirstDurableStage = 3;

std::string json_of(const NodeAddress& node) {
  return JsonWriter()
      .add("id", node.id)
      .add("client", node.client)
      .add("peer", node.peer)
      .text();
}

}  // namespace

TestCluster::TestCluster(const std::string& stage,
                         const TestClusterOptions& options)
    : stage_(stage), options_(options) {
  const bool is_replicated = stage_number(stage) >= kFirstReplicatedStage;
  cluster_ = {.cluster_id = "test", .leader = 1};
  for (NodeId id = 1; id <= (is_replicated ? options.nodes : 1); ++id) {
    const std::string client = ports_.emplace_back().address();
    const std::string peer = ports_.emplace_back().address();
    cluster_.nodes.push_back({.id = id, .client = client, .peer = peer});
  }
}

TestCluster::~TestCluster() {
  if (std::uncaught_exceptions() > 0) {
    for (const auto& [id, process] : processes_) {
      std::fprintf(stderr,
                   "log of node %s:\n%s",
                   std::to_string(id).c_str(),
                   process.log().c_str());
    }
  }
}

void TestCluster::route(const Route& route, const std::string& address) {
  CHECK(processes_.empty());
  routes_[route] = address;
}

void TestCluster::start() {
  CHECK(processes_.empty());
  for (const NodeAddress& node : cluster_.nodes) {
    processes_.try_emplace(node.id, command_of(node.id), node.client);
  }
  for (auto& [id, process] : processes_) process.launch();
  for (auto& [id, process] : processes_) process.wait_until_it_serves();
}

void TestCluster::stop() {
  for (auto& [id, process] : processes_) {
    if (process.is_running()) process.ask_to_stop();
  }
  for (auto& [id, process] : processes_) {
    if (!process.is_running()) continue;
    const ExitStatus status = process.stop();
    CPPUNIT_ASSERT_MESSAGE(
        "node " + std::to_string(id) + " " + describe(status),
        status == ExitStatus{});
  }
}

ServerProcess& TestCluster::node(NodeId id) {
  return processes_.at(id);
}

const std::string& TestCluster::client_address(NodeId id) const {
  return cluster_.find(id)->client;
}

const std::string& TestCluster::peer_address(NodeId id) const {
  return cluster_.find(id)->peer;
}

ClientResult TestCluster::run_client(
    NodeId id, const std::vector<std::string>& words) const {
  return raft::run_client(stage_, client_address(id), words);
}

std::vector<std::string> TestCluster::command_of(NodeId id) const {
  std::vector<std::string> command = {stage_ + "/server"};
  const auto add = [&](const std::vector<std::string>& words) {
    command.insert(command.end(), words.begin(), words.end());
  };
  if (stage_number(stage_) >= kFirstReplicatedStage) {
    add({"--id", std::to_string(id), "--cluster", write_cluster_file(id)});
  } else {
    // The built-in client address is one above.
    const std::string& address = client_address(id);
    const int port = std::stoi(address.substr(address.rfind(':') + 1));
    add({"--base-port", std::to_string(port - 1)});
  }
  if (stage_number(stage_) >= kFirstDurableStage) {
    add({"--data-dir", directory_.path()});
  }
  add(options_.server_options);
  return command;
}

// The cluster as node `id` is to see it.
std::string TestCluster::write_cluster_file(NodeId id) const {
  std::string nodes;
  for (NodeAddress node : cluster_.nodes) {
    const auto route = routes_.find({.from = id, .to = node.id});
    if (route != routes_.end()) node.peer = route->second;
    nodes += (nodes.empty() ? "" : ",") + json_of(node);
  }
  return directory_.write("cluster-" + std::to_string(id) + ".json",
                          JsonWriter()
                              .add("cluster_id", cluster_.cluster_id)
                              .add_json("nodes", "[" + nodes + "]")
                              .text());
}

}  // namespace raft
