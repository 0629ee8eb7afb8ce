// What a server says of itself, to clients and to the trace.
#include "common/check.h"
#include "server.h"

namespace raft {

ServerStatus Server::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Server::publish_status() {
  const NodeAddress* leader = options_.cluster.find(node_.leader());
  const std::lock_guard lock(mutex_);
  status_.role = node_.role();
  status_.term = node_.current_term();
  status_.leader = node_.leader();
  status_.leader_client_address = leader == nullptr ? "" : leader->client;
  status_.commit_index = node_.commit_index();
  status_.last_applied = node_.last_applied();
  status_.last_log_index = node_.log().last_index();
  status_.is_ready = is_ready();
  status_.peers = peer_statuses();
}

std::vector<PeerStatus> Server::peer_statuses() const {
  std::vector<PeerStatus> peers;
  if (node_.role() != Role::kLeader) return peers;
  for (const NodeAddress& node : options_.cluster.nodes) {
    if (node.id == *options_.id) continue;
    peers.push_back({.id = node.id,
                     .match_index = node_.match_index(node.id),
                     .next_index = node_.next_index(node.id),
                     .last_contact_ms = node_.silent_ticks(node.id) * kTickMs});
  }
  return peers;
}

// Somebody leads, and if it is this node, a majority follows. And an entry of
// that leader's term is applied here, so all that was committed before it is
// (§5.4.3).
bool Server::is_ready() const {
  const Term applied_term = node_.log().term_at(node_.last_applied());
  if (applied_term != node_.current_term()) return false;
  if (node_.role() == Role::kLeader) return node_.hears_from_majority();
  return node_.leader() != kNobody;
}

// What the node has become, compared with what the trace has seen of it.
void Server::trace_changes(const Output& output) {
  if (!trace_.is_on()) return;
  const ServerStatus seen = status();
  if (node_.current_term() != seen.term) {
    trace_.write("term", JsonWriter().add("term", node_.current_term()));
  }
  if (output.hard_state && output.hard_state->voted_for != kNobody) {
    trace_.write("vote",
                 JsonWriter()
                     .add("term", output.hard_state->current_term)
                     .add("for", output.hard_state->voted_for));
  }
  if (node_.role() != seen.role || node_.current_term() != seen.term) {
    trace_.write("role",
                 JsonWriter()
                     .add("role", name_of(node_.role()))
                     .add("term", node_.current_term()));
  }
  if (!output.entries.empty()) {
    trace_.write("append",
                 JsonWriter()
                     .add("first_index", output.entries.front().index)
                     .add("last_index", output.entries.back().index));
  }
  if (node_.commit_index() != seen.commit_index) {
    trace_.write("commit", JsonWriter().add("index", node_.commit_index()));
  }
}

std::string name_of(Role role) {
  switch (role) {
    case Role::kFollower:
      return "follower";
    case Role::kCandidate:
      return "candidate";
    case Role::kLeader:
      return "leader";
  }
  CHECK(false);
}

}  // namespace raft
