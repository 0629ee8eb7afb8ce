// On a clock of the test's own.
#include "common/ticker.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

// So many milliseconds after the start.
Deadline at(int ms) {
  return Deadline() + std::chrono::milliseconds(ms);
}

class TickerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TickerTest);
  CPPUNIT_TEST(a_tick_is_due_at_its_time_and_once);
  CPPUNIT_TEST(ticks_that_were_missed_are_not_made_up_for);
  CPPUNIT_TEST(ticks_that_only_count_are_slept_through_and_made_up_for);
  CPPUNIT_TEST(who_is_woken_early_makes_up_for_what_has_passed);
  CPPUNIT_TEST(a_sleep_that_is_ended_is_forgotten);
  CPPUNIT_TEST(who_was_away_has_a_tick_of_time_to_listen);
  CPPUNIT_TEST(a_tick_that_is_hardly_late_is_not_put_off);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_tick_is_due_at_its_time_and_once() {
    Ticker ticker(at(10), kTick);
    CPPUNIT_ASSERT(!ticker.take_due(at(9)));
    CPPUNIT_ASSERT(ticker.take_due(at(10)));
    CPPUNIT_ASSERT(!ticker.take_due(at(10)));
    CPPUNIT_ASSERT(!ticker.take_due(at(19)));
    CPPUNIT_ASSERT(ticker.take_due(at(20)));
  }

  void ticks_that_were_missed_are_not_made_up_for() {
    Ticker ticker(at(10), kTick);
    CPPUNIT_ASSERT_EQUAL(0, ticker.make_up(at(95)));
    CPPUNIT_ASSERT(ticker.take_due(at(95)));
    CPPUNIT_ASSERT(!ticker.take_due(at(104)));
    CPPUNIT_ASSERT(ticker.take_due(at(105)));
  }

  // And the one behind them is on time.
  void ticks_that_only_count_are_slept_through_and_made_up_for() {
    Ticker ticker(at(10), kTick);
    CPPUNIT_ASSERT(at(40) == ticker.sleep(3));
    CPPUNIT_ASSERT_EQUAL(3, ticker.make_up(at(40)));
    CPPUNIT_ASSERT(ticker.take_due(at(40)));
    CPPUNIT_ASSERT(at(50) == ticker.sleep(0));
  }

  void who_is_woken_early_makes_up_for_what_has_passed() {
    Ticker ticker(at(10), kTick);
    ticker.sleep(3);
    CPPUNIT_ASSERT_EQUAL(0, ticker.make_up(at(9)));
    CPPUNIT_ASSERT_EQUAL(2, ticker.make_up(at(25)));
    CPPUNIT_ASSERT(!ticker.take_due(at(25)));
    CPPUNIT_ASSERT_EQUAL(1, ticker.make_up(at(30)));
    CPPUNIT_ASSERT(at(40) == ticker.sleep(0));
  }

  void a_sleep_that_is_ended_is_forgotten() {
    Ticker ticker(at(10), kTick);
    ticker.sleep(3);
    CPPUNIT_ASSERT(at(10) == ticker.sleep(0));
    CPPUNIT_ASSERT_EQUAL(0, ticker.make_up(at(40)));
  }

  // Be it asleep, or in the middle of what it does (D-19).
  void who_was_away_has_a_tick_of_time_to_listen() {
    Ticker ticker(at(10), kTick);
    ticker.sleep(3);
    CPPUNIT_ASSERT_EQUAL(3, ticker.make_up(at(500)));
    ticker.put_off(at(500));
    CPPUNIT_ASSERT(!ticker.take_due(at(509)));
    ticker.put_off(at(900));
    CPPUNIT_ASSERT(at(940) == ticker.sleep(3));
    CPPUNIT_ASSERT_EQUAL(0, ticker.make_up(at(909)));
    CPPUNIT_ASSERT_EQUAL(3, ticker.make_up(at(940)));
    CPPUNIT_ASSERT(ticker.take_due(at(940)));
  }

  void a_tick_that_is_hardly_late_is_not_put_off() {
    Ticker ticker(at(10), kTick);
    ticker.put_off(at(19));
    CPPUNIT_ASSERT(ticker.take_due(at(19)));
  }

 private:
  static constexpr std::chrono::milliseconds kTick{10};
};

CPPUNIT_TEST_SUITE_REGISTRATION(TickerTest);

}  // namespace
}  // namespace raft
