// HTTP/1.1 answers as the bytes that travel (RFC 9112): the counterpart of
// http_request_reader.h. For common/ only; from any thread.
#pragma once

#include <string>

#include "common/http.h"

namespace raft {

struct HttpAnswerForm {
  bool is_last = false;  // the connection is closed behind it, and it says so
  bool has_body = true;  // false for HEAD: only the body's length is told
};

// Appends the bytes of `answer` to `output`.
void append_answer(std::string& output,
                   const HttpAnswer& answer,
                   const HttpAnswerForm& form);

}  // namespace raft
