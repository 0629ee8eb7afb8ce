// A process that this one starts, watches and ends: for the local cluster, and
// for tests that run the real programs.
//
// Unlike Poco::Process, it tells an exit from a kill, can be waited for with a
// deadline, and starts with posix_spawn, which is safe beside other threads.
// Not thread-safe, except that one thread may read_output() and another
// read_error() beside the rest.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

#include "common/deadline.h"

namespace raft {

// How a process ended.
struct ExitStatus {
  int code = 0;  // what it exited with, if no signal ended it
  int signal = 0;  // what ended it, 0 for an exit
  bool operator==(const ExitStatus&) const = default;
};

// "exited with status 1", "was killed by signal 9 (Killed)".
std::string describe(const ExitStatus& status);

class ChildProcess {
 public:
  struct Spec {
    std::vector<std::string> command = {};  // the program's path comes first
    std::map<std::string, std::string> environment = {};  // added to ours
    // What the child writes to stdout and stderr comes here through
    // read_output(); otherwise it goes where ours goes.
    bool captures_stdout = false;
    bool captures_stderr = false;
    // The child's stdin: what write_input() sends, otherwise nothing. Makes our
    // process ignore SIGPIPE.
    bool has_input = false;
  };

  // Starts it. Ends our process if the program can't be started.
  explicit ChildProcess(const Spec& spec);

  // Kills it, if it still runs, and waits for its end.
  ~ChildProcess();

  ChildProcess(ChildProcess&& other) noexcept;
  ChildProcess& operator=(ChildProcess&&) = delete;

  pid_t pid() const { return pid_; }

  // Appends what the child has written to `text`, waiting for something;
  // false when it has closed both (usually: when it has ended) or when
  // `deadline` passes.
  bool read_output(std::string& text, Deadline deadline);
  bool read_error(std::string& text, Deadline deadline);

  // Sends `text` to the child's stdin; close_input() ends it.
  void write_input(const std::string& text);
  void close_input();

  // Does nothing when the child has been waited for.
  void send_signal(int signal);

  // Waits for the child's end; nothing when `deadline` passes first. From the
  // first status on, the same one again.
  std::optional<ExitStatus> wait(Deadline deadline);

 private:
  pid_t pid_ = 0;
  int input_ = -1;
  int output_ = -1;
  int error_ = -1;
  std::optional<ExitStatus> status_;
};

}  // namespace raft
