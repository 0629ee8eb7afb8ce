// The messages of raft_message.h as those of raft.proto, and back. Values only:
// what must hold of them is for transport.h and raft_node.h to say.
#pragma once

#include <string>

#include "common/json.h"
#include "raft.pb.h"
#include "raft_message.h"

namespace raft {

inline constexpr char kServiceName[] = "raft.v1.RaftService";

// A request for the wire, but for its first four fields. Takes the commands out
// of `args`.
v1::AppendEntriesRequest to_rpc(AppendEntries args);
v1::RequestVoteRequest to_rpc(const RequestVote& args);
v1::ReadIndexRequest to_rpc(const ReadIndex& args);

// A response for the wire, but for its clock.
v1::AppendEntriesResponse to_rpc(const AppendEntriesResult& result);
v1::RequestVoteResponse to_rpc(const RequestVoteResult& result);
v1::ReadIndexResponse to_rpc(const ReadIndexResult& result);

// What came over the wire. Takes the commands out of `request`.
AppendEntries from_rpc(v1::AppendEntriesRequest& request);
AppendEntriesResult from_rpc(const v1::AppendEntriesResponse& response);
RequestVote from_rpc(const v1::RequestVoteRequest& request);
RequestVoteResult from_rpc(const v1::RequestVoteResponse& response);
ReadIndex from_rpc(const v1::ReadIndexRequest& request);
ReadIndexResult from_rpc(const v1::ReadIndexResponse& response);

// The name of the call that a request or a result belongs to.
std::string rpc_of(const Message& message);

// True for what answers a request.
bool is_result(const Message& message);

// A message's own fields, for the trace.
JsonWriter fields_of(const Message& message);

}  // namespace raft
