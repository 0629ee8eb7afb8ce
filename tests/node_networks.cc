#include "tests/node_networks.h"

#include <cerrno>
#include <cstring>
#include <sched.h>
#include <sstream>
#include <unistd.h>

#include "common/check.h"
#include "common/child_process.h"
#include "common/test_process.h"

namespace raft {
namespace {

constexpr char kIp[] = "/usr/sbin/ip";
constexpr char kSubnet[] = "10.77.0.";
constexpr int kOurHost = 254;

// Runs iproute2's ip with the words of `arguments`.
Result<void> ip(const std::string& arguments) {
  std::vector<std::string> command = {kIp};
  std::istringstream words(arguments);
  for (std::string word; words >> word;) command.push_back(word);
  const Finished finished = run_to_end({.command = command});
  if (finished.status == ExitStatus{}) return {};
  return failure("ip " + arguments + ": " + finished.error);
}

Result<void> ip_all(const std::vector<std::string>& commands) {
  for (const std::string& command : commands) {
    const auto done = ip(command);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<NodeNetworks>> NodeNetworks::make(std::uint64_t nodes) {
  CHECK(nodes < 200);
  if (geteuid() != 0) return failure("only root may");
  if (access(kIp, X_OK) != 0) return failure(std::string("no ") + kIp);
  if (unshare(CLONE_NEWNET) != 0) {
    return failure(std::string("no new namespace: ") + std::strerror(errno));
  }
  std::unique_ptr<NodeNetworks> networks(new NodeNetworks());
  const auto bridge = ip_all({"link set lo up",
                              "link add chaos type bridge",
                              "addr add " + host(kOurHost) + "/24 dev chaos",
                              "link set chaos up"});
  if (!bridge) return tl::make_unexpected(bridge.error());
  for (NodeId node = 1; node <= nodes; ++node) {
    const auto added = networks->add(node);
    if (!added) return tl::make_unexpected(added.error());
  }
  return networks;
}

NodeNetworks::~NodeNetworks() {
  for (const NodeId node : nodes_) {
    const auto removed = ip("netns del " + name(node));
    if (!removed) {
      std::fprintf(stderr, "error: %s\n", removed.error().message.c_str());
    }
  }
}

std::string NodeNetworks::host(NodeId node) {
  return kSubnet + std::to_string(node);
}

std::vector<std::string> NodeNetworks::launcher(NodeId node) const {
  return {kIp, "netns", "exec", name(node)};
}

void NodeNetworks::cut(NodeId from, NodeId to) {
  if (!cut_.insert({from, to}).second) return;
  const auto done = ip("-n " + name(from) + " route add blackhole " + host(to));
  if (!done) fatal(done.error().message);
}

void NodeNetworks::heal() {
  for (const auto& [from, to] : std::exchange(cut_, {})) {
    const auto done =
        ip("-n " + name(from) + " route del blackhole " + host(to));
    if (!done) fatal(done.error().message);
  }
}

Result<void> NodeNetworks::add(NodeId node) {
  const std::string place = name(node);
  const std::string link = "node" + std::to_string(node);
  const auto made = ip("netns add " + place);
  if (!made) return made;
  nodes_.insert(node);
  return ip_all(
      {"link add " + link + " type veth peer name eth0 netns " + place,
       "link set " + link + " master chaos up",
       "-n " + place + " addr add " + host(node) + "/24 dev eth0",
       "-n " + place + " link set lo up",
       "-n " + place + " link set eth0 up"});
}

// Of this process, so that runs side by side do not meet.
std::string NodeNetworks::name(NodeId node) const {
  return "raft-chaos-" + std::to_string(getpid()) + "-" + std::to_string(node);
}

}  // namespace raft
