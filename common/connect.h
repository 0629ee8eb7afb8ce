// What both ends of a call of the Connect protocol have in common: protobuf
// messages as bodies, and errors. Only its unary calls are here: POST over
// HTTP/1.1, https://connectrpc.com/docs/protocol.
//
// Plain values and pure functions.
#pragma once

#include <google/protobuf/message.h>
#include <optional>
#include <string>
#include <string_view>

#include "common/http.h"
#include "common/result.h"

namespace raft {

enum class ConnectEncoding { kProto, kJson };

// "application/proto" or "application/json".
std::string content_type_of(ConnectEncoding encoding);

// The other way round, in any case and with any parameters; nothing for
// another type.
std::optional<ConnectEncoding> encoding_of(std::string_view content_type);

// A message as the body of a request or an answer.
std::string encode_message(const google::protobuf::Message& message,
                           ConnectEncoding encoding);

// Fills `message` from a body. Fails, saying why, when that does not decode;
// `message` then holds anything. Unknown fields are ignored.
Result<void> decode_message(std::string_view body,
                            ConnectEncoding encoding,
                            google::protobuf::Message& message);

// Why a call failed: those of the protocol's codes that are in use here.
enum class ConnectCode {
  kInvalidArgument,
  kDeadlineExceeded,
  kResourceExhausted,
  kFailedPrecondition,
  kUnimplemented,
  kUnavailable,
};

struct ConnectError {
  ConnectCode code = ConnectCode::kUnavailable;
  std::string message = {};  // for a person
};

// An answer that says so, with the status that belongs to the code.
HttpAnswer answer_of(const ConnectError& error);

// What an answer with another status than 200 says, for a person.
std::string describe_error(const HttpAnswer& answer);

}  // namespace raft
