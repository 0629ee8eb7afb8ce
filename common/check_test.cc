// What ends a process, and in which way.
#include "common/check.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>

#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

class CheckTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CheckTest);
  CPPUNIT_TEST(a_check_that_holds_does_nothing);
  CPPUNIT_TEST(a_check_that_fails_says_where_and_aborts);
  CPPUNIT_TEST(what_is_fatal_is_said_in_one_line_after_all_other_output);
  CPPUNIT_TEST_SUITE_END();

 public:
  // It is a statement like any other, also in an if.
  void a_check_that_holds_does_nothing() {
    int evaluated = 0;
    if (evaluated == 0)
      CHECK(++evaluated == 1);
    else
      CHECK(false);

    CPPUNIT_ASSERT_EQUAL(1, evaluated);
  }

  // In every build.
  void a_check_that_fails_says_where_and_aborts() {
    const Finished finished =
        run_to_end({.command = {kProgram, "break_check"}});

    CPPUNIT_ASSERT_EQUAL(SIGABRT, finished.status.signal);
    CPPUNIT_ASSERT(finished.error.starts_with("common/test_program.cc:"));
    CPPUNIT_ASSERT(finished.error.ends_with(": CHECK failed: one == 2\n"));
  }

  // What was printed before is not lost.
  void what_is_fatal_is_said_in_one_line_after_all_other_output() {
    const Finished finished =
        run_to_end({.command = {kProgram, "be_fatal", "the disk is full"}});

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL("error: the disk is full\n"s, finished.error);
    CPPUNIT_ASSERT_EQUAL("written before, not flushed"s, finished.output);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CheckTest);

}  // namespace
}  // namespace raft
