// Waiting for what can only be asked for, as the state of another process.
#pragma once

#include <cppunit/TestAssert.h>
#include <string>

#include "common/deadline.h"
#include "common/test_process.h"

namespace raft {

// Asks `condition` again and again until it is true; the test fails if that
// takes too long. `what` says what is waited for. REQUIRES: asking takes some
// time of its own, as a request to another process does.
template <typename Condition>
void wait_until(const std::string& what, const Condition& condition) {
  const Deadline deadline = patience();
  while (!condition()) {
    CPPUNIT_ASSERT_MESSAGE("waited in vain: " + what, Clock::now() < deadline);
  }
}

}  // namespace raft
