// How the nodes of a cluster are told apart.
#pragma once

#include <cstdint>

namespace raft {

using NodeId = std::uint64_t;  // 1.. ; 0 is "nobody"

inline constexpr NodeId kNobody = 0;

}  // namespace raft
