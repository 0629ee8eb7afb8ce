#include "read_queue.h"

#include <algorithm>
#include <iterator>

#include "common/check.h"

namespace raft {

void ReadQueue::add(NodeId from, std::uint64_t id, int ticks_max) {
  CHECK(ticks_max > 0);
  reads_.push_back({.from = from, .id = id, .ticks_left = ticks_max});
}

void ReadQueue::tick() {
  for (Read& read : reads_) --read.ticks_left;
}

bool ReadQueue::has_waiting() const {
  return std::any_of(reads_.begin(), reads_.end(), [](const Read& read) {
    return read.round == 0;
  });
}

void ReadQueue::start(std::uint64_t round, Index read_index) {
  CHECK(round > 0);
  for (Read& read : reads_) {
    CHECK(read.round <= round || read.is_confirmed);
    if (read.round != 0) continue;
    read.round = round;
    read.read_index = read_index;
  }
}

void ReadQueue::confirm(std::uint64_t round, Index read_index) {
  for (Read& read : reads_) {
    if (read.is_confirmed || read.round == 0 || read.round > round) continue;
    read.is_confirmed = true;
    read.read_index = std::max(read.read_index, read_index);
  }
}

void ReadQueue::restart() {
  for (Read& read : reads_) {
    if (!read.is_confirmed) read.round = 0;
  }
}

std::vector<Read> ReadQueue::take_done(Index last_applied) {
  return take([&](const Read& read) {
    // A follower will wait for the index itself.
    const bool is_applied =
        read.from != kNobody || read.read_index <= last_applied;
    return read.is_confirmed && is_applied;
  });
}

std::vector<Read> ReadQueue::take_late() {
  return take([](const Read& read) { return read.ticks_left <= 0; });
}

std::vector<Read> ReadQueue::take_unconfirmed() {
  return take([](const Read& read) { return !read.is_confirmed; });
}

template <typename IsTaken>
std::vector<Read> ReadQueue::take(const IsTaken& is_taken) {
  const auto kept =
      std::stable_partition(reads_.begin(), reads_.end(), [&](const Read& r) {
        return !is_taken(r);
      });
  std::vector<Read> taken(kept, reads_.end());
  reads_.erase(kept, reads_.end());
  return taken;
}

}  // namespace raft
