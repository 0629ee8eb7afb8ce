// The log of the program, for a test that asks what it says; quiet otherwise.
#pragma once

#include <string>
#include <utility>

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

namespace raft {

// Takes every line from its creation on to its end.
class CapturedLog {
 public:
  CapturedLog() { logger().setChannel(lines_); }
  ~CapturedLog() { logger().setChannel(nullptr); }

  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  // Returns what has come since the last call, line by line.
  std::string take() { return std::exchange(lines_->text, ""); }

 private:
  struct Lines : Poco::Channel {
    void log(const Poco::Message& message) override {
      text += message.getText() + "\n";
    }
    std::string text;
  };

  static Poco::Logger& logger() { return Poco::Logger::get("raft"); }

  Poco::AutoPtr<Lines> lines_{new Lines};
};

}  // namespace raft
