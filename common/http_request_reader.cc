#include "common/http_request_reader.h"

#include <algorithm>
#include <utility>

#include "common/http_syntax.h"

namespace raft {
namespace {

constexpr std::size_t kHeadersMax = 100;
constexpr std::size_t kChunkLineBytesMax = 1024;

// One large request is no reason to keep its memory for ever.
constexpr std::size_t kKeptBytes = 16 * 1024;

bool is_version(std::string_view text) {
  const auto is_digit = [](char c) { return '0' <= c && c <= '9'; };
  return text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) &&
         text[6] == '.' && is_digit(text[7]);
}

// Of "http://host/path", which a proxy would send, what we serve is the path.
std::string without_authority(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (!is_same_word(target.substr(0, kScheme.size()), kScheme)) {
    return std::string(target);
  }
  target.remove_prefix(kScheme.size());
  target.remove_prefix(std::min(target.find_first_of("/?"), target.size()));
  std::string path(target);
  if (!path.starts_with('/')) path.insert(0, "/");
  return path;
}

}  // namespace

void HttpRequestReader::append(std::string_view data) {
  input_.erase(0, taken_);
  taken_ = 0;
  input_ += data;
}

std::optional<HttpRequest> HttpRequestReader::next() {
  while (part_ != Part::kWhole && !refusal_ && read_part()) {
  }
  if (waiting_bytes() == 0) {
    input_.clear();
    taken_ = 0;
    if (input_.capacity() > kKeptBytes) input_.shrink_to_fit();
  }
  if (part_ != Part::kWhole) return std::nullopt;
  part_ = Part::kHead;
  is_expectant_ = false;
  return std::exchange(request_, {});
}

bool HttpRequestReader::take_expectation() {
  return std::exchange(is_expectant_, false);
}

bool HttpRequestReader::read_part() {
  switch (part_) {
    case Part::kHead:
      return read_head();
    case Part::kData:
      return read_data();
    case Part::kDataEnd:
      return read_data_end();
    case Part::kChunkSize:
      return read_chunk_size();
    case Part::kTrailers:
      return read_trailers();
    case Part::kWhole:
      break;
  }
  return false;
}

bool HttpRequestReader::read_head() {
  // Empty lines before a request are nothing (RFC 9112 §2.2).
  while (rest().starts_with('\n') || rest().starts_with("\r\n")) {
    taken_ += rest()[0] == '\n' ? 1 : 2;
  }
  const auto size = head_size(rest(), searched_);
  if (size.value_or(waiting_bytes()) > head_bytes_max_) {
    return refuse(431,
                  "bad_request",
                  "request line and headers may have " +
                      std::to_string(head_bytes_max_) + " bytes");
  }
  if (!size) {
    // The end may begin with the last bytes that are here.
    searched_ = waiting_bytes() - std::min<std::size_t>(waiting_bytes(), 2);
    return false;
  }
  const std::string_view head = rest().substr(0, *size);
  taken_ += *size;
  searched_ = 0;
  return parse_head(head) && choose_framing();
}

// Not by Poco's HTTPRequest: that takes header lines without a colon, lines
// that go on in the next one, and encoded words, for what they might mean.
bool HttpRequestReader::parse_head(std::string_view head) {
  if (!parse_request_line(take_line(head))) return false;
  for (std::string_view line = take_line(head); !line.empty();
       line = take_line(head)) {
    const std::size_t colon = std::min(line.find(':'), line.size());
    const std::string_view name = line.substr(0, colon);
    if (colon == line.size() || !is_token(name) ||
        has_control_character(line)) {
      return refuse(400, "bad_request", "a header line that is none");
    }
    if (request_.headers.size() == kHeadersMax) {
      return refuse(
          431,
          "bad_request",
          "a request may have " + std::to_string(kHeadersMax) + " headers");
    }
    request_.headers.emplace_back(name, trimmed(line.substr(colon + 1)));
  }
  return true;
}

// "GET /path HTTP/1.1", with one space between the words.
bool HttpRequestReader::parse_request_line(std::string_view line) {
  const std::size_t first = std::min(line.find(' '), line.size());
  const std::size_t last = std::min(line.rfind(' '), line.size());
  const std::string_view method = line.substr(0, first);
  const std::string_view version = line.substr(std::min(last + 1, line.size()));
  if (!is_token(method) || first == last || !is_version(version)) {
    return refuse(400, "bad_request", "not an HTTP/1.1 request");
  }
  if (version != "HTTP/1.1" && version != "HTTP/1.0") {
    return refuse(505, "bad_request", "only HTTP/1.1 is spoken here");
  }
  is_http_1_0_ = version == "HTTP/1.0";
  const std::string_view target = line.substr(first + 1, last - first - 1);
  request_.method = method;
  request_.target = without_authority(target);
  if (!request_.target.starts_with('/') || has_control_character(target) ||
      target.find_first_of(" \t") != std::string_view::npos) {
    return refuse(400, "bad_request", "the target of the request is no path");
  }
  return true;
}

// How long is the body? Two answers to that are an attempt to smuggle (RFC 9112
// §6.3). And what else the headers say to us.
bool HttpRequestReader::choose_framing() {
  std::optional<std::string_view> length;
  std::optional<std::string_view> coding;
  int hosts = 0;
  is_kept_alive_ = !is_http_1_0_;
  for (const auto& [name, value] : request_.headers) {
    if (is_same_word(name, "Content-Length") ||
        is_same_word(name, "Transfer-Encoding")) {
      if (length || coding) {
        return refuse(400,
                      "bad_request",
                      "more than one of Content-Length and Transfer-Encoding");
      }
      (is_same_word(name, "Content-Length") ? length : coding) = value;
    } else if (is_same_word(name, "Connection")) {
      if (has_word(value, "close")) is_kept_alive_ = false;
    } else if (is_same_word(name, "Expect")) {
      is_expectant_ = !is_http_1_0_ && is_same_word(value, "100-continue");
    } else if (is_same_word(name, "Host")) {
      ++hosts;
    }
  }
  if (hosts > 1 || (hosts == 0 && !is_http_1_0_)) {
    return refuse(400, "bad_request", "a request needs one Host header");
  }
  if (coding && (is_http_1_0_ || !is_same_word(*coding, "chunked"))) {
    return refuse(
        400, "bad_request", "the only Transfer-Encoding here is chunked");
  }
  is_chunked_ = coding.has_value();
  data_bytes_ = 0;
  extra_bytes_ = 0;
  part_ = is_chunked_ ? Part::kChunkSize : Part::kData;
  return !length || choose_length(*length);
}

bool HttpRequestReader::choose_length(std::string_view length) {
  if (length.empty() ||
      length.find_first_not_of("0123456789") != std::string_view::npos) {
    return refuse(400, "bad_request", "Content-Length is no number of bytes");
  }
  const auto bytes = number_in(length, 10);
  if (!bytes || *bytes > body_bytes_max_) return refuse_body();
  data_bytes_ = *bytes;
  return true;
}

bool HttpRequestReader::read_data() {
  const std::size_t bytes = std::min(data_bytes_, waiting_bytes());
  request_.body += rest().substr(0, bytes);
  taken_ += bytes;
  data_bytes_ -= bytes;
  if (data_bytes_ > 0) return false;
  part_ = is_chunked_ ? Part::kDataEnd : Part::kWhole;
  return true;
}

bool HttpRequestReader::read_data_end() {
  if (waiting_bytes() < 2) return false;
  if (!rest().starts_with("\r\n")) {
    return refuse(400, "bad_request", "a chunk is longer than its size");
  }
  taken_ += 2;
  part_ = Part::kChunkSize;
  return true;
}

// The size of a chunk in hexadecimal, before its data; behind the one of size 0
// come trailers, which nobody needs, and an empty line (RFC 9112 §7.1).
bool HttpRequestReader::read_chunk_size() {
  const auto line = take_chunk_line();
  if (!line) return false;
  const std::string_view digits = trimmed(line->substr(0, line->find(';')));
  const auto size = number_in(digits, 16);
  if (!size || !line->starts_with(digits)) {
    return refuse(400, "bad_request", "the size of a chunk is no number");
  }
  if (*size > body_bytes_max_ - request_.body.size()) return refuse_body();
  data_bytes_ = *size;
  part_ = *size == 0 ? Part::kTrailers : Part::kData;
  return count_extra(line->size() - digits.size());
}

bool HttpRequestReader::read_trailers() {
  const auto line = take_chunk_line();
  if (!line) return false;
  if (line->empty()) part_ = Part::kWhole;
  return count_extra(line->size());
}

// Between chunks there is no leniency: where a line ends, and with it the body,
// must not be a matter of taste.
std::optional<std::string_view> HttpRequestReader::take_chunk_line() {
  const std::size_t end = std::min(rest().find('\n'), waiting_bytes());
  if (end > kChunkLineBytesMax) {
    refuse(400, "bad_request", "a line between the chunks is too long");
    return std::nullopt;
  }
  if (end == waiting_bytes()) return std::nullopt;
  std::string_view line = rest().substr(0, end);
  taken_ += end + 1;
  if (!line.ends_with('\r') ||
      has_control_character(line.substr(0, line.size() - 1))) {
    refuse(400, "bad_request", "a line between the chunks does not end");
    return std::nullopt;
  }
  line.remove_suffix(1);
  return line;
}

// Otherwise a small body could go on for ever.
bool HttpRequestReader::count_extra(std::size_t bytes) {
  extra_bytes_ += bytes;
  if (extra_bytes_ <= head_bytes_max_) return true;
  return refuse(431, "bad_request", "too much beside the data of the chunks");
}

bool HttpRequestReader::refuse(int status,
                               const std::string& code,
                               const std::string& message) {
  refusal_ = HttpRefusal{.status = status, .code = code, .message = message};
  return false;
}

bool HttpRequestReader::refuse_body() {
  return refuse(
      413,
      "too_large",
      "a body may have " + std::to_string(body_bytes_max_) + " bytes");
}

std::string_view HttpRequestReader::rest() const {
  return std::string_view(input_).substr(taken_);
}

}  // namespace raft
