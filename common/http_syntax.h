// What requests and answers of HTTP/1.1 are made of (RFC 9112), for their two
// readers; for common/ only.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace raft {

// The size of the head that begins `input`, its empty line included; nothing if
// its end is not there. A bare newline ends a line too, for people who type.
// REQUIRES: no head ends before `searched`.
std::optional<std::size_t> head_size(std::string_view input,
                                     std::size_t searched);

// Takes the next line off `text`; returns it without its end.
std::string_view take_line(std::string_view& text);

// Without the white space around it.
std::string_view trimmed(std::string_view text);

// Whether it may be the name of a header, or a method.
bool is_token(std::string_view text);

// They have no place in a line, but for the tab.
bool has_control_character(std::string_view line);

// All of `text` as a number of the given base; nothing if it is none, or larger
// than any size.
std::optional<std::size_t> number_in(std::string_view text, int base);

// In any case, as names of headers are compared.
bool is_same_word(std::string_view one, std::string_view other);

// True if `word` is one of the words of `value`, which commas separate.
bool has_word(std::string_view value, std::string_view word);

}  // namespace raft
