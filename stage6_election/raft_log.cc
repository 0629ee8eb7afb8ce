#include "raft_log.h"

#include <algorithm>
#include <utility>

#include "common/check.h"

namespace raft {

Term RaftLog::term_at(Index index) const {
  CHECK(index <= last_index());
  return index == 0 ? 0 : entries_[index - 1].term;
}

const Entry& RaftLog::at(Index index) const {
  CHECK(1 <= index);
  CHECK(index <= last_index());
  return entries_[index - 1];
}

bool RaftLog::matches(Index index, Term term) const {
  return index <= last_index() && term_at(index) == term;
}

bool RaftLog::is_reached_by(Index other_last_index,
                            Term other_last_term) const {
  if (other_last_term != last_term()) return other_last_term > last_term();
  return other_last_index >= last_index();
}

Index RaftLog::last_index_within(Index index, Term term) const {
  const Index end = std::min(index, last_index());
  const auto first = entries_.begin();
  const auto after = std::upper_bound(
      first,
      first + static_cast<std::ptrdiff_t>(end),
      term,
      [](Term wanted, const Entry& entry) { return wanted < entry.term; });
  return static_cast<Index>(after - first);
}

std::vector<Entry> RaftLog::from(Index first, std::size_t bytes_max) const {
  CHECK(1 <= first);
  CHECK(first <= last_index() + 1);
  std::vector<Entry> result;
  std::size_t bytes = 0;
  for (Index index = first; index <= last_index(); ++index) {
    bytes += at(index).command.size();
    if (bytes > bytes_max && !result.empty()) break;
    result.push_back(at(index));
  }
  return result;
}

void RaftLog::append(Entry entry) {
  CHECK(entry.index == last_index() + 1);
  CHECK(entry.term >= last_term());
  entries_.push_back(std::move(entry));
}

void RaftLog::truncate_from(Index first) {
  CHECK(1 <= first);
  CHECK(first <= last_index());
  entries_.resize(first - 1);
}

}  // namespace raft
