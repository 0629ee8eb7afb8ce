// What a client's HTTP request asks for: its parts, checked. Each function
// fails with what is wrong, in words for the client, before anything is done.
//
// Pure; any thread may call.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/http.h"
#include "common/result.h"
#include "kv_store.h"

namespace raft {

enum class Consistency {
  kStale,  // what this node happens to have
  kLinearizable,  // every write that was acknowledged before the read began
};

// The key of a path, percent-encoded: 1 to 1024 bytes of UTF-8.
Result<std::string> key_in(std::string_view segment);

// Whether the body may be taken for JSON.
bool is_json(const HttpRequest& request);

// The write that a PUT (a cas, if there is an "expected") or a DELETE asks for,
// with the session that its headers name.
Result<Command> command_in(const HttpRequest& request, const std::string& key);

// How fresh a read is to be.
Result<Consistency> consistency_in(const HttpRequest& request);

struct ListRange {
  std::string prefix = {};
  std::string after = {};
  std::size_t limit = 100;
};

// Which keys a list is to have.
Result<ListRange> list_range_in(const HttpRequest& request);

}  // namespace raft
