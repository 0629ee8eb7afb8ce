// A relative name means what the user meant.
#include "common/user_directory.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdlib>

namespace raft {
namespace {

using namespace std::string_literals;

class UserDirectoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UserDirectoryTest);
  CPPUNIT_TEST(under_bazel_run_a_name_is_relative_to_where_it_was_given);
  CPPUNIT_TEST(an_absolute_name_stays_as_it_is);
  CPPUNIT_TEST(otherwise_a_name_stays_as_it_is);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override { unsetenv("BUILD_WORKING_DIRECTORY"); }

  // Bazel tells it in a variable.
  void under_bazel_run_a_name_is_relative_to_where_it_was_given() {
    setenv("BUILD_WORKING_DIRECTORY", "/home/u", 1);

    CPPUNIT_ASSERT_EQUAL("/home/u/f"s, in_user_directory("f"));
    CPPUNIT_ASSERT_EQUAL("/home/u/d/f"s, in_user_directory("d/f"));
    CPPUNIT_ASSERT_EQUAL("/home/u/../f"s, in_user_directory("../f"));
  }

  // It means the same everywhere.
  void an_absolute_name_stays_as_it_is() {
    setenv("BUILD_WORKING_DIRECTORY", "/home/u", 1);

    CPPUNIT_ASSERT_EQUAL("/tmp/f"s, in_user_directory("/tmp/f"));
  }

  // The program is where its user is.
  void otherwise_a_name_stays_as_it_is() {
    unsetenv("BUILD_WORKING_DIRECTORY");

    CPPUNIT_ASSERT_EQUAL("d/f"s, in_user_directory("d/f"));
    CPPUNIT_ASSERT_EQUAL("/tmp/f"s, in_user_directory("/tmp/f"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UserDirectoryTest);

}  // namespace
}  // namespace raft
