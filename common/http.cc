#include "common/http.h"

#include <algorithm>

#include <Poco/String.h>

namespace raft {
namespace {

constexpr char kDigits[] = "0123456789ABCDEF";

bool is_unreserved(char c) {
  return ('a' <= c && c <= 'z') || ('A' <= c && c <= 'Z') ||
         ('0' <= c && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
}

// Of a hexadecimal digit; nothing for any other character.
std::optional<int> value_of(char c) {
  if ('0' <= c && c <= '9') return c - '0';
  if ('a' <= c && c <= 'f') return c - 'a' + 10;
  if ('A' <= c && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

}  // namespace

std::optional<std::string> header_in(const HttpHeaders& headers,
                                     std::string_view name) {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() &&
        Poco::icompare(key, std::string(name)) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

std::string_view HttpRequest::path() const {
  const std::string_view all = target;
  return all.substr(0, all.find('?'));
}

std::string_view HttpRequest::query() const {
  const std::string_view all = target;
  const std::size_t mark = all.find('?');
  return mark == std::string_view::npos ? "" : all.substr(mark + 1);
}

std::string redirected_to(const HttpAnswer& answer) {
  constexpr std::string_view kScheme = "http://";
  const auto location = header_in(answer.headers, "Location").value_or("");
  if (answer.status != 307 || !location.starts_with(kScheme)) return "";
  const std::size_t end = location.find('/', kScheme.size());
  return location.substr(kScheme.size(), end - kScheme.size());
}

std::string percent_encode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (const char c : text) {
    if (is_unreserved(c)) {
      result += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    result += '%';
    result += kDigits[byte >> 4];
    result += kDigits[byte & 15];
  }
  return result;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      result += text[at];
      continue;
    }
    if (text.size() - at < 3) return std::nullopt;
    const auto high = value_of(text[at + 1]);
    const auto low = value_of(text[at + 2]);
    if (!high || !low) return std::nullopt;
    result += static_cast<char>(*high * 16 + *low);
    at += 2;
  }
  return result;
}

std::optional<HttpHeaders> split_query(std::string_view query) {
  HttpHeaders result;
  while (!query.empty()) {
    const std::string_view part = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), part.size() + 1));
    if (part.empty()) continue;
    const std::size_t equals = std::min(part.find('='), part.size());
    const auto name = percent_decode(part.substr(0, equals));
    const auto value =
        percent_decode(part.substr(std::min(equals + 1, part.size())));
    if (!name || !value) return std::nullopt;
    result.emplace_back(*name, *value);
  }
  return result;
}

}  // namespace raft
