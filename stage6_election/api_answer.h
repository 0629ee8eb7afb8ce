// What the API answers: JSON bodies, their statuses and headers.
//
// Pure; any thread may call.
#pragma once

#include <string>

#include "common/http.h"
#include "common/json.h"
#include "kv_store.h"

namespace raft {

HttpAnswer json(int status, const JsonWriter& body);

// What every error has.
JsonWriter error(const std::string& code, const std::string& message);

// An error of which this is known, if it was a write: it was not executed.
HttpAnswer refusal(int status,
                   const std::string& code,
                   const std::string& message);

HttpAnswer bad_request(const std::string& message);
HttpAnswer method_not_allowed(const std::string& allowed);
HttpAnswer unsupported_media_type();

// To be tried again a little later.
HttpAnswer unavailable(const std::string& message);

// To a write that was applied.
HttpAnswer answer_to(const ApplyResult& applied);

// To a write of which nobody knows.
HttpAnswer leadership_lost();
HttpAnswer timeout();

}  // namespace raft
