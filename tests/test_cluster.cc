#include "tests/test_cluster.h"

#include <cppunit/TestAssert.h>
#include <cstdio>
#include <exception>

#include "common/check.h"
#include "common/json.h"
#include "common/options.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

constexpr int kFirstReplicatedStage = 2;
constexpr int kFirstDurableStage = 3;
constexpr int kFirstElectedStage = 6;

std::string json_of(const NodeAddress& node) {
  return JsonWriter()
      .add("id", node.id)
      .add("client", node.client)
      .add("peer", node.peer)
      .text();
}

}  // namespace

std::vector<std::string> with_lasting_leader(const std::string& stage,
                                             std::vector<std::string> options) {
  if (stage_number(stage) >= kFirstElectedStage) {
    options.insert(options.end(), {"--election-timeout-ms", "2000:4000"});
  }
  return options;
}

TestCluster::TestCluster(const std::string& stage,
                         const TestClusterOptions& options)
    : stage_(stage), options_(options) {
  const bool is_replicated = stage_number(stage) >= kFirstReplicatedStage;
  cluster_ = {.cluster_id = "test", .leader = 1};
  for (NodeId id = 1; id <= (is_replicated ? options.nodes : 1); ++id) {
    const std::string host = place_of(id).host + ":";
    const auto client = ports_.emplace_back().number();
    const auto peer = ports_.emplace_back().number();
    cluster_.nodes.push_back({.id = id,
                              .client = host + std::to_string(client),
                              .peer = host + std::to_string(peer)});
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

std::string TestCluster::client_addresses() const {
  std::string list;
  for (const NodeAddress& node : cluster_.nodes) {
    list += (list.empty() ? "" : ",") + node.client;
  }
  return list;
}

void TestCluster::make_leader(NodeId id) {
  if (stage_number(stage_) < kFirstElectedStage) {
    CHECK(id == fixed_leader());
    return;
  }
  while (true) {
    NodeId leader = kNobody;
    wait_until("a leader", [&] {
      leader = leader_known_to(id);
      return leader != kNobody;
    });
    if (leader == id) return;
    node(leader).pause();
    wait_until("another leader", [&] {
      const NodeId next = leader_known_to(id);
      return next != kNobody && next != leader;
    });
    node(leader).resume();
  }
}

NodeId TestCluster::leader_known_to(NodeId id) const {
  const auto status = JsonObject::parse(run_client(id, {"status"}).output);
  return status ? status->number("leader").value_or(kNobody) : kNobody;
}

ClientResult TestCluster::run_client(
    NodeId id, const std::vector<std::string>& words) const {
  return raft::run_client(stage_, client_address(id), words);
}

NodePlace TestCluster::place_of(NodeId id) const {
  const auto place = options_.places.find(id);
  return place == options_.places.end() ? NodePlace{} : place->second;
}

std::vector<std::string> TestCluster::command_of(NodeId id) const {
  std::vector<std::string> command = place_of(id).launcher;
  command.push_back(stage_ + "/" + options_.program);
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
