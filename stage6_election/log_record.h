// What the files of a log are made of: records, one behind the other,
//
//   length (4 bytes) · crc (4) · type (1) · payload (length bytes)
//
// in little-endian. The crc covers type and payload, and the place where the
// record stands: what is left there from another use of the space is none.
//
//   type      payload
//   identity  text: whose log it is; the first record of each file
//   entry     term (8), index (8), command (the rest)
//   state     term (8), vote in it (8)
//   mark      file (8), offset (8): everything before that place was durable
//             when the mark was written
//
// Zeros are no record: behind the last one, they are the rest of the file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "raft_log.h"

namespace raft {

// A place in a family of files, the first of which is number 1.
struct Place {
  std::uint64_t file = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const Place&) const = default;
};

enum class RecordType : char {
  kIdentity = 1,
  kEntry = 2,
  kMark = 3,
  kHardState = 4
};

struct Record {
  RecordType type = RecordType::kIdentity;
  std::string_view payload = {};
  std::size_t bytes = 0;  // with its header
};

// Append a record to `data`, which will stand at `start`.
void append_identity(std::string& data, Place start, std::string_view identity);
void append_entry(std::string& data, Place start, const Entry& entry);
void append_hard_state(std::string& data,
                       Place start,
                       const HardState& hard_state);
void append_mark(std::string& data, Place start, Place synced);

// How much they append.
std::size_t entry_bytes(const Entry& entry);
std::size_t hard_state_bytes();
std::size_t mark_bytes();

// The record that stands whole and undamaged at `place`, if there is one.
// `data` is all of the file; the result refers to it.
std::optional<Record> record_at(std::string_view data, Place place);

// REQUIRES: the record is of that type.
Entry entry_in(const Record& record);
HardState hard_state_in(const Record& record);
Place place_in(const Record& mark);

// The latest place that a mark names which stands at `from` or anywhere behind
// it in the same file; nothing if there is no mark.
std::optional<Place> last_mark(std::string_view data, Place from);

}  // namespace raft
