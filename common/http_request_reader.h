// Takes HTTP/1.1 requests apart as their bytes arrive (RFC 9112), with limits.
//
//   reader.append(data);
//   while (auto request = reader.next()) …
//
// Whatever two programs could read in two ways is refused: that is how one
// request is smuggled inside another.
//
// Belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "common/http.h"

namespace raft {

// Why bytes are no request that is served here.
struct HttpRefusal {
  int status = 400;
  std::string code = "bad_request";
  std::string message = {};
};

class HttpRequestReader {
 public:
  // Limits in bytes: request line and headers; the decoded body.
  HttpRequestReader(std::size_t head_bytes_max, std::size_t body_bytes_max)
      : head_bytes_max_(head_bytes_max), body_bytes_max_(body_bytes_max) {}

  void append(std::string_view data);

  // The next request if all of it is there; nothing if some is missing, or
  // after a refusal.
  std::optional<HttpRequest> next();

  // Once there is one, what follows in the stream means nothing any more.
  const std::optional<HttpRefusal>& refusal() const { return refusal_; }

  // Of the request that next() has returned last: whether its client would go
  // on with this connection.
  bool is_kept_alive() const { return is_kept_alive_; }

  // True, once for each request, when the client waits for a word ("100
  // Continue") before it sends the body.
  bool take_expectation();

  // Bytes that next() has not looked at, or that are too few for it.
  std::size_t waiting_bytes() const { return input_.size() - taken_; }

  // Whether a part of a request is here, but not the whole.
  bool is_midway() const { return part_ != Part::kHead || waiting_bytes() > 0; }

 private:
  enum class Part { kHead, kData, kDataEnd, kChunkSize, kTrailers, kWhole };

  // Each goes on to another part and returns true when its own is there.
  bool read_part();
  bool read_head();
  bool read_data();
  bool read_data_end();
  bool read_chunk_size();
  bool read_trailers();

  bool parse_head(std::string_view head);
  bool parse_request_line(std::string_view line);
  bool choose_framing();
  bool choose_length(std::string_view length);
  std::optional<std::string_view> take_chunk_line();
  bool count_extra(std::size_t bytes);
  bool refuse(int status, const std::string& code, const std::string& message);
  bool refuse_body();
  std::string_view rest() const;

  const std::size_t head_bytes_max_;
  const std::size_t body_bytes_max_;

  std::string input_;
  std::size_t taken_ = 0;  // of input_
  std::size_t searched_ = 0;  // of the rest: no end of the head before this
  Part part_ = Part::kHead;
  HttpRequest request_;
  bool is_http_1_0_ = false;
  bool is_chunked_ = false;
  std::size_t data_bytes_ = 0;  // of the body or chunk, still to come
  std::size_t extra_bytes_ = 0;  // beside the data of chunks
  bool is_kept_alive_ = true;
  bool is_expectant_ = false;
  std::optional<HttpRefusal> refusal_;
};

}  // namespace raft
