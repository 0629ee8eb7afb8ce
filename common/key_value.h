// A key with its value, in one piece of memory. For a map of millions of short
// ones, which two strings for each would make several times as large as what is
// in it:
//
//   std::set<KeyValue, std::less<>> map;
//   map.emplace(key, value);
//   const auto found = map.find(key);  // found->value()
//
// A value is replaced by another KeyValue, for a set's elements do not change.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "common/check.h"

namespace raft {

class KeyValue {
 public:
  // Copies both. REQUIRES: each is smaller than 4 GiB
  KeyValue(std::string_view key, std::string_view value)
      : memory_(new char[sizeof(Sizes) + key.size() + value.size()]) {
    CHECK(key.size() <= UINT32_MAX);
    CHECK(value.size() <= UINT32_MAX);
    const Sizes sizes{.key = static_cast<std::uint32_t>(key.size()),
                      .value = static_cast<std::uint32_t>(value.size())};
    std::memcpy(memory_.get(), &sizes, sizeof sizes);
    std::copy(key.begin(), key.end(), text());
    std::copy(value.begin(), value.end(), text() + key.size());
  }

  // Valid as long as this object.
  std::string_view key() const { return {text(), sizes().key}; }
  std::string_view value() const {
    return {text() + sizes().key, sizes().value};
  }

  // In the order of the keys' bytes, whatever the values are; also with a key
  // that is looked for.
  friend bool operator<(const KeyValue& left, const KeyValue& right) {
    return left.key() < right.key();
  }
  friend bool operator<(const KeyValue& left, std::string_view right) {
    return left.key() < right;
  }
  friend bool operator<(std::string_view left, const KeyValue& right) {
    return left < right.key();
  }

 private:
  struct Sizes {
    std::uint32_t key = 0;
    std::uint32_t value = 0;
  };

  char* text() const { return memory_.get() + sizeof(Sizes); }
  Sizes sizes() const {
    Sizes sizes;
    std::memcpy(&sizes, memory_.get(), sizeof sizes);
    return sizes;
  }

  std::unique_ptr<char[]> memory_;  // the sizes, the key, the value
};

}  // namespace raft
