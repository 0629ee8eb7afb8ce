// For what must end the process: a CHECK that holds a theorem.
#pragma once

#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"

namespace raft {

// Runs `act` in a copy of this process. What it wrote on stderr when it was
// aborted, or ended by fatal(); empty if it lived. REQUIRES: this process has
// one thread.
template <typename Act>
std::string last_words(Act act) {
  int ends[2] = {};
  CHECK(::pipe(ends) == 0);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    const rlimit no_core{};
    ::setrlimit(RLIMIT_CORE, &no_core);
    ::dup2(ends[1], STDERR_FILENO);
    act();
    std::_Exit(0);
  }
  ::close(ends[1]);
  std::string words;
  char buffer[256];
  ssize_t size = 0;
  while ((size = ::read(ends[0], buffer, sizeof buffer)) > 0) {
    words.append(buffer, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  const bool is_aborted = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
  const bool is_fatal = WIFEXITED(status) && WEXITSTATUS(status) == 1;
  return is_aborted || is_fatal ? words + " ended" : "";
}

}  // namespace raft
