// A disk for tests, under a seed. It keeps what was synced; of the rest, a loss
// of power leaves any part.
//
//   SimDisk disk(seed);
//   auto storage = Storage::open(disk.directory(), "c", 1);
//   disk.crash_at(7);      // the 7th change from now on throws SimCrash
//   ...                    // then drop all that uses the directory
//   disk.lose_power();     // or stop_process(), which loses nothing
//   storage = Storage::open(disk.directory(), "c", 1);
//
// Sectors of 512 bytes change whole, and become durable in any order. So do the
// size of a file and each name in the directory. After a sync that failed, each
// sector that it was to write may be on the disk or not, while reads still find
// it and the next sync does not write it. Sizes and names, which file systems
// keep in a journal, wait for that one.
//
// Only sectors that were written take space. A copy of a disk is another disk,
// with no process on it and the same luck. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "common/files.h"
#include "tests/sim_content.h"

namespace raft {

// What ends a process when its disk fails; an exception here, so that the test
// outlives it.
struct SimCrash {
  std::string reason = {};
};

class SimDisk {
 public:
  explicit SimDisk(std::uint64_t seed) : random_(seed) {}

  // The only directory, as a process that starts now sees it.
  // REQUIRES: the disk outlives the directory and its files.
  std::unique_ptr<Directory> directory();

  // Faults, each of them once. A change is a write, an allocation, a sync, or a
  // name that comes or goes; the next one is number 1. The one that crashes is
  // made, or made in part, or not at all.
  void crash_at(std::uint64_t change) { changes_to_crash_ = change; }
  void fail_sync_at(std::uint64_t sync) { syncs_to_failure_ = sync; }
  // Of all that is written, and of what files grow by.
  void set_bytes_left(std::uint64_t bytes) { bytes_left_ = bytes; }

  // The end of the process, and of all faults.
  void stop_process();

  // The same, and the machine's: what was not synced is lost, or is not.
  void lose_power();

  // Since the beginning.
  std::uint64_t changes() const { return changes_; }

  // Uses of the disk by a process after its end: it went on, or tried again.
  std::uint64_t late_uses() const { return late_uses_; }

  // All files, as a process sees them.
  std::map<std::string, std::string> contents() const;

  // Damage done behind everyone's back, durable at once.
  // REQUIRES: the file exists, and is that large.
  void damage(const std::string& name,
              std::uint64_t offset,
              std::string_view bytes);
  void flip_bit(const std::string& name, std::uint64_t offset, int bit);
  void cut(const std::string& name, std::uint64_t size);
  void remove(const std::string& name);

 private:
  friend class SimFile;
  friend class SimDirectory;

  using FileId = std::uint64_t;

  // What a process does.
  void check_alive(std::uint64_t life);
  void write(SimContent& content, std::uint64_t offset, std::string_view data);
  void allocate(SimContent& content, std::uint64_t size);
  void sync(SimContent& content);
  void sync_names();
  FileId open(const std::string& name);
  void set_name(const std::string& name, std::optional<FileId> id);

  // Faults.
  bool is_last_change();
  bool is_failing_sync();
  [[noreturn]] void crash(const std::string& reason);

  SimContent& content_of(const std::string& name);

  std::mt19937_64 random_;
  std::map<std::string, SimCell<std::optional<FileId>>> names_;
  std::map<FileId, SimContent> contents_;
  FileId last_id_ = 0;

  std::uint64_t life_ = 0;  // one for each process
  bool is_alive_ = false;
  std::uint64_t changes_ = 0;
  std::uint64_t late_uses_ = 0;
  std::uint64_t changes_to_crash_ = 0;  // 0 for never
  std::uint64_t syncs_to_failure_ = 0;  // 0 for never
  std::uint64_t bytes_left_ = UINT64_MAX;
};

}  // namespace raft
