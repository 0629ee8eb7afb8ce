// A message's own fields in a trace, in one shape for all stages: those with
// protobuf have this in rpc_message.cc, sim_fields_lines.cc is for JSON lines.
#pragma once

#include "common/json.h"
#include "raft_message.h"

namespace raft {

JsonWriter fields_of(const Message& message);

}  // namespace raft
