// What must hold in a simulated cluster after every step, with its place in the
// paper: Figure 3's properties, and what follows from Figure 2 for one server.
#pragma once

#include <map>
#include <string>
#include <utility>
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
  void check_agreement() const;

  // The same, without looking at what is in the logs: whether it may hold.
  bool may_agree() const;

  // What was ever committed, by index from 1.
  const std::vector<Entry>& committed() const { return committed_; }

  // How many terms had a leader.
  std::size_t leaders() const { return leaders_.size(); }

 private:
  // A running server as of its last step.
  struct Seen {
    Ballot ballot = {};
    Term leads_in = 0;  // 0: it does not
    Index commit_index = 0;
    Index last_applied = 0;
    std::size_t applied = 0;  // that were looked at
    Index committed = 0;  // up to which they were looked at
    std::vector<Entry> log = {};
    std::map<NodeId, Index> match_index = {};  // on a leader
  };

  void check_ballot(const SimServer& server, Seen& seen) const;
  void check_indexes(const SimServer& server, Seen& seen) const;
  void check_log(const SimServer& server, Seen& seen) const;
  // Up to `checked`, the logs were compared before.
  void check_log_matching(const SimServer& a,
                          const SimServer& b,
                          Index checked) const;
  void check_applied(const SimServer& server, Seen& seen) const;
  void note_committed(const SimServer& server, Seen& seen);
  void check_leader(const SimServer& server, Seen& seen);
  void check_has_committed(const SimServer& leader, Index first) const;
  void check_committed_is_durable() const;
  void check_progress(const SimServer& leader, Seen& seen) const;

  const std::vector<SimServer>& servers_;
  std::map<NodeId, Seen> seen_;
  std::map<Term, NodeId> leaders_;
  std::map<std::pair<NodeId, Term>, NodeId> votes_;  // that messages told of
  std::vector<Entry> committed_;
  std::vector<Term> committed_in_;  // of the leader that did
};

}  // namespace raft
