#include "storage.h"

#include <algorithm>
#include <cstdio>
#include <optional>

#include "common/free_memory.h"
#include "common/logging.h"

namespace raft {
namespace {

// "00000001.log"
std::string file_name(std::uint64_t number) {
  char name[32];
  std::snprintf(
      name, sizeof name, "%08llu.log", static_cast<unsigned long long>(number));
  return name;
}

// Whether the first records of a file came to be durable: they are there, or
// are damaged but vouched for.
bool is_started(std::string_view data, Place start) {
  const auto mark = last_mark(data, start);
  return mark && (record_at(data, start) || *mark > start);
}

// What a directory holds. read() judges all of it and changes nothing; mend()
// makes it a log to write to.
class Recovery {
 public:
  Recovery(Directory& directory, const std::string& identity)
      : directory_(directory), identity_(identity) {}

  // Fails when the files are corrupt, or not ours.
  Result<void> read();

  // Cuts off what a crash has left behind the last record, and makes all before
  // it durable. REQUIRES: read() has succeeded.
  void mend();

  Stored stored;
  std::unique_ptr<File> file;  // the last one; none in an empty directory
  Place end;  // of its records
  Place vouched;  // what the last mark names

 private:
  Result<void> read_file(std::uint64_t number, bool is_last);
  Result<void> take(const Record& record);
  Result<void> take_identity(const Record& record);
  Result<void> take_entry(const Record& record);
  Result<void> take_hard_state(const Record& record);
  Result<void> take_mark(const Record& record);
  tl::unexpected<Error> corrupt_at(Place place) const;
  std::string path_of(std::uint64_t number) const;

  Directory& directory_;
  const std::string identity_;
  std::string data_;  // all of `file`
  Place previous_end_;  // of the records in the file before
  std::uint64_t unfinished_ = 0;  // a last file that was never used
};

Result<void> Recovery::read() {
  const std::vector<std::string> names = directory_.list();
  for (std::uint64_t number = 1; number <= names.size(); ++number) {
    const std::string& name = names[number - 1];
    if (name != file_name(number)) {
      return failure("the data directory " + directory_.path() +
                     " holds a file " + name + " where " + file_name(number) +
                     " should be; nothing was changed. Is it the right one?");
    }
    const auto done = read_file(number, number == names.size());
    if (!done) return done;
  }
  return {};
}

Result<void> Recovery::read_file(std::uint64_t number, bool is_last) {
  auto next = directory_.open(file_name(number));
  std::string data = next->read(0, next->size());
  const Place start{.file = number, .offset = 0};
  if (is_last && !is_started(data, start)) {
    unfinished_ = number;
    return {};
  }
  file = std::move(next);
  data_ = std::move(data);
  previous_end_ = end;
  end = start;
  while (const auto record = record_at(data_, end)) {
    const auto done = take(*record);
    if (!done) return done;
    end.offset += record->bytes;
  }
  // The records end here. They did not always, if a mark behind this place
  // names a later one.
  if (last_mark(data_, end) > end) return corrupt_at(end);
  return {};
}

Result<void> Recovery::take(const Record& record) {
  switch (record.type) {
    case RecordType::kIdentity:
      return take_identity(record);
    case RecordType::kEntry:
      return take_entry(record);
    case RecordType::kMark:
      return take_mark(record);
    case RecordType::kHardState:
      return take_hard_state(record);
  }
  return failure(path_of(end.file) + " holds a record of type " +
                 std::to_string(static_cast<int>(record.type)) +
                 ", which this program does not know; nothing was changed. "
                 "Start the one that wrote it");
}

Result<void> Recovery::take_identity(const Record& record) {
  if (record.payload == identity_) return {};
  return failure("the data directory " + directory_.path() + " is that of " +
                 std::string(record.payload) + ", and this is " + identity_ +
                 "; nothing was changed");
}

Result<void> Recovery::take_entry(const Record& record) {
  const Entry entry = entry_in(record);
  RaftLog& log = stored.log;
  const bool fits = 1 <= entry.index && entry.index <= log.last_index() + 1 &&
                    entry.term <= stored.hard_state.current_term;
  if (!fits) return corrupt_at(end);
  if (entry.index <= log.last_index()) log.truncate_from(entry.index);
  log.append(entry);
  return {};
}

// Terms never fall, and the vote in one never changes.
Result<void> Recovery::take_hard_state(const Record& record) {
  const HardState next = hard_state_in(record);
  const HardState& last = stored.hard_state;
  const bool is_later = next.current_term > last.current_term;
  const bool fits = is_later || (next.current_term == last.current_term &&
                                 last.voted_for == kNobody);
  if (!fits) return corrupt_at(end);
  stored.hard_state = next;
  return {};
}

Result<void> Recovery::take_mark(const Record& record) {
  vouched = place_in(record);
  const bool is_in_previous = vouched.file < end.file;
  if (is_in_previous && vouched > previous_end_) {
    return corrupt_at(previous_end_);
  }
  return {};
}

void Recovery::mend() {
  if (unfinished_ != 0) {
    log_warning("removing " + path_of(unfinished_) +
                ": its creation was cut short, and it never held anything");
    directory_.remove(file_name(unfinished_));
  }
  if (file) {
    const std::size_t used =
        std::max(data_.find_last_not_of('\0') + 1, end.offset);
    if (used > end.offset) {
      log_warning("cutting " + std::to_string(used - end.offset) +
                  " bytes off " + path_of(end.file) + " at offset " +
                  std::to_string(end.offset) +
                  ": a write that was cut short, and acknowledged to nobody; "
                  "the log ends at entry " +
                  std::to_string(stored.log.last_index()));
    }
    // What no mark vouches for is written again. It may be in the page cache
    // only: dirty, if the process died before its sync, and even clean, if it
    // died of a sync that failed.
    const std::size_t start = vouched.file == end.file ? vouched.offset : 0;
    std::string tail = data_.substr(start, end.offset - start);
    tail.resize(used - start, '\0');
    file->write(start, tail);
    file->sync();
  }
  directory_.sync();
  // What was read of the files is as large as many entries, and was needed only
  // here.
  give_back(data_);
}

tl::unexpected<Error> Recovery::corrupt_at(Place place) const {
  return failure("the log is corrupt: " + path_of(place.file) + " at offset " +
                 std::to_string(place.offset) + ", behind entry " +
                 std::to_string(stored.log.last_index()) +
                 ". It was intact once, for a later record says so; nothing "
                 "was changed. Never start this node without what it has "
                 "promised to hold: mend the file, or give the node up");
}

std::string Recovery::path_of(std::uint64_t number) const {
  return directory_.path() + "/" + file_name(number);
}

}  // namespace

Storage::Storage(std::unique_ptr<Directory> directory,
                 std::string identity,
                 std::uint64_t file_bytes)
    : directory_(std::move(directory)),
      identity_(std::move(identity)),
      file_bytes_(file_bytes) {}

Result<std::unique_ptr<Storage>> Storage::open(
    std::unique_ptr<Directory> directory,
    const std::string& cluster_id,
    NodeId id,
    std::uint64_t file_bytes) {
  std::unique_ptr<Storage> storage(
      new Storage(std::move(directory),
                  "node " + std::to_string(id) + " of cluster " + cluster_id,
                  file_bytes));
  Recovery recovery(*storage->directory_, storage->identity_);
  const auto read = recovery.read();
  if (!read) return tl::make_unexpected(read.error());
  recovery.mend();
  storage->stored_ = std::move(recovery.stored);
  storage->file_ = std::move(recovery.file);
  storage->end_ = recovery.end;
  storage->synced_ = recovery.end;
  if (!storage->file_) storage->start_file(1, 0);
  return storage;
}

void Storage::persist(const std::optional<HardState>& hard_state,
                      const std::vector<Entry>& entries) {
  if (!hard_state && entries.empty()) return;
  std::size_t bytes = 2 * mark_bytes();  // this batch's, and mark_synced()'s
  if (hard_state) bytes += hard_state_bytes();
  for (const Entry& entry : entries) bytes += entry_bytes(entry);
  if (end_.offset + bytes > file_->size()) start_file(end_.file + 1, bytes);
  std::string records;
  records.reserve(bytes);
  // The state first: what a crash leaves of this batch, no entry is of a later
  // term than it.
  if (hard_state) append_hard_state(records, end_, *hard_state);
  for (const Entry& entry : entries) append_entry(records, end_, entry);
  write_with_mark(std::move(records));
  file_->sync();
  synced_ = end_;
}

void Storage::mark_synced() {
  if (vouched_ == synced_) return;
  // There is always room, except for marks that vouch for marks only.
  if (end_.offset + mark_bytes() > file_->size()) return;
  write_with_mark("");
}

// Ready for records before it returns. Its first ones say whose it is, and
// vouch for all of the file before it.
void Storage::start_file(std::uint64_t number, std::size_t bytes_min) {
  file_ = directory_->open(file_name(number));
  end_ = {.file = number, .offset = 0};
  std::string records;
  append_identity(records, end_, identity_);
  file_->allocate(
      std::max(file_bytes_, records.size() + mark_bytes() + bytes_min));
  write_with_mark(std::move(records));
  file_->sync();
  directory_->sync();
  synced_ = end_;
}

void Storage::write_with_mark(std::string records) {
  append_mark(records, end_, synced_);
  file_->write(end_.offset, records);
  end_.offset += records.size();
  vouched_ = synced_;
}

}  // namespace raft
