// The bytes of a file on a simulated disk: what programs read, and what a loss
// of power may make of it. Part of sim_disk.h, which says more.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace raft {

// Evenly below `end`, the same everywhere.
inline std::uint64_t random_below(std::mt19937_64& random, std::uint64_t end) {
  return random() % end;
}

// A value that changes whole, and is durable after a sync.
template <typename T>
class SimCell {
 public:
  const T& seen() const { return seen_; }

  // False while the disk may hold something else.
  bool is_settled() const { return rivals_.empty(); }

  void set(T value) {
    if (rivals_.empty()) rivals_.push_back(seen_);
    rivals_.push_back(value);
    seen_ = std::move(value);
    is_dirty_ = true;
  }

  void set_durably(T value) {
    seen_ = std::move(value);
    rivals_.clear();
    is_dirty_ = false;
  }

  void sync() {
    if (std::exchange(is_dirty_, false)) rivals_.clear();
  }

  // The value may be written or not. The next sync does not try again.
  void fail_sync(std::mt19937_64& random) {
    if (!std::exchange(is_dirty_, false)) return;
    rivals_.resize(random_below(random, 2));
  }

  void lose_power(std::mt19937_64& random) {
    if (is_settled()) return;
    set_durably(rivals_[random_below(random, rivals_.size())]);
  }

 private:
  T seen_ = {};
  // What a loss of power may leave, the durable value first; empty when that is
  // `seen_`.
  std::vector<T> rivals_;
  bool is_dirty_ = false;  // the next sync writes it
};

class SimContent {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  std::uint64_t size() const { return size_.seen(); }
  std::string read(std::uint64_t offset, std::size_t size) const;

  void write(std::uint64_t offset, std::string_view data);
  void resize(std::uint64_t size) { size_.set(size); }
  void sync();

  void fail_sync(std::mt19937_64& random);
  void lose_power(std::mt19937_64& random);

  // Makes what is seen durable, or `size` bytes of it.
  void settle();
  void cut(std::uint64_t size);

 private:
  using Sector = std::array<char, kSectorBytes>;

  SimCell<std::uint64_t> size_;
  std::map<std::uint64_t, SimCell<Sector>> sectors_;  // zeros where none is
  std::set<std::uint64_t> unsettled_;  // numbers of those sectors
};

}  // namespace raft
