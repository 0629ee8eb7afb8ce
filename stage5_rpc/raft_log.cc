#include "raft_log.h"

#include <algorithm>
#include <iterator>

#include "common/check.h"

namespace raft {
namespace {

// A block takes no more entries once its commands are that large. So it is
// large enough that what it costs itself does not count, and small enough that
// room it keeps for growth does not either.
constexpr std::size_t kBlockBytes = 64 * 1024;

// So that the end of any fits into a block's table.
constexpr std::size_t kCommandBytesMax = UINT32_MAX - kBlockBytes;

// The last one of `rows`, which may be blocks or runs, that begins at `index`
// or before it. REQUIRES: there is one
template <typename Row>
const Row& row_of(const std::vector<Row>& rows, Index index) {
  const auto after = std::upper_bound(
      rows.begin(), rows.end(), index, [](Index wanted, const Row& row) {
        return wanted < row.first;
      });
  CHECK(after != rows.begin());
  return *std::prev(after);
}

}  // namespace

Index RaftLog::last_index() const {
  if (blocks_.empty()) return 0;
  return blocks_.back().first + blocks_.back().ends.size() - 1;
}

Term RaftLog::term_at(Index index) const {
  CHECK(index <= last_index());
  return index == 0 ? 0 : row_of(runs_, index).term;
}

Entry RaftLog::at(Index index) const {
  return {.term = term_at(index),
          .index = index,
          .command = std::string(command_at(index))};
}

std::string_view RaftLog::command_at(Index index) const {
  CHECK(1 <= index);
  CHECK(index <= last_index());
  const Block& block = row_of(blocks_, index);
  const std::size_t place = index - block.first;
  const std::size_t start = place == 0 ? 0 : block.ends[place - 1];
  const std::size_t end = block.ends[place];
  return std::string_view(block.commands).substr(start, end - start);
}

bool RaftLog::matches(Index index, Term term) const {
  return index <= last_index() && term_at(index) == term;
}

Index RaftLog::last_index_within(Index index, Term term) const {
  const Index end = std::min(index, last_index());
  const auto later = std::upper_bound(
      runs_.begin(), runs_.end(), term, [](Term wanted, const Run& run) {
        return wanted < run.term;
      });
  return later == runs_.end() ? end : std::min(end, later->first - 1);
}

std::vector<Entry> RaftLog::from(Index first, std::size_t bytes_max) const {
  CHECK(1 <= first);
  CHECK(first <= last_index() + 1);
  std::vector<Entry> result;
  std::size_t bytes = 0;
  for (Index index = first; index <= last_index(); ++index) {
    bytes += command_at(index).size();
    if (bytes > bytes_max && !result.empty()) break;
    result.push_back(at(index));
  }
  return result;
}

void RaftLog::append(const Entry& entry) {
  CHECK(entry.index == last_index() + 1);
  CHECK(entry.term >= last_term());
  CHECK(entry.command.size() <= kCommandBytesMax);
  if (runs_.empty() || runs_.back().term != entry.term) {
    runs_.push_back({.first = entry.index, .term = entry.term});
  }
  if (blocks_.empty() || blocks_.back().commands.size() >= kBlockBytes) {
    blocks_.push_back({.first = entry.index});
  }
  Block& block = blocks_.back();
  block.commands += entry.command;
  block.ends.push_back(static_cast<std::uint32_t>(block.commands.size()));
  if (block.commands.size() < kBlockBytes) return;
  // It is full: the room that it has kept to grow into is of no use any more.
  block.commands.shrink_to_fit();
  block.ends.shrink_to_fit();
}

void RaftLog::truncate_from(Index first) {
  CHECK(1 <= first);
  CHECK(first <= last_index());
  while (!runs_.empty() && runs_.back().first >= first) runs_.pop_back();
  while (!blocks_.empty() && blocks_.back().first >= first) blocks_.pop_back();
  if (blocks_.empty()) return;
  // The block that held `first` and entries before it, if there was one, is the
  // last one now, and takes new ones behind those.
  Block& block = blocks_.back();
  block.ends.resize(first - block.first);
  block.commands.resize(block.ends.back());
}

}  // namespace raft
