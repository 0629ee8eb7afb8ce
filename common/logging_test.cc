// One event, one line, from the chosen level on.
#include "common/logging.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <iostream>
#include <sstream>
#include <thread>
#include <vector>

namespace raft {
namespace {

using namespace std::string_literals;

// What goes to stderr while it lives.
class CapturedLog {
 public:
  CapturedLog() : before_(std::cerr.rdbuf(text_.rdbuf())) {}
  ~CapturedLog() { std::cerr.rdbuf(before_); }

  CapturedLog(const CapturedLog&) = delete;
  CapturedLog& operator=(const CapturedLog&) = delete;

  std::string text() const { return text_.str(); }

  // The lines without the time, which is checked.
  std::vector<std::string> lines() const {
    const std::string form = "dddd-dd-dd dd:dd:dd.ddd ";  // d: a digit
    std::vector<std::string> result;
    std::istringstream lines(text());
    for (std::string line; std::getline(lines, line);) {
      std::string begin = line.substr(0, form.size());
      for (char& c : begin) {
        if ('0' <= c && c <= '9') c = 'd';
      }
      CPPUNIT_ASSERT_EQUAL(form, begin);
      result.push_back(line.substr(form.size()));
    }
    return result;
  }

 private:
  std::ostringstream text_;
  std::streambuf* before_;
};

std::string levels_logged_from(const std::string& level) {
  CPPUNIT_ASSERT(init_logging(level));
  const CapturedLog log;
  log_error("e");
  log_warning("w");
  log_information("i");
  log_debug("d");
  std::string levels;
  for (const std::string& line : log.lines()) levels += line.back();
  return levels;
}

class LoggingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LoggingTest);
  CPPUNIT_TEST(a_line_has_the_time_the_level_and_the_event);
  CPPUNIT_TEST(a_level_shows_what_is_as_grave_as_it);
  CPPUNIT_TEST(an_event_stays_one_line);
  CPPUNIT_TEST(an_unknown_level_leaves_the_log_as_it_was);
  CPPUNIT_TEST(lines_of_many_threads_are_not_mixed);
  CPPUNIT_TEST_SUITE_END();

 public:
  // In this order.
  void a_line_has_the_time_the_level_and_the_event() {
    CPPUNIT_ASSERT(init_logging("debug"));
    const CapturedLog log;
    log_error("one");
    log_warning("two");
    log_information("three %s {}");
    log_debug("é");

    const std::vector<std::string> expected = {
        "Error one", "Warning two", "Information three %s {}", "Debug é"};
    CPPUNIT_ASSERT(expected == log.lines());
  }

  // And what is graver.
  void a_level_shows_what_is_as_grave_as_it() {
    CPPUNIT_ASSERT_EQUAL(""s, levels_logged_from("none"));
    CPPUNIT_ASSERT_EQUAL(""s, levels_logged_from("fatal"));
    CPPUNIT_ASSERT_EQUAL(""s, levels_logged_from("critical"));
    CPPUNIT_ASSERT_EQUAL("e"s, levels_logged_from("error"));
    CPPUNIT_ASSERT_EQUAL("ew"s, levels_logged_from("warning"));
    CPPUNIT_ASSERT_EQUAL("ew"s, levels_logged_from("notice"));
    CPPUNIT_ASSERT_EQUAL("ewi"s, levels_logged_from("information"));
    CPPUNIT_ASSERT_EQUAL("ewid"s, levels_logged_from("debug"));
    CPPUNIT_ASSERT_EQUAL("ewid"s, levels_logged_from("trace"));
  }

  // Or a client could write lines of its own into the log.
  void an_event_stays_one_line() {
    CPPUNIT_ASSERT(init_logging("information"));
    const CapturedLog log;
    log_information("a\nb\r\nc\td\0e\x1B"s + "f");

    const std::vector<std::string> expected = {"Information a b  c d e f"};
    CPPUNIT_ASSERT(expected == log.lines());
  }

  // The complaint lists the levels. A number is no level.
  void an_unknown_level_leaves_the_log_as_it_was() {
    CPPUNIT_ASSERT(init_logging("warning"));
    for (const std::string level : {"loud", "", "3", "warning ", "info"}) {
      const auto result = init_logging(level);
      CPPUNIT_ASSERT_MESSAGE(level, !result);
      CPPUNIT_ASSERT_EQUAL(
          "\"" + level +
              "\" is no log level; use none, fatal, critical, error, warning, "
              "notice, information, debug or trace",
          result.error().message);
    }
    const CapturedLog log;
    log_warning("w");
    log_information("i");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, log.lines().size());
  }

  // Each comes out whole.
  void lines_of_many_threads_are_not_mixed() {
    CPPUNIT_ASSERT(init_logging("information"));
    const CapturedLog log;
    const std::string event(200, 'x');
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&event] {
        for (int j = 0; j < 50; ++j) log_information(event);
      });
    }
    for (std::thread& thread : threads) thread.join();

    CPPUNIT_ASSERT(std::vector<std::string>(200, "Information " + event) ==
                   log.lines());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LoggingTest);

}  // namespace
}  // namespace raft
