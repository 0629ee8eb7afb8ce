// [since stage2_naive_repl]
// What this process writes to its log, for the suites that look at it.
#pragma once

#include <condition_variable>
#include <cppunit/TestAssert.h>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <Poco/AutoPtr.h>
#include <Poco/Channel.h>
#include <Poco/Logger.h>
#include <Poco/Message.h>

#include "common/test_process.h"

namespace raft {

// Keeps the lines of the log instead of writing them.
class LogLines : public Poco::Channel {
 public:
  static Poco::AutoPtr<LogLines> install() {
    Poco::AutoPtr<LogLines> lines(new LogLines());
    Poco::Logger::get("raft").setChannel(lines);
    return lines;
  }

  void log(const Poco::Message& message) override {
    {
      const std::lock_guard lock(mutex_);
      lines_.push_back(message.getText());
    }
    changed_.notify_all();
  }

  std::vector<std::string> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

  // The same once there is a line. The test fails if none comes.
  std::vector<std::string> await() {
    std::unique_lock lock(mutex_);
    CPPUNIT_ASSERT(changed_.wait_until(
        lock, patience(), [this] { return !lines_.empty(); }));
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

}  // namespace raft
