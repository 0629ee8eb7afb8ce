#include "common/child_process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

#include "common/check.h"

extern char** environ;

namespace raft {
namespace {

struct Pipe {
  int read = -1;
  int write = -1;
};

// Both ends close themselves on exec: no other child may hold them open.
Pipe make_pipe() {
  int ends[2];
  CHECK(pipe2(ends, O_CLOEXEC) == 0);
  return {.read = ends[0], .write = ends[1]};
}

void close_if_open(int& descriptor) {
  if (descriptor >= 0) close(descriptor);
  descriptor = -1;
}

std::vector<char*> pointers(std::vector<std::string>& strings) {
  std::vector<char*> result;
  for (std::string& string : strings) result.push_back(string.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> environment_with(
    const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!added.contains(text.substr(0, text.find('=')))) result.push_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

// Milliseconds for poll(2), rounded up so that it never returns too early.
int poll_timeout_ms(Deadline deadline) {
  return static_cast<int>(std::min<std::int64_t>(
      (microseconds_until(deadline) + 999) / 1000, 1'000'000'000));
}

bool read_from(int descriptor, std::string& text, Deadline deadline) {
  CHECK(descriptor >= 0);
  pollfd wanted{.fd = descriptor, .events = POLLIN, .revents = 0};
  while (true) {
    const int ready = poll(&wanted, 1, poll_timeout_ms(deadline));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    char chunk[4096];
    const ssize_t size = read(descriptor, chunk, sizeof chunk);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return false;
    text.append(chunk, static_cast<std::size_t>(size));
    return true;
  }
}

// Starts the program with no signal blocked and none ignored, whatever we do.
pid_t spawn(const ChildProcess::Spec& spec,
            const posix_spawn_file_actions_t& actions) {
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigfillset(&signals);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  std::vector<std::string> command = spec.command;
  std::vector<std::string> environment = environment_with(spec.environment);
  pid_t pid = 0;
  const int failed = posix_spawn(&pid,
                                 command.front().c_str(),
                                 &actions,
                                 &attributes,
                                 pointers(command).data(),
                                 pointers(environment).data());
  posix_spawnattr_destroy(&attributes);
  if (failed != 0) {
    fatal("cannot start " + command.front() + ": " + std::strerror(failed));
  }
  return pid;
}

}  // namespace

std::string describe(const ExitStatus& status) {
  if (status.signal == 0) {
    return "exited with status " + std::to_string(status.code);
  }
  return "was killed by signal " + std::to_string(status.signal) + " (" +
         strsignal(status.signal) + ")";
}

ChildProcess::ChildProcess(const Spec& spec) {
  CHECK(!spec.command.empty());
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  Pipe in;
  Pipe out;
  Pipe err;
  if (spec.has_input) {
    // That a child has ended is told by write(), not by a signal.
    std::signal(SIGPIPE, SIG_IGN);
    in = make_pipe();
    posix_spawn_file_actions_adddup2(&actions, in.read, STDIN_FILENO);
  } else {
    posix_spawn_file_actions_addopen(
        &actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  }
  if (spec.captures_stdout) {
    out = make_pipe();
    posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  }
  if (spec.captures_stderr) {
    err = make_pipe();
    posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  }
  pid_ = spawn(spec, actions);
  posix_spawn_file_actions_destroy(&actions);
  close_if_open(in.read);
  close_if_open(out.write);
  close_if_open(err.write);
  input_ = in.write;
  output_ = out.read;
  error_ = err.read;
}

ChildProcess::~ChildProcess() {
  if (pid_ != 0 && !status_) {
    send_signal(SIGKILL);
    wait(Deadline::max());
  }
  close_if_open(input_);
  close_if_open(output_);
  close_if_open(error_);
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)),
      input_(std::exchange(other.input_, -1)),
      output_(std::exchange(other.output_, -1)),
      error_(std::exchange(other.error_, -1)),
      status_(std::exchange(other.status_, std::nullopt)) {}

bool ChildProcess::read_output(std::string& text, Deadline deadline) {
  return read_from(output_, text, deadline);
}

bool ChildProcess::read_error(std::string& text, Deadline deadline) {
  return read_from(error_, text, deadline);
}

void ChildProcess::write_input(const std::string& text) {
  std::size_t written = 0;
  while (written < text.size()) {
    const ssize_t size =
        write(input_, text.data() + written, text.size() - written);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return;  // It has ended; wait() tells how.
    written += static_cast<std::size_t>(size);
  }
}

void ChildProcess::close_input() {
  close_if_open(input_);
}

void ChildProcess::send_signal(int signal) {
  if (!status_) kill(pid_, signal);
}

std::optional<ExitStatus> ChildProcess::wait(Deadline deadline) {
  if (status_) return status_;
  // A descriptor that becomes readable when the process ends: the one way to
  // wait for it with a deadline and without a signal handler.
  const int ended = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  CHECK(ended >= 0);
  pollfd wanted{.fd = ended, .events = POLLIN, .revents = 0};
  int ready = 0;
  do {
    ready = poll(&wanted,
                 1,
                 deadline == Deadline::max() ? -1 : poll_timeout_ms(deadline));
  } while (ready < 0 && errno == EINTR);
  close(ended);
  if (ready == 0) return std::nullopt;
  int status = 0;
  CHECK(waitpid(pid_, &status, 0) == pid_);
  status_ = WIFSIGNALED(status)
                ? ExitStatus{.code = 0, .signal = WTERMSIG(status)}
                : ExitStatus{.code = WEXITSTATUS(status)};
  return status_;
}

}  // namespace raft
