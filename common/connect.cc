#include "common/connect.h"

#include <google/protobuf/util/json_util.h>

#include <Poco/String.h>

#include "common/check.h"
#include "common/json.h"

namespace raft {
namespace {

namespace json = google::protobuf::util;

constexpr char kProtoType[] = "application/proto";
constexpr char kJsonType[] = "application/json";

// A body that does not decode is an error of its sender, and is told to it;
// protobuf would write it to our stderr as well.
const auto kFormerLogHandler = google::protobuf::SetLogHandler(nullptr);

struct Code {
  const char* name = "";
  int status = 0;
};

Code row_of(ConnectCode code) {
  switch (code) {
    case ConnectCode::kInvalidArgument:
      return {"invalid_argument", 400};
    case ConnectCode::kDeadlineExceeded:
      return {"deadline_exceeded", 504};
    case ConnectCode::kResourceExhausted:
      return {"resource_exhausted", 429};
    case ConnectCode::kFailedPrecondition:
      return {"failed_precondition", 400};
    case ConnectCode::kUnimplemented:
      return {"unimplemented", 501};
    case ConnectCode::kUnavailable:
      return {"unavailable", 503};
  }
  CHECK(false);
  return {};
}

// Protobuf quotes what it complains about, whatever bytes that are.
std::string printable(std::string text) {
  constexpr std::size_t kBytesMax = 200;
  if (text.size() > kBytesMax) text = text.substr(0, kBytesMax) + "...";
  for (char& c : text) {
    if (c == '\n') c = ' ';
    if (c < ' ' || c > '~') c = '?';
  }
  return text;
}

}  // namespace

std::string content_type_of(ConnectEncoding encoding) {
  return encoding == ConnectEncoding::kProto ? kProtoType : kJsonType;
}

std::optional<ConnectEncoding> encoding_of(std::string_view content_type) {
  const std::string type = Poco::toLower(
      Poco::trim(std::string(content_type.substr(0, content_type.find(';')))));
  if (type == kProtoType) return ConnectEncoding::kProto;
  if (type == kJsonType) return ConnectEncoding::kJson;
  return std::nullopt;
}

std::string encode_message(const google::protobuf::Message& message,
                           ConnectEncoding encoding) {
  std::string body;
  if (encoding == ConnectEncoding::kProto) {
    CHECK(message.SerializeToString(&body));
  } else {
    CHECK(json::MessageToJsonString(message, &body).ok());
  }
  return body;
}

Result<void> decode_message(std::string_view body,
                            ConnectEncoding encoding,
                            google::protobuf::Message& message) {
  const std::string& name = message.GetDescriptor()->name();
  if (encoding == ConnectEncoding::kProto) {
    const auto size = static_cast<int>(body.size());
    if (message.ParseFromArray(body.data(), size)) return {};
    return failure("the body is no " + name + " in protobuf's encoding");
  }
  json::JsonParseOptions options;
  options.ignore_unknown_fields = true;
  const auto status =
      json::JsonStringToMessage({body.data(), body.size()}, &message, options);
  if (status.ok()) return {};
  return failure("the body is no " + name +
                 " in JSON: " + printable(std::string(status.message())));
}

HttpAnswer answer_of(const ConnectError& error) {
  const Code code = row_of(error.code);
  return {.status = code.status,
          .headers = {{"Content-Type", kJsonType}},
          .body = JsonWriter()
                      .add("code", code.name)
                      .add("message", error.message)
                      .text()};
}

std::string describe_error(const HttpAnswer& answer) {
  const std::string status = "status " + std::to_string(answer.status);
  const auto error = JsonObject::parse(answer.body);
  if (!error) return status;
  const auto code = error->string("code");
  const auto message = error->string("message");
  return code.value_or(status) + ": " + message.value_or("no reason given");
}

}  // namespace raft
