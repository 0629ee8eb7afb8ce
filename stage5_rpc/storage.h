// The durable log: what a server may say that it holds.
//
// One family of preallocated files, 00000001.log, 00000002.log, …, each a row
// of records (log_record.h), the first of which says whose log it is. A batch
// is entries and, behind them, a mark. An entry with an index that is there
// already takes its place, and all that followed it is gone. Zeros end the
// file.
//
// A mark names the place up to which everything was synced before the mark was
// written. So after a crash a damaged record tells its story: if a later mark
// vouches for it, it was durable once, and the disk is corrupt: the server
// refuses to start, naming file and offset. If none does, it may be the torn
// tail of a write that nobody was told of: it is cut off, and the log says so.
//
// Errors of the disk end the process (see files.h). For one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/files.h"
#include "common/result.h"
#include "log_record.h"
#include "raft_log.h"

namespace raft {

class Storage {
 public:
  // Recovers what `directory` holds, or founds an empty log in it. Fails, with
  // nothing changed, when that is the log of another node or cluster, or when
  // it is corrupt. `file_bytes` is the size of a new file.
  static Result<std::unique_ptr<Storage>> open(
      std::unique_ptr<Directory> directory,
      const std::string& cluster_id,
      NodeId id,
      std::uint64_t file_bytes = 16 * 1024 * 1024);

  // Moves out what was recovered. To be called once.
  RaftLog take_log() { return std::move(log_); }

  // Makes `entries` durable before it returns, after deleting any stored entry
  // at or past the first: one write, one sync.
  void persist(const std::vector<Entry>& entries);

  // Vouches for the last batch, without a sync, if nothing does so yet, but may
  // wait for the disk. Worth a call when there is nothing else to do: from then
  // on, damage to that batch is not taken for a torn write.
  void mark_synced();

 private:
  Storage(std::unique_ptr<Directory> directory,
          std::string identity,
          std::uint64_t file_bytes);

  void start_file(std::uint64_t number, std::size_t bytes_min);
  void write_with_mark(std::string records);

  const std::unique_ptr<Directory> directory_;
  const std::string identity_;
  const std::uint64_t file_bytes_;

  RaftLog log_;  // what was recovered
  std::unique_ptr<File> file_;  // the last one
  Place end_;  // where the next record goes
  Place synced_;  // everything before it is durable
  Place vouched_;  // what the last mark that was written here names
};

}  // namespace raft
