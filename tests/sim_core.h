// What the simulator wants of a stage's core and storage, in one shape for all
// stages, so that the rest of it knows none of them: sim_core_fixed.cc is for a
// fixed leader, sim_core_elected.cc for elections.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "raft_node.h"
#include "storage.h"
#include "tests/sim_trace.h"

namespace raft {

// How to make a node. What a stage has no use for is ignored.
struct CoreSpec {
  NodeId id = 1;
  NodeId nodes = 3;  // of the cluster: 1, 2, … nodes
  Term term = 1;  // of the fixed leader, which is node 1
  std::uint64_t seed = 0;
  std::size_t message_bytes_max = 1024 * 1024;  // and of an Output
};

// Term and vote. Under a fixed leader all vote for it, for ever.
struct Ballot {
  Term current_term = 0;
  NodeId voted_for = kNobody;
  bool operator==(const Ballot&) const = default;
};

// What a disk holds.
struct Durable {
  Ballot ballot = {};
  std::vector<Entry> entries = {};
  bool operator==(const Durable&) const = default;
};

// What a core puts out, in the order in which it is to be done.
struct CoreWork {
  std::vector<Envelope> early_messages = {};
  std::optional<Ballot> ballot = {};
  std::vector<Entry> entries = {};
  std::vector<Envelope> messages = {};
  std::vector<Entry> committed = {};
  std::vector<std::pair<std::uint64_t, bool>> reads =
      {};  // id, and if it is ok

  bool has_write() const { return ballot || !entries.empty(); }
  bool empty() const {
    return early_messages.empty() && !has_write() && messages.empty() &&
           committed.empty() && reads.empty();
  }
};

// What a message promises in its sender's name.
struct Claims {
  Term term = 0;
  NodeId vote = kNobody;  // the sender votes for it in that term
  Index acknowledged = 0;  // the sender holds the entry there, and all before
  Term acknowledged_term = 0;  // of that entry
};

// Whether there are elections, and so whether the leader can be another one,
// and whether any node can be asked for a read.
bool has_elections();
bool has_reads();

// Whether a leader goes on while its own write is under way.
bool works_beside_disk();

// A heartbeat, and the longest time that a node waits for a leader, in ticks.
int heartbeat_ticks();
int election_ticks_max();

// Writes what a server is to find when it first starts.
void install(Storage& storage, const Durable& durable);

// The node that starts from what was recovered, which `found` holds then.
std::unique_ptr<RaftNode> recover(const CoreSpec& spec,
                                  Storage& storage,
                                  Durable& found);

// Takes the next output, and makes durable what is in one.
CoreWork take_work(RaftNode& node);
void persist(Storage& storage, const CoreWork& work);

// Takes what may be done while that takes its time.
// REQUIRES: works_beside_disk().
CoreWork take_work_beside_disk(RaftNode& node);
bool needs_disk(const RaftNode& node);

// REQUIRES: has_reads().
void ask_read(RaftNode& node, std::uint64_t id);

Ballot ballot_of(const RaftNode& node);
Claims claims_in(const Envelope& envelope);
TraceLine trace_of(const Message& message);

// Whether a message says that the consistency check has failed.
bool is_refusal(const Message& message);

}  // namespace raft
