#include "common/http_answer_reader.h"

#include <algorithm>
#include <utility>

#include "common/http_syntax.h"

namespace raft {
namespace {

constexpr std::size_t kChunkLineBytesMax = 1024;

}  // namespace

std::optional<HttpAnswer> HttpAnswerReader::next() {
  while (error_.empty()) {
    if (part_ == Part::kHead && !read_head()) break;
    const bool is_whole = part_ == Part::kBody     ? read_body()
                          : part_ == Part::kChunks ? read_chunks()
                                                   : read_to_the_end();
    if (!is_whole) break;
    part_ = Part::kHead;
    HttpAnswer answer = std::exchange(answer_, {});
    // "100 Continue" and its like: the answer is still to come.
    if (answer.status >= 200) return answer;
  }
  if (has_ended_) fail("the server closed the connection");
  return std::nullopt;
}

bool HttpAnswerReader::read_head() {
  const auto size = head_size(input_, searched_);
  if (size.value_or(input_.size()) > kHeadBytesMax) {
    return fail("the server's answer has a head of more than 64 KiB");
  }
  if (!size) {
    // The end may begin with the last bytes that are here.
    searched_ = input_.size() - std::min<std::size_t>(input_.size(), 2);
    return false;
  }
  if (!parse_head(std::string_view(input_).substr(0, *size))) return false;
  input_.erase(0, *size);
  searched_ = 0;
  return choose_framing();
}

// Not by Poco's HTTPResponse: that takes 2 µs, and "x 200" for an answer.
bool HttpAnswerReader::parse_head(std::string_view head) {
  if (!parse_status_line(take_line(head))) {
    return fail("the server's answer is no HTTP/1.1");
  }
  for (std::string_view line = take_line(head); !line.empty();
       line = take_line(head)) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
        has_control_character(line)) {
      return fail("the server's answer has a header that is none");
    }
    answer_.headers.emplace_back(line.substr(0, colon),
                                 trimmed(line.substr(colon + 1)));
  }
  return true;
}

// "HTTP/1.1 200 OK", where the last word is for people and may be absent.
bool HttpAnswerReader::parse_status_line(std::string_view line) {
  constexpr std::string_view kBegin = "HTTP/1.x ";
  if (!line.starts_with("HTTP/1.") || line.size() < kBegin.size()) return false;
  is_kept_alive_ = line[7] == '1';
  line.remove_prefix(kBegin.size());
  const auto status = number_in(line.substr(0, line.find(' ')), 10);
  answer_.status = static_cast<int>(status.value_or(0));
  return status && 100 <= *status && *status < 600;
}

// How long is the body? (RFC 9112 §6.3)
bool HttpAnswerReader::choose_framing() {
  std::optional<std::string_view> length;
  std::optional<std::string_view> coding;
  for (const auto& [name, value] : answer_.headers) {
    if (is_same_word(name, "Content-Length")) {
      if (length) return fail("the server's answer has two lengths");
      length = value;
    } else if (is_same_word(name, "Transfer-Encoding")) {
      if (coding) return fail("the server's answer has two codings");
      coding = value;
    } else if (is_same_word(name, "Connection") && has_word(value, "close")) {
      is_kept_alive_ = false;
    }
  }
  const int status = answer_.status;
  body_bytes_ = 0;
  has_last_chunk_ = false;
  part_ = Part::kBody;
  if (status < 200 || status == 204 || status == 304) return true;
  if (coding) {
    part_ = Part::kChunks;
    return !length && has_word(*coding, "chunked")
               ? true
               : fail("the length of the server's answer can't be told");
  }
  if (!length) {
    part_ = Part::kToTheEnd;
    is_kept_alive_ = false;
    return true;
  }
  const auto bytes = number_in(*length, 10);
  if (!bytes) return fail("the length of the server's answer is no number");
  if (*bytes > kBodyBytesMax) return fail("the server's answer is too long");
  body_bytes_ = *bytes;
  return true;
}

bool HttpAnswerReader::read_body() {
  if (input_.size() < body_bytes_) return false;
  answer_.body = input_.substr(0, body_bytes_);
  input_.erase(0, body_bytes_);
  return true;
}

// Each chunk is a line with its size in hexadecimal, the data, and the end of
// the line; behind the one of size 0 come trailers, which nobody needs, and an
// empty line (RFC 9112 §7.1).
bool HttpAnswerReader::read_chunks() {
  std::string_view rest = input_;
  bool is_whole = false;
  while (!is_whole && error_.empty()) {
    std::string_view after = rest;
    const std::string_view line = take_line(after);
    if (line.size() > kChunkLineBytesMax) {
      return fail("a chunk of the server's answer has no size");
    }
    if (rest.find('\n') == std::string_view::npos) break;
    if (has_last_chunk_) {
      is_whole = line.empty();
      rest = after;
      continue;
    }
    const auto size = number_in(trimmed(line.substr(0, line.find(';'))), 16);
    if (!size) return fail("a chunk of the server's answer has no size");
    if (*size > kBodyBytesMax - answer_.body.size()) {
      return fail("the server's answer is too long");
    }
    if (*size > 0) {
      if (after.size() < *size + 2) break;
      if (after.substr(*size, 2) != "\r\n") {
        return fail("a chunk of the server's answer does not end");
      }
      answer_.body += after.substr(0, *size);
      after.remove_prefix(*size + 2);
    }
    has_last_chunk_ = *size == 0;
    rest = after;
  }
  input_.erase(0, input_.size() - rest.size());
  return is_whole;
}

bool HttpAnswerReader::read_to_the_end() {
  if (input_.size() > kBodyBytesMax)
    return fail("the server's answer is too long");
  if (!has_ended_) return false;
  answer_.body = std::exchange(input_, {});
  return true;
}

bool HttpAnswerReader::fail(const std::string& message) {
  if (error_.empty()) error_ = message;
  return false;
}

}  // namespace raft
