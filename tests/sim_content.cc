#include "tests/sim_content.h"

#include <algorithm>

namespace raft {

std::string SimContent::read(std::uint64_t offset, std::size_t size) const {
  const std::uint64_t end = std::min(this->size(), offset + size);
  if (end <= offset) return "";
  std::string data(end - offset, '\0');
  auto found = sectors_.lower_bound(offset / kSectorBytes);
  for (; found != sectors_.end(); ++found) {
    const std::uint64_t start = found->first * kSectorBytes;
    if (start >= end) break;
    const std::uint64_t from = std::max(offset, start);
    const std::uint64_t to = std::min(end, start + kSectorBytes);
    std::copy_n(found->second.seen().data() + (from - start),
                to - from,
                data.data() + (from - offset));
  }
  return data;
}

void SimContent::write(std::uint64_t offset, std::string_view data) {
  while (!data.empty()) {
    const std::uint64_t number = offset / kSectorBytes;
    const std::size_t within = offset % kSectorBytes;
    const std::size_t bytes = std::min(data.size(), kSectorBytes - within);
    SimCell<Sector>& cell = sectors_[number];
    Sector sector = cell.seen();
    std::copy_n(data.data(), bytes, sector.data() + within);
    cell.set(sector);
    unsettled_.insert(number);
    offset += bytes;
    data.remove_prefix(bytes);
  }
  if (offset > size()) resize(offset);
}

void SimContent::sync() {
  size_.sync();
  std::erase_if(unsettled_, [this](std::uint64_t number) {
    SimCell<Sector>& cell = sectors_.at(number);
    cell.sync();
    return cell.is_settled();
  });
}

void SimContent::fail_sync(std::mt19937_64& random) {
  for (std::uint64_t number : unsettled_) {
    sectors_.at(number).fail_sync(random);
  }
}

void SimContent::lose_power(std::mt19937_64& random) {
  size_.lose_power(random);
  for (std::uint64_t number : unsettled_) {
    sectors_.at(number).lose_power(random);
  }
  unsettled_.clear();
  cut(size());
}

void SimContent::settle() {
  size_.set_durably(size());
  for (std::uint64_t number : std::exchange(unsettled_, {})) {
    SimCell<Sector>& cell = sectors_.at(number);
    cell.set_durably(cell.seen());
  }
}

void SimContent::cut(std::uint64_t size) {
  settle();
  size_.set_durably(size);
  // What lay behind the end is zeros if the file grows again.
  auto last = sectors_.lower_bound(size / kSectorBytes);
  if (last != sectors_.end() && last->first == size / kSectorBytes) {
    Sector sector = last->second.seen();
    std::fill(sector.begin() + size % kSectorBytes, sector.end(), '\0');
    last->second.set_durably(sector);
    ++last;
  }
  sectors_.erase(last, sectors_.end());
}

}  // namespace raft
