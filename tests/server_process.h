// One process of a stage's server program, through all its lives: started,
// killed, paused, restarted on the same ports. Usually part of a TestCluster.
//
// For the thread of the test, which the process does not outlive.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "common/child_process.h"
#include "tests/program.h"

namespace raft {

class ServerProcess {
 public:
  // Starts nothing yet. `command` serves clients at `address`.
  ServerProcess(std::vector<std::string> command, std::string address);

  // Starts it and returns when it serves clients: launch() begins that,
  // wait_until_it_serves() ends it, and several servers can be in between.
  // REQUIRES: it does not run.
  void start();
  void launch();
  void wait_until_it_serves();

  // kill -9: gone at once, with all that it had only in memory, and its ports
  // are free when this returns.
  void kill();

  // kill() and start().
  void restart();

  // From pause() to resume() it is alive and does nothing: connections to it
  // are established, by the kernel, and nobody answers.
  void pause();
  void resume();

  // Asks for an orderly end and returns how it ended: ExitStatus{} if all is
  // well. ask_to_stop() begins that, for several servers at a time.
  ExitStatus stop();
  void ask_to_stop();

  bool is_running() const { return program_ != nullptr; }
  pid_t pid() const { return program_->pid(); }
  const std::string& address() const { return address_; }

  // What it wrote to stderr, in all its lives.
  std::string log() const;

 private:
  void forget_program();

  const std::vector<std::string> command_;
  const std::string address_;
  std::unique_ptr<Program> program_;
  std::string past_log_;
};

}  // namespace raft
