#include "tests/server_process.h"

#include <cppunit/TestAssert.h>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "common/check.h"
#include "common/line_connection.h"
#include "common/local_cluster.h"
#include "common/test_process.h"

namespace raft {

ServerProcess::ServerProcess(std::vector<std::string> command,
                             std::string address)
    : command_(std::move(command)), address_(std::move(address)) {}

void ServerProcess::start() {
  launch();
  wait_until_it_serves();
}

void ServerProcess::launch() {
  CHECK(!is_running());
  program_ = std::make_unique<Program>(
      command_,
      Program::Environment{{kLauncherVariable, std::to_string(getpid())}});
}

void ServerProcess::wait_until_it_serves() {
  constexpr std::int64_t kPauseMs = 10;
  const Deadline deadline = patience();
  while (!LineConnection::connect(address_, deadline)) {
    // It logs a line when it serves, and closes its log when it fails: both
    // end the pause.
    const bool is_alive = program_->wait_for_more_error(
        program_->error().size(), deadline_in_ms(kPauseMs));
    CPPUNIT_ASSERT_MESSAGE("no server at " + address_ + "; its log:\n" + log(),
                           is_alive && Clock::now() < deadline);
  }
}

void ServerProcess::kill() {
  CHECK(is_running());
  program_->send_signal(SIGKILL);
  program_->wait();
  forget_program();
}

void ServerProcess::restart() {
  kill();
  start();
}

void ServerProcess::pause() {
  program_->send_signal(SIGSTOP);
  // A signal takes its time to reach each thread. WNOWAIT leaves an end, which
  // is none of our business here, to be seen by others.
  siginfo_t state{};
  const auto id = static_cast<id_t>(pid());
  CHECK(waitid(P_PID, id, &state, WSTOPPED | WEXITED | WNOWAIT) == 0);
  CPPUNIT_ASSERT_MESSAGE(log(), state.si_code == CLD_STOPPED);
}

void ServerProcess::resume() {
  program_->send_signal(SIGCONT);
}

ExitStatus ServerProcess::stop() {
  ask_to_stop();
  const ExitStatus status = program_->wait();
  forget_program();
  return status;
}

void ServerProcess::ask_to_stop() {
  CHECK(is_running());
  program_->send_signal(SIGTERM);
}

std::string ServerProcess::log() const {
  return past_log_ + (is_running() ? program_->error() : "");
}

void ServerProcess::forget_program() {
  past_log_ = log() + "--- end of process " + std::to_string(pid()) + "\n";
  program_.reset();
}

}  // namespace raft
