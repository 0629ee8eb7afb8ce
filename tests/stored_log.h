// A durable log on a simulated disk, for the suites about it.
#pragma once

#include <cppunit/TestAssert.h>
#include <memory>
#include <string>
#include <vector>

#include "storage.h"
#include "tests/logs.h"
#include "tests/sim_disk.h"

namespace raft {

inline const std::string kFirstFile = "00000001.log";
inline const std::string kSecondFile = "00000002.log";

#ifdef RAFT_HAS_ELECTIONS
// A term that no entry of a test reaches: no entry may be of a later one than
// the last that is stored. It is stored as soon as there is a log.
inline constexpr Term kStoredTerm = 1000;

inline std::vector<Entry> take_entries(Storage& storage) {
  const Stored stored = storage.take_stored();
  if (stored.hard_state == HardState{}) {
    storage.persist(HardState{.current_term = kStoredTerm}, {});
  }
  return entries_in(stored.log);
}
inline void persist(Storage& storage, const std::vector<Entry>& entries) {
  storage.persist({}, entries);
}
#else
inline std::vector<Entry> take_entries(Storage& storage) {
  return entries_in(storage.take_log());
}
inline void persist(Storage& storage, const std::vector<Entry>& entries) {
  storage.persist(entries);
}
#endif

struct StoredLog {
  std::unique_ptr<Storage> storage = {};
  std::vector<Entry> entries = {};  // what was recovered
  std::string refusal = {};  // why there is no storage

  void persist(const std::vector<Entry>& batch) {
    raft::persist(*storage, batch);
  }
};

// What a process finds that starts on `disk`. A process that still uses it has
// ended then.
inline StoredLog start_on(SimDisk& disk,
                          std::uint64_t file_bytes = 4096,
                          const std::string& cluster_id = "c") {
  auto storage = Storage::open(disk.directory(), cluster_id, 1, file_bytes);
  if (!storage) return {.refusal = storage.error().message};
  auto entries = take_entries(**storage);
  return {.storage = std::move(*storage), .entries = std::move(entries)};
}

// The same where nothing may be refused.
inline StoredLog must_start_on(SimDisk& disk,
                               std::uint64_t file_bytes = 4096,
                               const std::string& cluster_id = "c") {
  StoredLog log = start_on(disk, file_bytes, cluster_id);
  CPPUNIT_ASSERT_EQUAL(std::string(), log.refusal);
  return log;
}

// Entries first, first + 1, … of one term, with commands of one size.
inline std::vector<Entry> batch(Index first,
                                int count,
                                Term term,
                                std::size_t command_bytes = 20) {
  std::vector<Entry> entries;
  for (int i = 0; i < count; ++i, ++first) {
    std::string command = std::to_string(first) + ":" + std::to_string(term);
    command.resize(command_bytes, '.');
    entries.push_back({term, first, std::move(command)});
  }
  return entries;
}

// `log` after `batch` has been stored.
inline std::vector<Entry> with(std::vector<Entry> log,
                               const std::vector<Entry>& batch) {
  if (batch.empty()) return log;
  log.resize(batch.front().index - 1);
  log.insert(log.end(), batch.begin(), batch.end());
  return log;
}

// Where the records of the file end, and zeros begin.
inline std::size_t end_of_records(const SimDisk& disk,
                                  const std::string& name) {
  const std::string bytes = disk.contents().at(name);
  Place end{.file = std::stoull(name), .offset = 0};
  while (const auto record = record_at(bytes, end)) end.offset += record->bytes;
  return end.offset;
}

// Where the record starts that the byte at `offset` belongs to.
// REQUIRES: all records before it are whole.
inline std::size_t start_of_record(const SimDisk& disk,
                                   const std::string& name,
                                   std::size_t offset) {
  const std::string bytes = disk.contents().at(name);
  Place place{.file = std::stoull(name), .offset = 0};
  while (true) {
    const std::size_t end = place.offset + record_at(bytes, place)->bytes;
    if (offset < end) return place.offset;
    place.offset = end;
  }
}

}  // namespace raft
