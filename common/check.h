// What to do when going on would be wrong.
//
// CHECK(condition) is for a bug in this program: it prints where and what, and
// aborts, in every build. fatal(text) is for a broken world (a port in use, a
// full disk): one clear line on stderr, then exit status 1. Both may be called
// from any thread; neither returns, and neither runs destructors.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#define CHECK(condition)                        \
  do {                                          \
    if (!(condition)) {                         \
      std::fprintf(stderr,                      \
                   "%s:%d: CHECK failed: %s\n", \
                   __FILE__,                    \
                   __LINE__,                    \
                   #condition);                 \
      std::abort();                             \
    }                                           \
  } while (0)

namespace raft {

// Ends the process with status 1. `message` says what happened, what was (not)
// changed, and what to do about it.
[[noreturn]] inline void fatal(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  std::fflush(nullptr);
  std::_Exit(1);
}

}  // namespace raft
