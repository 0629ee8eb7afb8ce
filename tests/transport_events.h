// [since stage2_naive_repl]
// The trace of a transport, read back.
#pragma once

#include <cppunit/TestAssert.h>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "common/json.h"
#include "common/temporary_directory.h"
#include "tests/transport_messages.h"

namespace raft {

struct Event {
  std::string event = {};
  std::uint64_t node = 0;
  std::uint64_t clock = 0;
  std::uint64_t sent = 0;  // the clock of its send, where that is told
  std::string type = {};
  Index index = 0;
};

// The events of a trace; each line must be one.
inline std::vector<Event> events_in(const std::string& file) {
  std::vector<Event> events;
  std::istringstream lines(text_of_file(file));
  for (std::string line; std::getline(lines, line);) {
    const JsonObject json = JsonObject::parse(line).value();
    CPPUNIT_ASSERT(json.number("time_us").value() > 0);
    CPPUNIT_ASSERT(json.has(json.string("event") == "receive" ? "from" : "to"));
    events.push_back({.event = json.string("event").value(),
                      .node = json.number("node").value(),
                      .clock = json.number("clock").value(),
                      .sent = json.number("sent").value_or(0),
                      .type = json.string("type").value(),
                      .index = index_of(json)});
  }
  return events;
}

}  // namespace raft
