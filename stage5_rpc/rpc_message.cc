#include "rpc_message.h"

#include <utility>
#include <vector>

namespace raft {

v1::AppendEntriesRequest to_rpc(AppendEntries args) {
  v1::AppendEntriesRequest request;
  request.set_term(args.term);
  request.set_leader_id(args.leader_id);
  request.set_prev_log_index(args.prev_log_index);
  request.set_prev_log_term(args.prev_log_term);
  request.mutable_entries()->Reserve(static_cast<int>(args.entries.size()));
  for (Entry& entry : args.entries) {
    v1::Entry& added = *request.add_entries();
    added.set_term(entry.term);
    added.set_index(entry.index);
    added.set_command(std::move(entry.command));
  }
  request.set_leader_commit(args.leader_commit);
  return request;
}

v1::AppendEntriesResponse to_rpc(const AppendEntriesResult& result) {
  v1::AppendEntriesResponse response;
  response.set_term(result.term);
  response.set_success(result.success);
  response.set_match_index(result.match_index);
  response.set_match_term(result.match_term);
  return response;
}

AppendEntries from_rpc(v1::AppendEntriesRequest& request) {
  AppendEntries args{.term = request.term(),
                     .leader_id = request.leader_id(),
                     .prev_log_index = request.prev_log_index(),
                     .prev_log_term = request.prev_log_term(),
                     .leader_commit = request.leader_commit()};
  args.entries.reserve(static_cast<std::size_t>(request.entries_size()));
  for (v1::Entry& entry : *request.mutable_entries()) {
    args.entries.push_back({.term = entry.term(),
                            .index = entry.index(),
                            .command = std::move(*entry.mutable_command())});
  }
  return args;
}

AppendEntriesResult from_rpc(const v1::AppendEntriesResponse& response) {
  return {.term = response.term(),
          .success = response.success(),
          .match_index = response.match_index(),
          .match_term = response.match_term()};
}

std::string rpc_of(const Message&) {
  return "AppendEntries";
}

bool is_result(const Message& message) {
  return std::holds_alternative<AppendEntriesResult>(message);
}

JsonWriter fields_of(const Message& message) {
  JsonWriter writer;
  if (const auto* args = std::get_if<AppendEntries>(&message)) {
    std::vector<JsonWriter> entries;
    for (const Entry& entry : args->entries) {
      entries.push_back(JsonWriter()
                            .add("term", entry.term)
                            .add("index", entry.index)
                            .add("command", entry.command));
    }
    writer.add("type", "append_entries")
        .add("term", args->term)
        .add("leader_id", args->leader_id)
        .add("prev_log_index", args->prev_log_index)
        .add("prev_log_term", args->prev_log_term)
        .add_objects("entries", entries)
        .add("leader_commit", args->leader_commit);
  } else {
    const auto& result = std::get<AppendEntriesResult>(message);
    writer.add("type", "append_entries_result")
        .add("term", result.term)
        .add("success", result.success)
        .add("match_index", result.match_index)
        .add("match_term", result.match_term);
  }
  return writer;
}

}  // namespace raft
