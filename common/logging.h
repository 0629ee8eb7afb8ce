// The log of a program: one line per event, on stderr, through Poco::Logger.
//
//   2026-01-31 12:00:00.123 Warning node 3 is unreachable, trying again
//
// Any thread may log. An event is said in one line: what happened, to whom, and
// what the program does about it.
#pragma once

#include <string>

#include "common/result.h"

namespace raft {

// Sends the log to stderr from `level` on: none, fatal, critical, error,
// warning, notice, information, debug or trace. Fails on any other word and
// then leaves the log as it was.
Result<void> init_logging(const std::string& level);

void log_error(const std::string& line);
void log_warning(const std::string& line);
void log_information(const std::string& line);
void log_debug(const std::string& line);

}  // namespace raft
