// [since stage2_naive_repl]
// Requests and results for the suites of the transport, which are told apart by
// an index. The messages have more to say in one stage than in another: what
// these suites need of them is put in and read back here.
#pragma once

#include <string>
#include <variant>

#include "common/json.h"
#include "raft_message.h"

namespace raft {

// Fields that nobody asks for have values of their own, so that none can be
// taken for another on the way.
template <typename Args>
void put_entry(Args& args, Index index, const std::string& command) {
  if constexpr (requires { args.entry; }) {
    args.entry = {.index = index, .command = command};
  } else {
    args.term = 23;
    args.prev_log_index = index - 1;
    args.prev_log_term = 21;
    args.entries.push_back({.term = 22, .index = index, .command = command});
    args.leader_commit = 24;
  }
}

template <typename Args>
Index index_of(const Args& args) {
  if constexpr (requires { args.entry; }) {
    return args.entry.index;
  } else {
    return args.entries.front().index;
  }
}

template <typename Result>
void put_index(Result& result, Index index) {
  if constexpr (requires { result.index; }) {
    result.index = index;
  } else {
    result.term = 23;
    result.match_index = index;
    result.match_term = 22;
  }
}

// The same of a message's fields, on the wire or in a trace.
inline Index index_of(const JsonObject& fields) {
  for (const char* name : {"index", "match_index"}) {
    if (fields.has(name)) return fields.number(name).value();
  }
  return fields.objects("entries").value().at(0).number("index").value();
}

// From the leader, node 1, unless told otherwise.
inline Envelope request(NodeId to,
                        Index index,
                        const std::string& command = "x",
                        NodeId from = 1) {
  AppendEntries args{.leader_id = from};
  put_entry(args, index, command);
  return {.from = from, .to = to, .message = args};
}

// Tells its request by the index.
inline Envelope result_of(const Envelope& request, bool success = true) {
  AppendEntriesResult result{.success = success};
  put_index(result, index_of(std::get<AppendEntries>(request.message)));
  return {.from = request.to, .to = request.from, .message = result};
}

}  // namespace raft
