// The replicated log: entries, addressed from 1 as in the paper.
//
// A log is long, and most of its commands are short: a string for each would
// cost more than what is in it. So the commands stand one behind the other in
// blocks, each with a table of where they end; and terms, of which whole runs
// of entries have the same, are noted once a run.
//
// Not thread-safe: it belongs to its RaftNode.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "raft_message.h"

namespace raft {

class RaftLog {
 public:
  // 0 when the log is empty.
  Index last_index() const;
  Term last_term() const { return term_at(last_index()); }

  // Term of the entry at `index`; 0 for index 0, which every log shares.
  // REQUIRES: index <= last_index()
  Term term_at(Index index) const;

  // REQUIRES: 1 <= index <= last_index()
  Entry at(Index index) const;

  // The command of that entry, without a copy; valid until the log changes.
  // REQUIRES: 1 <= index <= last_index()
  std::string_view command_at(Index index) const;

  // True if the log holds an entry at `index` whose term is `term` (§5.3, the
  // consistency check). Always true for index 0, term 0.
  bool matches(Index index, Term term) const;

  // The last index up to `index` whose entry is of `term` or an older one. No
  // later entry can match one of `term` in another log, for terms only grow
  // along a log.
  Index last_index_within(Index index, Term term) const;

  // Entries from `first` on, as many as fit into `bytes_max` (commands only),
  // and at least one if there is one.
  // REQUIRES: 1 <= first <= last_index() + 1
  std::vector<Entry> from(Index first, std::size_t bytes_max) const;

  // REQUIRES: entry.index == last_index() + 1, entry.term >= last_term()
  void append(const Entry& entry);

  // Deletes `first` and all that follow it.
  // REQUIRES: 1 <= first <= last_index()
  void truncate_from(Index first);

 private:
  // Some entries in a row. None is empty, only the last one grows.
  struct Block {
    Index first = 0;
    std::string commands = {};
    std::vector<std::uint32_t> ends = {};  // in commands, one for each entry
  };

  // All entries from `first` to the next run.
  struct Run {
    Index first = 0;
    Term term = 0;
  };

  std::vector<Block> blocks_;
  std::vector<Run> runs_;
};

}  // namespace raft
