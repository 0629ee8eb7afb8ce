#include "common/cluster.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "common/check.h"
#include "common/json.h"

namespace raft {
namespace {

Result<NodeAddress> parse_node(const JsonObject& json) {
  const auto id = json.number("id");
  if (!id) return tl::make_unexpected(id.error());
  if (*id == kNobody) return failure("a node's id must be 1 or more");
  const auto client = json.string("client");
  if (!client) return tl::make_unexpected(client.error());
  const auto peer = json.string("peer");
  if (!peer) return tl::make_unexpected(peer.error());
  for (const std::string& address : {*client, *peer}) {
    if (!is_address(address)) {
      return failure("\"" + address + "\" is no HOST:PORT");
    }
  }
  return NodeAddress{.id = *id, .client = *client, .peer = *peer};
}

Result<void> check_distinct(const std::vector<NodeAddress>& nodes) {
  std::set<NodeId> ids;
  std::set<std::string> addresses;
  for (const NodeAddress& node : nodes) {
    if (!ids.insert(node.id).second) {
      return failure("id " + std::to_string(node.id) + " stands there twice");
    }
    for (const std::string& address : {node.client, node.peer}) {
      if (!addresses.insert(address).second) {
        return failure("address " + address + " stands there twice");
      }
    }
  }
  return {};
}

}  // namespace

const NodeAddress* Cluster::find(NodeId id) const {
  const auto found = std::ranges::find(nodes, id, &NodeAddress::id);
  return found == nodes.end() ? nullptr : &*found;
}

bool is_address(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const std::string port = address.substr(colon + 1);
  if (port.empty() || port.size() > 5) return false;
  if (port.find_first_not_of("0123456789") != std::string::npos) return false;
  const int number = std::stoi(port);
  return 1 <= number && number <= 65535;
}

Cluster built_in_cluster(std::uint64_t nodes, std::uint64_t base_port) {
  CHECK(1 <= nodes);
  CHECK(nodes <= kNodesMax);
  Cluster cluster{.cluster_id = "local", .leader = 1};
  for (NodeId id = 1; id <= nodes; ++id) {
    const std::string host = "127.0.0.1:";
    cluster.nodes.push_back(
        {.id = id,
         .client = host + std::to_string(base_port + id),
         .peer = host + std::to_string(base_port + 100 + id)});
  }
  return cluster;
}

Result<Cluster> parse_cluster(const std::string& text) {
  const auto json = JsonObject::parse(text);
  if (!json) return tl::make_unexpected(json.error());
  const auto cluster_id = json->string("cluster_id");
  if (!cluster_id) return tl::make_unexpected(cluster_id.error());
  if (cluster_id->empty()) return failure("\"cluster_id\" is empty");
  const auto nodes = json->objects("nodes");
  if (!nodes) return tl::make_unexpected(nodes.error());
  if (nodes->empty()) return failure("\"nodes\" is empty");
  Cluster cluster{.cluster_id = *cluster_id};
  for (const JsonObject& item : *nodes) {
    const auto node = parse_node(item);
    if (!node) return tl::make_unexpected(node.error());
    cluster.nodes.push_back(*node);
  }
  const auto distinct = check_distinct(cluster.nodes);
  if (!distinct) return tl::make_unexpected(distinct.error());
  std::ranges::sort(cluster.nodes, {}, &NodeAddress::id);
  cluster.leader = cluster.nodes.front().id;
  if (json->has("leader")) {
    const auto leader = json->number("leader");
    if (!leader) return tl::make_unexpected(leader.error());
    if (cluster.find(*leader) == nullptr) {
      return failure("\"leader\" is " + std::to_string(*leader) +
                     ", which is not among the nodes");
    }
    cluster.leader = *leader;
  }
  return cluster;
}

Result<Cluster> read_cluster(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf())) {
    return failure("cannot read the cluster file " + file);
  }
  auto cluster = parse_cluster(text.str());
  if (!cluster) {
    return failure("cluster file " + file + ": " + cluster.error().message);
  }
  return cluster;
}

}  // namespace raft
