// Waits that grow within bounds and never pass the deadline.
#include "common/backoff.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>

namespace raft {
namespace {

using std::chrono::milliseconds;

constexpr std::int64_t kHourMs = 3'600'000;

class BackoffTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BackoffTest);
  CPPUNIT_TEST(a_wait_takes_half_of_its_bound_at_least);
  CPPUNIT_TEST(waits_double_up_to_the_longest);
  CPPUNIT_TEST(a_wait_that_would_pass_the_deadline_is_not_begun);
  CPPUNIT_TEST(a_deadline_that_has_passed_is_told_at_once);
  CPPUNIT_TEST(a_deadline_is_told_from_one_that_has_passed);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The other half is random.
  void a_wait_takes_half_of_its_bound_at_least() {
    Backoff backoff(20, 20);
    const auto start = Clock::now();

    CPPUNIT_ASSERT(backoff.wait(deadline_in_ms(kHourMs)));

    CPPUNIT_ASSERT(Clock::now() - start >= milliseconds(10));
  }

  // 2, 4, 8, 8, 8, 8 ms, and half of each for sure. The second one ends long
  // before 2^30 ms.
  void waits_double_up_to_the_longest() {
    Backoff backoff(2, 8);
    const auto start = Clock::now();

    for (int i = 0; i < 6; ++i) {
      CPPUNIT_ASSERT(backoff.wait(deadline_in_ms(kHourMs)));
    }
    CPPUNIT_ASSERT(Clock::now() - start >= milliseconds(1 + 2 + 4 + 4 + 4 + 4));

    Backoff bounded(1, 2);
    for (int i = 0; i < 30; ++i) {
      CPPUNIT_ASSERT(bounded.wait(deadline_in_ms(kHourMs)));
    }
  }

  // Half an hour at least; this test would not live to see its end.
  void a_wait_that_would_pass_the_deadline_is_not_begun() {
    Backoff backoff(kHourMs, kHourMs);

    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(!backoff.wait(deadline_in_ms(kHourMs / 4)));
    }
  }

  // Even a wait of no time at all.
  void a_deadline_that_has_passed_is_told_at_once() {
    Backoff backoff(1, 1);

    CPPUNIT_ASSERT(!backoff.wait(Clock::now()));
    CPPUNIT_ASSERT(!backoff.wait(Clock::now() - milliseconds(5)));
  }

  // Of that, nothing is left.
  void a_deadline_is_told_from_one_that_has_passed() {
    const std::int64_t left = microseconds_until(deadline_in_ms(kHourMs));

    CPPUNIT_ASSERT(left <= kHourMs * 1000);
    CPPUNIT_ASSERT(left > kHourMs * 500);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0},
                         microseconds_until(Clock::now() - milliseconds(5)));
    CPPUNIT_ASSERT(microseconds_until(Deadline::max()) > left);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(BackoffTest);

}  // namespace
}  // namespace raft
