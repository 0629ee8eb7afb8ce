// Memory that is freed is kept by the allocator, for the next one who asks, and
// counts as the process's own. And what one thread has freed, glibc gives to
// others hardly ever.
#pragma once

#include <cstddef>
#include <malloc.h>
#include <string>

namespace raft {

// Frees what `text` holds and, if that is a lot, gives everything that is free
// back to the system: worth it for what nobody will need again.
inline void give_back(std::string& text) {
  constexpr std::size_t kLotBytes = 1024 * 1024;
  const bool is_a_lot = text.capacity() >= kLotBytes;
  text.clear();
  text.shrink_to_fit();
  if (is_a_lot) malloc_trim(0);
}

}  // namespace raft
