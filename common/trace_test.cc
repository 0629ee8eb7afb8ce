// Events as lines, in the order of a Lamport clock.
#include "common/trace.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "common/temporary_directory.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

// The lines of `file`, each of which must be a JSON object.
std::vector<JsonObject> events_in(const std::string& file) {
  std::vector<JsonObject> events;
  std::istringstream lines(text_of_file(file));
  for (std::string line; std::getline(lines, line);) {
    const auto event = JsonObject::parse(line);
    CPPUNIT_ASSERT_MESSAGE(line, event);
    events.push_back(*event);
  }
  return events;
}

class TraceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TraceTest);
  CPPUNIT_TEST(an_event_is_a_line_with_its_own_fields_last);
  CPPUNIT_TEST(the_time_can_be_another_than_that_of_the_wall);
  CPPUNIT_TEST(an_event_is_in_the_file_at_once);
  CPPUNIT_TEST(the_clock_counts_events);
  CPPUNIT_TEST(what_follows_a_message_has_a_later_clock_than_it);
  CPPUNIT_TEST(without_a_file_the_clock_goes_on);
  CPPUNIT_TEST(a_file_is_appended_to);
  CPPUNIT_TEST(many_writers_keep_their_lines_whole_and_in_order);
  CPPUNIT_TEST(a_file_that_cannot_be_written_is_named);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Before them stand the event, the node and both clocks.
  void an_event_is_a_line_with_its_own_fields_last() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    Trace(file, 3).write(
        "send", JsonWriter().add("to", std::uint64_t{2}).add("type", "vote\n"));

    const std::string text = text_of_file(file);
    CPPUNIT_ASSERT(text.starts_with(R"({"event":"send","node":3,"time_us":)"));
    CPPUNIT_ASSERT(
        text.ends_with(",\"clock\":1,\"to\":2,\"type\":\"vote\\n\"}\n"));
    constexpr std::uint64_t kYear2020Us = 1'577'836'800'000'000;
    CPPUNIT_ASSERT(*events_in(file)[0].number("time_us") > kYear2020Us);
  }

  // A simulator has its own.
  void the_time_can_be_another_than_that_of_the_wall() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    std::uint64_t now = 0;
    Trace trace(file, 1, [&now] { return now; });

    for (now = 7; now < 10; ++now) trace.write("tick", JsonWriter());

    CPPUNIT_ASSERT_EQUAL(R"({"event":"tick","node":1,"time_us":7,"clock":1})"
                         "\n"
                         R"({"event":"tick","node":1,"time_us":8,"clock":2})"
                         "\n"
                         R"({"event":"tick","node":1,"time_us":9,"clock":3})"
                         "\n"s,
                         text_of_file(file));
  }

  // A process that is killed loses nothing.
  void an_event_is_in_the_file_at_once() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    Trace trace(file, 1);
    for (std::size_t i = 1; i <= 3; ++i) {
      trace.write("tick", JsonWriter());
      CPPUNIT_ASSERT_EQUAL(i, events_in(file).size());
    }
  }

  // From 1 on; write() returns what the line says.
  void the_clock_counts_events() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    Trace trace(file, 1);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(i, trace.write("tick", JsonWriter()));
      CPPUNIT_ASSERT_EQUAL(i, *events_in(file).back().number("clock"));
    }
  }

  // An older message turns nothing back (Lamport 1978).
  void what_follows_a_message_has_a_later_clock_than_it() {
    Trace trace("", 1);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, trace.write("a", JsonWriter()));
    trace.observe(10);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{11}, trace.write("b", JsonWriter()));
    trace.observe(5);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{12}, trace.write("c", JsonWriter()));
    trace.observe(12);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{13}, trace.write("d", JsonWriter()));
  }

  // Messages carry it, whether somebody writes it down or not.
  void without_a_file_the_clock_goes_on() {
    Trace trace("", 1);
    for (std::uint64_t i = 1; i <= 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(i, trace.write("tick", JsonWriter()));
    }
  }

  // A restart adds to it.
  void a_file_is_appended_to() {
    const TemporaryDirectory directory;
    const std::string file = directory.write("trace", "{\"event\":\"old\"}\n");
    Trace(file, 1).write("first", JsonWriter());
    Trace(file, 2).write("second", JsonWriter());

    const auto events = events_in(file);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, events.size());
    CPPUNIT_ASSERT_EQUAL("old"s, *events[0].string("event"));
    CPPUNIT_ASSERT_EQUAL("first"s, *events[1].string("event"));
    CPPUNIT_ASSERT_EQUAL("second"s, *events[2].string("event"));
  }

  // Three nodes with two threads each share a file; lines longer than a pipe's
  // or a stream's usual buffer, too.
  void many_writers_keep_their_lines_whole_and_in_order() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    std::vector<std::thread> threads;
    Trace first(file, 1);
    Trace second(file, 2);
    Trace third(file, 3);
    for (Trace* trace : {&first, &first, &second, &second, &third, &third}) {
      threads.emplace_back([trace] {
        for (std::size_t i = 0; i < 50; ++i) {
          trace->write("e", JsonWriter().add("x", std::string(i * 200, 'x')));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();

    std::map<std::uint64_t, std::uint64_t> clocks;
    for (const JsonObject& event : events_in(file)) {
      std::uint64_t& clock = clocks[*event.number("node")];
      CPPUNIT_ASSERT_EQUAL(++clock, *event.number("clock"));
    }
    for (const std::uint64_t node : {1, 2, 3}) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{100}, clocks[node]);
    }
  }

  // Before anything else happens.
  void a_file_that_cannot_be_written_is_named() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("no/such/directory");

    const Finished finished =
        run_to_end({.command = {kProgram, "trace", file}});

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL("error: cannot write the trace " + file +
                             ": No such file or directory; nothing was "
                             "changed. Choose another file for --trace\n",
                         finished.error);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceTest);

}  // namespace
}  // namespace raft
