// The reads that are on their way to an answer, on any node: those that were
// asked for here, and on a leader those that its followers ask for.
//
// A read may be answered when it is known that nobody else led while it was
// under way, and when all that was committed before it is applied here (§8,
// diss. §6.4). The first is found out in rounds: a read that waits joins the
// next one to start. So a read is confirmed only by what was said after it had
// come, and one round serves all that have queued up.
//
// Not thread-safe: it belongs to its RaftNode.
#pragma once

#include <cstdint>
#include <vector>

#include "raft_message.h"

namespace raft {

struct Read {
  NodeId from = kNobody;  // the follower that asks; nobody: it was asked here
  std::uint64_t id = 0;  // what whoever asks calls it
  int ticks_left = 0;
  std::uint64_t round = 0;  // 0 while it waits for one
  bool is_confirmed = false;
  Index read_index = 0;  // to be applied before it is answered
};

class ReadQueue {
 public:
  void add(NodeId from, std::uint64_t id, int ticks_max);

  // One unit of logical time has passed.
  void tick();

  bool is_empty() const { return reads_.empty(); }

  // True if there are reads that wait for a round.
  bool has_waiting() const;

  // All of these are in `round` from here on, and may be answered when
  // `read_index` is applied. REQUIRES: 0 < round, and rounds never fall, or
  // restart() was called.
  void start(std::uint64_t round, Index read_index);

  // The reads in rounds up to `round` are confirmed, and may be answered when
  // `read_index` is applied too.
  void confirm(std::uint64_t round, Index read_index = 0);

  // What is not confirmed waits again: nobody will answer its round.
  void restart();

  // Move out, in the order in which they came: what may be answered; what has
  // waited too long; what is not confirmed.
  std::vector<Read> take_done(Index last_applied);
  std::vector<Read> take_late();
  std::vector<Read> take_unconfirmed();

 private:
  template <typename IsTaken>
  std::vector<Read> take(const IsTaken& is_taken);

  std::vector<Read> reads_;
};

}  // namespace raft
