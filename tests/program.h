// A program that a test runs: everything that it prints is kept and can be
// waited for, and it ends with this object at the latest.
//
//   Program server({"stage0_kv/server", "--base-port", "0"});
//   server.wait_for_output("serves clients");
//   server.send_signal(SIGTERM);
//   CPPUNIT_ASSERT(server.wait() == ExitStatus{});
//
// For the thread of the test, which must outlive the object: a server that
// runs under kLauncherVariable ends with the thread that started it.
#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/child_process.h"
#include "common/deadline.h"

namespace raft {

class Program {
 public:
  using Environment = std::map<std::string, std::string>;

  explicit Program(std::vector<std::string> command,
                   const Environment& environment = {});

  // Kills it if it still runs.
  ~Program();

  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return process_.pid(); }
  void send_signal(int signal) { process_.send_signal(signal); }

  void write_input(const std::string& text) { process_.write_input(text); }
  void close_input() { process_.close_input(); }

  // Waits for the end, and for the end of all that it prints. The test fails
  // if that does not come.
  ExitStatus wait();

  // What it has printed so far on stdout and stderr.
  std::string output() const { return output_.text(); }
  std::string error() const { return error_.text(); }

  // Wait until `text` is part of that. The test fails if that does not come,
  // and at once when the stream ends without it.
  void wait_for_output(const std::string& text) { output_.wait_for(text); }
  void wait_for_error(const std::string& text) { error_.wait_for(text); }

  // Waits for something more on stderr than `size` bytes, or for its end, or
  // for `deadline`. False if stderr has ended.
  bool wait_for_more_error(std::size_t size, Deadline deadline);

 private:
  // What comes out of one stream, read by a thread of its own.
  class Stream {
   public:
    // Appends to a text and returns true, until the stream has ended.
    using Read = std::function<bool(std::string&)>;

    explicit Stream(Read read);
    ~Stream();

    std::string text() const;
    void wait_for(const std::string& text) const;
    bool wait_for_more(std::size_t size, Deadline deadline) const;
    bool wait_for_end(Deadline deadline) const;

   private:
    void run(const Read& read);

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::string text_;
    bool has_ended_ = false;
    std::thread thread_;  // last: it uses the rest
  };

  const std::string name_;
  ChildProcess process_;
  Stream output_;
  Stream error_;
};

}  // namespace raft
