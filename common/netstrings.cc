#include "common/netstrings.h"

#include <charconv>

namespace raft {

std::string join_netstrings(const std::vector<std::string_view>& texts) {
  std::string joined;
  for (const std::string_view text : texts) {
    joined += std::to_string(text.size());
    joined += ':';
    joined += text;
    joined += ',';
  }
  return joined;
}

std::optional<std::vector<std::string>> split_netstrings(
    std::string_view joined) {
  std::vector<std::string> texts;
  while (!joined.empty()) {
    std::size_t size = 0;
    const char* end = joined.data() + joined.size();
    const auto [colon, error] = std::from_chars(joined.data(), end, size);
    if (error != std::errc() || colon == end || *colon != ':') {
      return std::nullopt;
    }
    if (joined[0] == '0' && colon != joined.data() + 1) return std::nullopt;
    joined.remove_prefix(static_cast<std::size_t>(colon - joined.data()) + 1);
    if (size >= joined.size() || joined[size] != ',') return std::nullopt;
    texts.emplace_back(joined.substr(0, size));
    joined.remove_prefix(size + 1);
  }
  return texts;
}

}  // namespace raft
