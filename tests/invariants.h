// What must hold in a simulated cluster after every step, with its place in the
// paper: Figure 3's properties that don't speak of elections, and what follows
// from Figure 2 for one server.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "tests/sim_server.h"

namespace raft {

// Thrown when it does not.
struct Violation {
  std::string property = {};  // with its place
  std::string detail = {};
};

class Invariants {
 public:
  // `servers` must outlive this.
  explicit Invariants(const std::vector<SimServer>& servers)
      : servers_(servers) {}

  // To be called when a server has started, when it is about to send a message,
  // and after everything that it did.
  void check_start(const SimServer& server);
  void check_message(const SimServer& server, const Envelope& envelope);
  void check_step(const SimServer& server);

  // To be called when all had the time to agree.
  void check_agreement();

  // What was ever committed, by index from 1.
  const std::vector<Entry>& committed() const { return committed_; }

 private:
  // A running server as of its last step.
  struct Seen {
    Index commit_index = 0;
    Index last_applied = 0;
    std::size_t applied = 0;  // that were looked at
    Index committed = 0;  // up to which they were looked at
    std::vector<Entry> log = {};
    std::map<NodeId, Index> match_index = {};  // on a leader
  };

  void check_indexes(const SimServer& server);
  void check_log(const SimServer& server);
  // Up to `checked`, the logs were compared before.
  void check_log_matching(const SimServer& a,
                          const SimServer& b,
                          Index checked);
  void check_applied(const SimServer& server);
  void note_committed(const SimServer& server);
  void check_committed_is_durable();
  void check_progress(const SimServer& leader);

  bool has_stored(const SimServer& server, const Entry& entry) const;

  const std::vector<SimServer>& servers_;
  std::map<NodeId, Seen> seen_;
  std::vector<Entry> committed_;
};

}  // namespace raft
