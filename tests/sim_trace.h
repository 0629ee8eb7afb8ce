// What happens in a simulated run, as text for a reader and as one number to
// compare runs by.
#pragma once

#include <cstdint>
#include <cstdio>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

namespace raft {

// "append term 3 prev 7", as its parts.
struct TraceLine {
  std::string_view what = {};
  std::vector<std::pair<std::string_view, std::uint64_t>> fields = {};
};

class SimTrace {
 public:
  // Prints each line if `is_printed`.
  explicit SimTrace(bool is_printed) : is_printed_(is_printed) {}

  void note(std::uint64_t now, const TraceLine& line) {
    take(now);
    take(line.what);
    for (const auto& [name, value] : line.fields) take(value);
    if (is_printed_) print(now, line);
  }

  // Of all lines so far, in order.
  std::uint64_t hash() const { return hash_; }

 private:
  void take(std::uint64_t value) {
    hash_ = (hash_ ^ value) * 0x100000001b3;  // as FNV-1a, but word by word
    hash_ ^= hash_ >> 29;
  }

  void take(std::string_view text) {
    for (const char c : text) take(static_cast<unsigned char>(c));
  }

  static void print(std::uint64_t now, const TraceLine& line) {
    std::printf("%llu %.*s",
                static_cast<unsigned long long>(now),
                static_cast<int>(line.what.size()),
                line.what.data());
    for (const auto& [name, value] : line.fields) {
      std::printf(" %.*s %llu",
                  static_cast<int>(name.size()),
                  name.data(),
                  static_cast<unsigned long long>(value));
    }
    std::printf("\n");
  }

  const bool is_printed_;
  std::uint64_t hash_ = 0xcbf29ce484222325;
};

}  // namespace raft
