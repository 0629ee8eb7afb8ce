#include "common/test_process.h"

#include <cppunit/TestAssert.h>
#include <poll.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace raft {
namespace {

constexpr int kPatienceMs = 50'000;

}  // namespace

Deadline patience() {
  return deadline_in_ms(kPatienceMs);
}

Finished run_to_end(ChildProcess::Spec spec, const std::string& input) {
  spec.captures_stdout = true;
  spec.captures_stderr = true;
  spec.has_input = true;
  ChildProcess process(spec);
  process.write_input(input);
  process.close_input();
  return finish(process);
}

Finished finish(ChildProcess& process) {
  const Deadline deadline = patience();
  Finished finished;
  std::thread errors([&] {
    while (process.read_error(finished.error, deadline)) {
    }
  });
  while (process.read_output(finished.output, deadline)) {
  }
  errors.join();
  const auto status = process.wait(deadline);
  CPPUNIT_ASSERT_MESSAGE(
      "runs for too long: " + finished.output + finished.error, status);
  finished.status = *status;
  return finished;
}

void await_output(ChildProcess& process,
                  std::string& text,
                  const std::string& part) {
  const Deadline deadline = patience();
  while (text.find(part) == std::string::npos) {
    CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in the output: " + text,
                           process.read_output(text, deadline));
  }
}

void await_error(ChildProcess& process,
                 std::string& text,
                 const std::string& part) {
  const Deadline deadline = patience();
  while (text.find(part) == std::string::npos) {
    CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" on stderr: " + text,
                           process.read_error(text, deadline));
  }
}

void await_end_of(pid_t pid) {
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  if (process < 0) return;
  pollfd wanted{.fd = process, .events = POLLIN, .revents = 0};
  const int ready = poll(&wanted, 1, kPatienceMs);
  close(process);
  CPPUNIT_ASSERT_MESSAGE("process " + std::to_string(pid) + " still runs",
                         ready == 1);
}

}  // namespace raft
