// Takes HTTP/1.1 answers apart as their bytes arrive, with limits (RFC 9112).
//
//   reader.input() += data;
//   while (auto answer = reader.next()) …
//
// Belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/http.h"

namespace raft {

class HttpAnswerReader {
 public:
  // What a server may send: status line and headers; a decoded body.
  static constexpr std::size_t kHeadBytesMax = 64 * 1024;
  static constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

  // Where received bytes are to be appended.
  std::string& input() { return input_; }

  // The server has ended the connection: nothing will be appended any more.
  void end() { has_ended_ = true; }

  // The next answer if all of it is there, its status 200 or above; nothing if
  // some is missing, or once there is an error. REQUIRES: it answers no HEAD
  // and no CONNECT.
  std::optional<HttpAnswer> next();

  // Why the bytes are no HTTP, or that the connection has ended too early;
  // empty while all is well.
  const std::string& error() const { return error_; }

  // True if nothing is left over and the server has not said that it closes the
  // connection: it can be used again.
  bool is_reusable() const { return input_.empty() && is_kept_alive_; }

 private:
  enum class Part { kHead, kBody, kChunks, kToTheEnd };

  bool read_head();
  bool read_body();
  bool read_chunks();
  bool read_to_the_end();
  bool parse_head(std::string_view head);
  bool parse_status_line(std::string_view line);
  bool choose_framing();
  bool fail(const std::string& message);

  std::string input_;  // not taken yet
  std::size_t searched_ = 0;  // no end of the head before this place
  Part part_ = Part::kHead;
  HttpAnswer answer_;
  std::size_t body_bytes_ = 0;  // of kBody
  bool has_last_chunk_ = false;
  bool is_kept_alive_ = true;
  bool has_ended_ = false;
  std::string error_;
};

}  // namespace raft
