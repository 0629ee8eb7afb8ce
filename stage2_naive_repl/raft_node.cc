#include "raft_node.h"

#include <utility>

#include "common/check.h"

namespace raft {

RaftNode::RaftNode(Config config) : config_(std::move(config)) {
  CHECK(config_.id != kNobody);
  CHECK(config_.leader != kNobody);
}

std::optional<Index> RaftNode::propose(std::string command) {
  if (!is_leader()) return std::nullopt;
  const Index index = ++last_index_;
  for (NodeId peer : config_.peers) {
    send(peer,
         AppendEntries{.leader_id = config_.id,
                       .entry = {.index = index, .command = command}});
  }
  // The leader can't fail to reach itself. Its own map comes last all the same:
  // a reader here sees only what a majority has.
  pending_[index] = {.command = std::move(command), .holders = {config_.id}};
  commit_if_held_by_majority(index);
  return index;
}

void RaftNode::receive(const Envelope& envelope) {
  CHECK(envelope.to == config_.id);
  std::visit([&](const auto& message) { handle(envelope.from, message); },
             envelope.message);
}

Output RaftNode::take_output() {
  return std::exchange(output_, {});
}

Role RaftNode::role() const {
  return config_.id == config_.leader ? Role::kLeader : Role::kFollower;
}

std::size_t RaftNode::copies(Index index) const {
  const auto found = pending_.find(index);
  return found == pending_.end() ? 0 : found->second.holders.size();
}

void RaftNode::handle(NodeId from, const AppendEntries& args) {
  const bool success = !is_leader() && args.leader_id == config_.leader;
  // Carried out at once: nobody asks whether a majority will ever hold it, and
  // nothing tells whether an earlier one is missing.
  if (success) output_.committed.push_back(args.entry);
  send(from, AppendEntriesResult{args.entry.index, success});
}

void RaftNode::handle(NodeId from, const AppendEntriesResult& result) {
  const auto found = pending_.find(result.index);
  if (found == pending_.end() || !result.success) return;
  found->second.holders.insert(from);
  commit_if_held_by_majority(result.index);
}

void RaftNode::commit_if_held_by_majority(Index index) {
  CHECK(is_leader());
  const auto found = pending_.find(index);
  CHECK(found != pending_.end());
  if (found->second.holders.size() < majority()) return;
  output_.committed.push_back({index, std::move(found->second.command)});
  pending_.erase(found);
}

void RaftNode::send(NodeId to, Message message) {
  output_.messages.push_back({config_.id, to, std::move(message)});
}

}  // namespace raft
