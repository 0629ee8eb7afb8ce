#include "common/logging.h"

#include <iostream>

#include <Poco/AutoPtr.h>
#include <Poco/ConsoleChannel.h>
#include <Poco/Exception.h>
#include <Poco/FormattingChannel.h>
#include <Poco/Logger.h>
#include <Poco/PatternFormatter.h>

namespace raft {
namespace {

Poco::Logger& logger() {
  static Poco::Logger& instance = Poco::Logger::get("raft");
  return instance;
}

// A line stays a line, whatever a peer or a client managed to get into it.
std::string one_line(const std::string& text) {
  std::string line = text;
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return line;
}

}  // namespace

Result<void> init_logging(const std::string& level) {
  try {
    // Poco would take a number, too.
    if (level.find_first_of("0123456789") != std::string::npos) {
      throw Poco::InvalidArgumentException();
    }
    logger().setLevel(Poco::Logger::parseLevel(level));
  } catch (const Poco::Exception&) {
    return failure("\"" + level +
                   "\" is no log level; use none, fatal, critical, error, "
                   "warning, notice, information, debug or trace");
  }
  const Poco::AutoPtr<Poco::PatternFormatter> formatter(
      new Poco::PatternFormatter("%Y-%m-%d %H:%M:%S.%i %p %t"));
  const Poco::AutoPtr<Poco::ConsoleChannel> console(
      new Poco::ConsoleChannel(std::cerr));
  logger().setChannel(Poco::AutoPtr<Poco::FormattingChannel>(
      new Poco::FormattingChannel(formatter, console)));
  return {};
}

void log_error(const std::string& line) {
  logger().error(one_line(line));
}

void log_warning(const std::string& line) {
  logger().warning(one_line(line));
}

void log_information(const std::string& line) {
  logger().information(one_line(line));
}

void log_debug(const std::string& line) {
  if (logger().debug()) logger().debug(one_line(line));
}

}  // namespace raft
