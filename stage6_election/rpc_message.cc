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
  request.set_round(args.round);
  return request;
}

v1::RequestVoteRequest to_rpc(const RequestVote& args) {
  v1::RequestVoteRequest request;
  request.set_term(args.term);
  request.set_candidate_id(args.candidate_id);
  request.set_last_log_index(args.last_log_index);
  request.set_last_log_term(args.last_log_term);
  return request;
}

v1::ReadIndexRequest to_rpc(const ReadIndex& args) {
  v1::ReadIndexRequest request;
  request.set_term(args.term);
  request.set_question(args.question);
  return request;
}

v1::AppendEntriesResponse to_rpc(const AppendEntriesResult& result) {
  v1::AppendEntriesResponse response;
  response.set_term(result.term);
  response.set_success(result.success);
  response.set_match_index(result.match_index);
  response.set_match_term(result.match_term);
  response.set_round(result.round);
  return response;
}

v1::RequestVoteResponse to_rpc(const RequestVoteResult& result) {
  v1::RequestVoteResponse response;
  response.set_term(result.term);
  response.set_vote_granted(result.vote_granted);
  return response;
}

v1::ReadIndexResponse to_rpc(const ReadIndexResult& result) {
  v1::ReadIndexResponse response;
  response.set_term(result.term);
  response.set_question(result.question);
  response.set_success(result.success);
  response.set_read_index(result.read_index);
  return response;
}

AppendEntries from_rpc(v1::AppendEntriesRequest& request) {
  AppendEntries args{.term = request.term(),
                     .leader_id = request.leader_id(),
                     .prev_log_index = request.prev_log_index(),
                     .prev_log_term = request.prev_log_term(),
                     .leader_commit = request.leader_commit(),
                     .round = request.round()};
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
          .match_term = response.match_term(),
          .round = response.round()};
}

RequestVote from_rpc(const v1::RequestVoteRequest& request) {
  return {.term = request.term(),
          .candidate_id = request.candidate_id(),
          .last_log_index = request.last_log_index(),
          .last_log_term = request.last_log_term()};
}

RequestVoteResult from_rpc(const v1::RequestVoteResponse& response) {
  return {.term = response.term(), .vote_granted = response.vote_granted()};
}

ReadIndex from_rpc(const v1::ReadIndexRequest& request) {
  return {.term = request.term(), .question = request.question()};
}

ReadIndexResult from_rpc(const v1::ReadIndexResponse& response) {
  return {.term = response.term(),
          .question = response.question(),
          .success = response.success(),
          .read_index = response.read_index()};
}

std::string rpc_of(const Message& message) {
  // In the order of Message: each request, then its result.
  constexpr const char* kNames[] = {
      "AppendEntries", "RequestVote", "ReadIndex"};
  return kNames[message.index() / 2];
}

bool is_result(const Message& message) {
  return message.index() % 2 == 1;
}

namespace {

JsonWriter fields_of(const AppendEntries& args) {
  std::vector<JsonWriter> entries;
  for (const Entry& entry : args.entries) {
    entries.push_back(JsonWriter()
                          .add("term", entry.term)
                          .add("index", entry.index)
                          .add("command", entry.command));
  }
  return JsonWriter()
      .add("type", "append_entries")
      .add("term", args.term)
      .add("leader_id", args.leader_id)
      .add("prev_log_index", args.prev_log_index)
      .add("prev_log_term", args.prev_log_term)
      .add_objects("entries", entries)
      .add("leader_commit", args.leader_commit)
      .add("round", args.round);
}

JsonWriter fields_of(const AppendEntriesResult& result) {
  return JsonWriter()
      .add("type", "append_entries_result")
      .add("term", result.term)
      .add("success", result.success)
      .add("match_index", result.match_index)
      .add("match_term", result.match_term)
      .add("round", result.round);
}

JsonWriter fields_of(const RequestVote& args) {
  return JsonWriter()
      .add("type", "request_vote")
      .add("term", args.term)
      .add("candidate_id", args.candidate_id)
      .add("last_log_index", args.last_log_index)
      .add("last_log_term", args.last_log_term);
}

JsonWriter fields_of(const RequestVoteResult& result) {
  return JsonWriter()
      .add("type", "request_vote_result")
      .add("term", result.term)
      .add("vote_granted", result.vote_granted);
}

JsonWriter fields_of(const ReadIndex& args) {
  return JsonWriter()
      .add("type", "read_index")
      .add("term", args.term)
      .add("question", args.question);
}

JsonWriter fields_of(const ReadIndexResult& result) {
  return JsonWriter()
      .add("type", "read_index_result")
      .add("term", result.term)
      .add("question", result.question)
      .add("success", result.success)
      .add("read_index", result.read_index);
}

}  // namespace

JsonWriter fields_of(const Message& message) {
  return std::visit([](const auto& one) { return fields_of(one); }, message);
}

}  // namespace raft
