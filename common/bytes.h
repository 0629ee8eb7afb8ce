// Integers as little-endian bytes, for what is kept on disk.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace raft {

inline void append_u32(std::string& bytes, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) {
    bytes += static_cast<char>(value >> shift & 0xFF);
  }
}

inline void append_u64(std::string& bytes, std::uint64_t value) {
  append_u32(bytes, static_cast<std::uint32_t>(value));
  append_u32(bytes, static_cast<std::uint32_t>(value >> 32));
}

// REQUIRES: offset + 4 <= bytes.size()
inline std::uint32_t u32_at(std::string_view bytes, std::size_t offset) {
  std::uint32_t value = 0;
  for (std::size_t i = 4; i-- > 0;) {
    value = value << 8 | static_cast<unsigned char>(bytes[offset + i]);
  }
  return value;
}

// REQUIRES: offset + 8 <= bytes.size()
inline std::uint64_t u64_at(std::string_view bytes, std::size_t offset) {
  return u32_at(bytes, offset) |
         static_cast<std::uint64_t>(u32_at(bytes, offset + 4)) << 32;
}

}  // namespace raft
