// A value or a reason, never both.
#include "common/result.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <memory>

namespace raft {
namespace {

using namespace std::string_literals;

Result<int> half_of(int number) {
  if (number % 2 != 0) return failure(std::to_string(number) + " is odd");
  return number / 2;
}

class ResultTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResultTest);
  CPPUNIT_TEST(a_value_is_true_and_readable);
  CPPUNIT_TEST(a_failure_is_false_and_has_a_message);
  CPPUNIT_TEST(a_result_may_have_nothing_to_return);
  CPPUNIT_TEST(a_failure_is_handed_on_to_a_result_of_another_type);
  CPPUNIT_TEST(a_result_moves_what_cannot_be_copied);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Also when the value itself is false.
  void a_value_is_true_and_readable() {
    CPPUNIT_ASSERT(half_of(8));
    CPPUNIT_ASSERT_EQUAL(4, *half_of(8));
    CPPUNIT_ASSERT(half_of(0));
    CPPUNIT_ASSERT(Result<bool>(false).has_value());
  }

  // The message is the one that was given.
  void a_failure_is_false_and_has_a_message() {
    CPPUNIT_ASSERT(!half_of(7));
    CPPUNIT_ASSERT_EQUAL("7 is odd"s, half_of(7).error().message);
    CPPUNIT_ASSERT_EQUAL(5, half_of(7).value_or(5));
  }

  // {} is success.
  void a_result_may_have_nothing_to_return() {
    const Result<void> done = {};
    const Result<void> failed = failure("why");

    CPPUNIT_ASSERT(done);
    CPPUNIT_ASSERT(!failed);
    CPPUNIT_ASSERT_EQUAL("why"s, failed.error().message);
  }

  // The way in which callers pass on what they can't handle.
  void a_failure_is_handed_on_to_a_result_of_another_type() {
    const Result<std::string> other = tl::make_unexpected(half_of(7).error());

    CPPUNIT_ASSERT_EQUAL("7 is odd"s, other.error().message);
  }

  // Connections and the like are handed out this way.
  void a_result_moves_what_cannot_be_copied() {
    Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
    const std::unique_ptr<int> taken = std::move(*result);

    CPPUNIT_ASSERT_EQUAL(3, *taken);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResultTest);

}  // namespace
}  // namespace raft
