// Logs as the paper draws them: the terms of their entries.
#pragma once

#include <string>
#include <vector>

#include "raft_log.h"

namespace raft {

// The entry at `index`: the same command wherever index and term are the same.
inline Entry entry_of(Index index, Term term) {
  return {.term = term,
          .index = index,
          .command = "c" + std::to_string(index) + "." + std::to_string(term)};
}

// Entries with the given terms, the first of them at index `first`.
inline std::vector<Entry> entries_of(Index first, std::vector<Term> terms) {
  std::vector<Entry> entries;
  for (Term term : terms) entries.push_back(entry_of(first++, term));
  return entries;
}

inline RaftLog log_of(std::vector<Term> terms) {
  RaftLog log;
  for (Entry& entry : entries_of(1, std::move(terms))) log.append(entry);
  return log;
}

inline std::vector<Entry> entries_in(const RaftLog& log) {
  return log.from(1, SIZE_MAX);
}

// "1 1 2", for CPPUNIT_ASSERT_EQUAL and for messages.
inline std::string terms_in(const std::vector<Entry>& entries) {
  std::string text;
  for (const Entry& entry : entries) {
    text += (text.empty() ? "" : " ") + std::to_string(entry.term);
  }
  return text;
}

inline std::string terms_in(const RaftLog& log) {
  return terms_in(entries_in(log));
}

}  // namespace raft
