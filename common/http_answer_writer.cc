#include "common/http_answer_writer.h"

#include <ctime>

#include <Poco/DateTimeFormat.h>
#include <Poco/DateTimeFormatter.h>
#include <Poco/Net/HTTPResponse.h>
#include <Poco/Timestamp.h>

namespace raft {
namespace {

// "Thu, 01 Jan 1970 00:00:00 GMT", made once a second.
const std::string& http_date() {
  static thread_local std::time_t made = 0;
  static thread_local std::string text;
  const std::time_t now = std::time(nullptr);
  if (now != made) {
    made = now;
    text = Poco::DateTimeFormatter::format(Poco::Timestamp::fromEpochTime(now),
                                           Poco::DateTimeFormat::HTTP_FORMAT);
  }
  return text;
}

}  // namespace

void append_answer(std::string& output,
                   const HttpAnswer& answer,
                   const HttpAnswerForm& form) {
  output += "HTTP/1.1 ";
  output += std::to_string(answer.status);
  output += ' ';
  output += Poco::Net::HTTPResponse::getReasonForStatus(
      static_cast<Poco::Net::HTTPResponse::HTTPStatus>(answer.status));
  output += "\r\nDate: ";
  output += http_date();
  for (const auto& [name, value] : answer.headers) {
    output += "\r\n";
    output += name;
    output += ": ";
    output += value;
  }
  output += "\r\nContent-Length: ";
  output += std::to_string(answer.body.size());
  if (form.is_last) output += "\r\nConnection: close";
  output += "\r\n\r\n";
  if (form.has_body) output += answer.body;
}

}  // namespace raft
