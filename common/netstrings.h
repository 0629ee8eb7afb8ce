// Several texts in one, without escapes: each as its length, a colon, itself
// and a comma. {"put", "k", "v"} is "3:put,1:k,1:v,".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace raft {

std::string join_netstrings(const std::vector<std::string_view>& texts);

// Nothing when `joined` is not what join_netstrings() returns.
std::optional<std::vector<std::string>> split_netstrings(
    std::string_view joined);

}  // namespace raft
