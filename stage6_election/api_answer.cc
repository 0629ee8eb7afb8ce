#include "api_answer.h"

#include "common/check.h"

namespace raft {
namespace {

constexpr int kRetryAfterS = 1;

}  // namespace

HttpAnswer json(int status, const JsonWriter& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.text()};
}

JsonWriter error(const std::string& code, const std::string& message) {
  JsonWriter body;
  body.add("ok", false).add("error", code).add("message", message);
  return body;
}

HttpAnswer refusal(int status,
                   const std::string& code,
                   const std::string& message) {
  return json(status, error(code, message).add("outcome", "not_executed"));
}

HttpAnswer bad_request(const std::string& message) {
  return refusal(400, "bad_request", message + "; nothing was changed");
}

HttpAnswer method_not_allowed(const std::string& allowed) {
  HttpAnswer answer =
      refusal(405,
              "method_not_allowed",
              "this path allows " + allowed + " only; nothing was changed");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

HttpAnswer unavailable(const std::string& message) {
  HttpAnswer answer = refusal(503, "unavailable", message);
  answer.headers.emplace_back("Retry-After", std::to_string(kRetryAfterS));
  return answer;
}

HttpAnswer answer_to(const ApplyResult& applied) {
  switch (applied.status) {
    case ApplyStatus::kDone:
      return json(200,
                  JsonWriter()
                      .add("ok", true)
                      .add("index", applied.index)
                      .add("term", applied.term));
    case ApplyStatus::kNotFound:
      return refusal(404, "not_found", "no such key; nothing was changed");
    case ApplyStatus::kConflict:
      return json(
          409,
          error("conflict", "the key holds another value; nothing was changed")
              .add_or_null("value", applied.value)
              .add("outcome", "not_executed"));
    case ApplyStatus::kStaleSerial:
      return refusal(409,
                     "stale_serial",
                     "a write with a later Raft-Serial was here before; this "
                     "one changed nothing");
    case ApplyStatus::kSessionExpired:
      return refusal(409,
                     "session_expired",
                     "this Raft-Client-Id has been forgotten; the write was "
                     "not executed now. Whether an earlier try was, only the "
                     "key can tell. Go on with a new id");
  }
  CHECK(false);
}

HttpAnswer leadership_lost() {
  return json(503,
              error("leadership_lost",
                    "this node led and does not any more; the next leader "
                    "decides whether the write will be executed. With "
                    "Raft-Client-Id and Raft-Serial it can be sent again "
                    "without harm")
                  .add("outcome", "unknown"));
}

HttpAnswer timeout() {
  return json(504,
              error("timeout",
                    "no majority confirmed the write in time; it may still be "
                    "executed. With Raft-Client-Id and Raft-Serial it can be "
                    "sent again without harm")
                  .add("outcome", "unknown"));
}

HttpAnswer unsupported_media_type() {
  return refusal(415,
                 "unsupported_media_type",
                 "send the header \"Content-Type: application/json\", or none; "
                 "nothing was changed");
}

}  // namespace raft
