#include "common/timer.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

#include "common/inbox.h"

namespace raft {
namespace {

const Deadline kNever = Deadline::max();

class TimerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TimerTest);
  CPPUNIT_TEST(a_function_is_called_at_its_deadline_and_not_before);
  CPPUNIT_TEST(functions_are_called_in_the_order_of_their_deadlines);
  CPPUNIT_TEST(a_cancelled_function_is_not_called);
  CPPUNIT_TEST(a_function_may_use_the_timer);
  CPPUNIT_TEST(what_has_not_come_when_the_timer_stops_never_comes);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_function_is_called_at_its_deadline_and_not_before() {
    Inbox<Deadline> calls;
    Timer timer;
    const Deadline deadline = deadline_in_ms(5);
    timer.call_at(deadline, [&] { calls.push(Clock::now()); });
    CPPUNIT_ASSERT(calls.pop().value() >= deadline);
  }

  void functions_are_called_in_the_order_of_their_deadlines() {
    Inbox<int> calls;
    Timer timer;
    timer.call_at(kNever, [&] { calls.push(0); });
    timer.call_at(deadline_in_ms(40), [&] { calls.push(3); });
    timer.call_at(deadline_in_ms(20), [&] { calls.push(2); });
    timer.call_at(deadline_in_ms(-1), [&] { calls.push(1); });
    for (int call = 1; call <= 3; ++call) {
      CPPUNIT_ASSERT_EQUAL(call, calls.pop().value());
    }
  }

  // Of several with one deadline too.
  void a_cancelled_function_is_not_called() {
    Inbox<int> calls;
    Timer timer;
    const Deadline deadline = deadline_in_ms(20);
    timer.call_at(deadline, [&] { calls.push(1); });
    const auto second = timer.call_at(deadline, [&] { calls.push(2); });
    timer.call_at(deadline, [&] { calls.push(3); });
    const auto never = timer.call_at(kNever, [&] { calls.push(4); });
    CPPUNIT_ASSERT(second != never);

    timer.cancel(second);
    timer.cancel(second);
    timer.cancel(never);
    timer.cancel(1000);

    CPPUNIT_ASSERT_EQUAL(1, calls.pop().value());
    CPPUNIT_ASSERT_EQUAL(3, calls.pop().value());
  }

  void a_function_may_use_the_timer() {
    Inbox<int> calls;
    Timer timer;
    const auto never = timer.call_at(kNever, [&] { calls.push(0); });
    timer.call_at(Clock::now(), [&] {
      timer.cancel(never);
      timer.call_at(Clock::now(), [&] { calls.push(1); });
    });
    CPPUNIT_ASSERT_EQUAL(1, calls.pop().value());
  }

  void what_has_not_come_when_the_timer_stops_never_comes() {
    Inbox<int> calls;
    Timer timer;
    timer.call_at(kNever, [&] { calls.push(1); });
    timer.stop();
    timer.call_at(Clock::now(), [&] { calls.push(2); });
    timer.stop();
    calls.close();
    CPPUNIT_ASSERT(!calls.pop().has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TimerTest);

}  // namespace
}  // namespace raft
