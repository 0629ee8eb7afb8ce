// [until stage4_cluster_client]
// What transport.cc puts on the wire and into the trace, which it keeps to
// itself; sim_fields_test.cc holds the two together.
#include "tests/sim_fields.h"

namespace raft {
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
      .add("leader_commit", args.leader_commit);
}

JsonWriter fields_of(const AppendEntriesResult& result) {
  return JsonWriter()
      .add("type", "append_entries_result")
      .add("term", result.term)
      .add("success", result.success)
      .add("match_index", result.match_index)
      .add("match_term", result.match_term);
}

}  // namespace

JsonWriter fields_of(const Message& message) {
  return std::visit([](const auto& one) { return fields_of(one); }, message);
}

}  // namespace raft
