#include "tests/chaos_nemesis.h"

#include <algorithm>
#include <cppunit/TestAssert.h>
#include <optional>
#include <utility>

#include "common/check.h"
#include "common/http_connection.h"
#include "common/json.h"
#include "common/test_process.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

// For a node that answers: one that does not is left out.
constexpr std::int64_t kRequestMs = 1'000;

// The whole answer of the node at `address`; nothing if there is none in time.
std::optional<HttpAnswer> ask(const std::string& address,
                              const HttpRequest& request,
                              std::int64_t timeout_ms = kRequestMs) {
  const Deadline deadline = deadline_in_ms(timeout_ms);
  auto connection = HttpConnection::connect(address, deadline);
  if (!connection || !connection->send(request, deadline)) return std::nullopt;
  auto answer = connection->receive(deadline);
  if (!answer) return std::nullopt;
  return std::move(*answer);
}

std::string list_of(const std::set<NodeId>& nodes) {
  std::string text;
  for (const NodeId id : nodes) {
    text += (text.empty() ? "" : ",") + std::to_string(id);
  }
  return text;
}

JsonWriter drops(const std::set<NodeId>& to, const std::set<NodeId>& from) {
  return JsonWriter()
      .add_json("drop_to", "[" + list_of(to) + "]")
      .add_json("drop_from", "[" + list_of(from) + "]");
}

}  // namespace

Nemesis::Nemesis(TestCluster& cluster,
                 NodeNetworks* networks,
                 std::vector<std::string> kinds,
                 std::uint64_t seed)
    : cluster_(cluster),
      networks_(networks),
      kinds_(std::move(kinds)),
      random_(seed) {
  CHECK(!kinds_.empty());
  for (const std::string& kind : kinds_) CHECK(complaint(kind).empty());
}

std::string Nemesis::complaint(const std::string& kind) {
  for (const char* known : {"kill", "pause", "partition", "netns"}) {
    if (kind == known) return "";
  }
  return "there is no fault \"" + kind +
         "\", only kill, pause, partition, netns";
}

std::string Nemesis::strike() {
  std::string what = strike_with(kinds_[random_() % kinds_.size()]);
  // Troubles do not come alone.
  if (chance(4)) {
    what += "; " + strike_with(kinds_[random_() % kinds_.size()]);
  }
  return what;
}

void Nemesis::heal() {
  if (networks_ != nullptr) networks_->heal();
  for (const NodeId id : std::exchange(paused_, {})) cluster_.node(id).resume();
  for (const NodeId id : killed_) cluster_.node(id).launch();
  for (const NodeId id : std::exchange(killed_, {})) {
    cluster_.node(id).wait_until_it_serves();
  }
  for (const NodeId id : std::exchange(faulty_, {})) {
    wait_until("node " + std::to_string(id) + " forgets its faults", [&] {
      const auto answer = ask(cluster_.client_address(id),
                              {.method = "DELETE", .target = "/v1/faults"});
      return answer && answer->status == 200;
    });
  }
}

std::string Nemesis::strike_with(const std::string& kind) {
  if (kind == "partition" || kind == "netns") {
    const std::string what = kind + " " + partition(kind);
    ++counts_[what.substr(0, what.find(':'))];
    return what;
  }
  const Target target = random_target();
  ++counts_[kind + " " + target.name];
  if (kind == "kill") {
    kill(target);
  } else {
    pause(target);
  }
  return kind + " " + target.name + ": " + list_of(target.nodes);
}

void Nemesis::kill(const Target& target) {
  for (const NodeId id : target.nodes) {
    if (killed_.contains(id)) continue;
    // A paused process dies all the same.
    paused_.erase(id);
    faulty_.erase(id);
    cluster_.node(id).kill();
    // Sometimes it is back at once, and gone again before it is ready.
    if (chance(8)) {
      cluster_.node(id).launch();
      cluster_.node(id).kill();
    }
    killed_.insert(id);
  }
}

void Nemesis::pause(const Target& target) {
  for (const NodeId id : target.nodes) {
    if (killed_.contains(id) || !paused_.insert(id).second) continue;
    cluster_.node(id).pause();
  }
}

std::string Nemesis::partition(const std::string& kind) {
  switch (random_() % 5) {
    case 0:
      if (kind == "partition") return weather();
      [[fallthrough]];
    case 1:
      return cut(kind, {.name = "the leader alone", .nodes = {leader()}});
    case 2:
      return cut(kind, {.name = "one alone", .nodes = random_nodes(1)});
    default:
      return cut(kind,
                 {.name = "a minority alone",
                  .nodes = random_nodes((cluster_.nodes() - 1) / 2)});
  }
}

// Between the nodes of `target` and all others nothing arrives, in one
// direction or both.
std::string Nemesis::cut(const std::string& kind, const Target& target) {
  const std::uint64_t shape = random_() % 4;
  const bool is_mute = shape != 1;  // what the target sends is lost
  const bool is_deaf = shape != 0;  // what is sent to it is lost
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
    const bool is_target = target.nodes.contains(id);
    std::set<NodeId> others;
    for (NodeId other = 1; other <= cluster_.nodes(); ++other) {
      if (is_target != target.nodes.contains(other)) others.insert(other);
    }
    const std::set<NodeId> none;
    const bool is_sending_lost = is_target ? is_mute : is_deaf;
    const bool is_hearing_lost = is_target ? is_deaf : is_mute;
    if (kind == "partition") {
      tell(id,
           drops(is_sending_lost ? others : none,
                 is_hearing_lost ? others : none));
    } else if (is_sending_lost) {
      for (const NodeId other : others) networks_->cut(id, other);
    }
  }
  return "cuts off " + target.name + (is_deaf ? "" : ", mute") +
         (is_mute ? "" : ", deaf") + ": " + list_of(target.nodes);
}

// Messages between all nodes come late, and some not at all.
std::string Nemesis::weather() {
  const std::uint64_t loss_percent = 10 + random_() % 30;
  const std::uint64_t delay_ms = random_() % 40;
  const std::string loss = "0." + std::to_string(loss_percent);
  const JsonWriter faults =
      JsonWriter().add_json("loss", loss).add("delay_ms", delay_ms);
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) tell(id, faults);
  return "bad weather: loss " + loss + ", delay " + std::to_string(delay_ms) +
         " ms";
}

// A node that does not answer now may take it to heart later, so it is healed
// too.
void Nemesis::tell(NodeId id, const JsonWriter& faults) {
  // The kernel would take it for one that is paused, and deliver it later.
  if (!is_listening(id)) return;
  faulty_.insert(id);
  ask(cluster_.client_address(id),
      {.method = "PUT",
       .target = "/v1/faults",
       .headers = {{"Content-Type", "application/json"}},
       .body = faults.text()});
}

bool Nemesis::is_listening(NodeId id) const {
  return !killed_.contains(id) && !paused_.contains(id);
}

Nemesis::Target Nemesis::random_target() {
  switch (random_() % 5) {
    case 0:
      return {.name = "one", .nodes = random_nodes(1)};
    case 1:
      return {.name = "minority",
              .nodes = random_nodes((cluster_.nodes() - 1) / 2)};
    case 2:
      return {.name = "all", .nodes = random_nodes(cluster_.nodes())};
    default:
      return {.name = "leader", .nodes = {leader()}};
  }
}

std::set<NodeId> Nemesis::random_nodes(std::uint64_t count) {
  std::set<NodeId> nodes;
  count = std::max<std::uint64_t>(1, count);
  while (nodes.size() < count) nodes.insert(1 + random_() % cluster_.nodes());
  return nodes;
}

NodeId Nemesis::leader() {
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
    if (!is_listening(id)) continue;
    const auto answer =
        ask(cluster_.client_address(id), {.target = "/v1/status"});
    const auto status = answer ? JsonObject::parse(answer->body) : failure("");
    if (status && status->string("role") == "leader") return id;
  }
  return *random_nodes(1).begin();
}

}  // namespace raft
