// A small stream of random numbers, cheap to begin anew for each thing that has
// a fate of its own, and the same everywhere (splitmix64).
#pragma once

#include <cstdint>
#include <initializer_list>

namespace raft {

class Luck {
 public:
  // Of the thing that has these numbers.
  explicit Luck(std::initializer_list<std::uint64_t> numbers) {
    for (std::uint64_t number : numbers) state_ = next() ^ number;
  }

  std::uint64_t next() {
    std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
  }

  // Evenly, in [0, end).
  std::uint64_t below(std::uint64_t end) { return next() % end; }

  bool happens(std::uint64_t of_1000) { return below(1000) < of_1000; }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace raft
