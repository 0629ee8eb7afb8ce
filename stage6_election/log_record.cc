#include "log_record.h"

#include <algorithm>

#include "common/bytes.h"
#include "common/check.h"
#include "common/files.h"

namespace raft {
namespace {

constexpr std::size_t kTypeOffset = 4 + 4;
constexpr std::size_t kHeaderBytes = kTypeOffset + 1;
constexpr std::size_t kHardStatePayloadBytes = 8 + 8;
constexpr std::size_t kMarkPayloadBytes = 8 + 8;

// `body` is type and payload.
std::uint32_t checksum(Place place, std::string_view body) {
  std::string covered;
  covered.reserve(8 + 8 + body.size());
  append_u64(covered, place.file);
  append_u64(covered, place.offset);
  covered += body;
  return crc32(covered);
}

void append_record(std::string& data,
                   Place start,
                   RecordType type,
                   std::string_view payload) {
  CHECK(payload.size() <= UINT32_MAX);
  const Place place{.file = start.file, .offset = start.offset + data.size()};
  std::string body(1, static_cast<char>(type));
  body += payload;
  append_u32(data, static_cast<std::uint32_t>(payload.size()));
  append_u32(data, checksum(place, body));
  data += body;
}

}  // namespace

void append_identity(std::string& data,
                     Place start,
                     std::string_view identity) {
  append_record(data, start, RecordType::kIdentity, identity);
}

void append_entry(std::string& data, Place start, const Entry& entry) {
  std::string payload;
  append_u64(payload, entry.term);
  append_u64(payload, entry.index);
  payload += entry.command;
  append_record(data, start, RecordType::kEntry, payload);
}

void append_hard_state(std::string& data,
                       Place start,
                       const HardState& hard_state) {
  std::string payload;
  append_u64(payload, hard_state.current_term);
  append_u64(payload, hard_state.voted_for);
  append_record(data, start, RecordType::kHardState, payload);
}

void append_mark(std::string& data, Place start, Place synced) {
  std::string payload;
  append_u64(payload, synced.file);
  append_u64(payload, synced.offset);
  append_record(data, start, RecordType::kMark, payload);
}

std::size_t entry_bytes(const Entry& entry) {
  return kHeaderBytes + 8 + 8 + entry.command.size();
}

std::size_t hard_state_bytes() {
  return kHeaderBytes + kHardStatePayloadBytes;
}

std::size_t mark_bytes() {
  return kHeaderBytes + kMarkPayloadBytes;
}

std::optional<Record> record_at(std::string_view data, Place place) {
  if (place.offset + kHeaderBytes > data.size()) return std::nullopt;
  const std::string_view rest = data.substr(place.offset);
  const std::size_t payload_bytes = u32_at(rest, 0);
  if (payload_bytes > rest.size() - kHeaderBytes) return std::nullopt;
  const std::string_view body = rest.substr(kTypeOffset, 1 + payload_bytes);
  // Zeros are no record, even where zero happens to be the right checksum.
  if (body.front() == 0) return std::nullopt;
  if (u32_at(rest, 4) != checksum(place, body)) return std::nullopt;
  return Record{.type = static_cast<RecordType>(body.front()),
                .payload = body.substr(1),
                .bytes = kHeaderBytes + payload_bytes};
}

Entry entry_in(const Record& record) {
  return {.term = u64_at(record.payload, 0),
          .index = u64_at(record.payload, 8),
          .command = std::string(record.payload.substr(16))};
}

HardState hard_state_in(const Record& record) {
  return {.current_term = u64_at(record.payload, 0),
          .voted_for = u64_at(record.payload, 8)};
}

Place place_in(const Record& mark) {
  return {.file = u64_at(mark.payload, 0), .offset = u64_at(mark.payload, 8)};
}

std::optional<Place> last_mark(std::string_view data, Place from) {
  std::optional<Place> found;
  // Behind a damaged record nobody knows where the next one starts: it may be
  // wherever the byte of its type is.
  const char type = static_cast<char>(RecordType::kMark);
  for (std::size_t at = data.find(type, from.offset + kTypeOffset);
       at != std::string_view::npos;
       at = data.find(type, at + 1)) {
    const Place place{.file = from.file, .offset = at - kTypeOffset};
    if (u32_at(data, place.offset) != kMarkPayloadBytes) continue;
    const auto mark = record_at(data, place);
    if (mark) found = std::max(found, std::optional(place_in(*mark)));
  }
  return found;
}

}  // namespace raft
