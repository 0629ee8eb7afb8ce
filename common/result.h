// A value or the reason why there is none: what C++23 calls std::expected, by
// way of tl::expected. A function that can fail for a reason that its caller
// should hear about returns Result<T>; exceptions stay inside common/.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace raft {

struct Error {
  std::string message = {};  // no capital, no full stop: it ends up in a line
};

template <typename T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> failure(std::string message) {
  return tl::make_unexpected(Error{std::move(message)});
}

}  // namespace raft
