#include "common/stop_signal.h"

#include <csignal>
#include <cstdlib>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

#include "common/check.h"
#include "common/local_cluster.h"

namespace raft {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

void end_with_launcher() {
  const char* launcher = std::getenv(kLauncherVariable);
  if (launcher == nullptr) return;
  CHECK(prctl(PR_SET_PDEATHSIG, SIGTERM) == 0);
  // It may have died before that call.
  if (std::to_string(getppid()) != launcher) raise(SIGTERM);
}

}  // namespace

void prepare_stop_signal() {
  const sigset_t set = stop_signals();
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  std::signal(SIGPIPE, SIG_IGN);
  end_with_launcher();
}

void wait_for_stop_signal() {
  const sigset_t set = stop_signals();
  int signal = 0;
  CHECK(sigwait(&set, &signal) == 0);
}

}  // namespace raft
