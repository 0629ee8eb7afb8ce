#include "tests/program.h"

#include <cppunit/TestAssert.h>
#include <csignal>
#include <utility>

#include "common/test_process.h"

namespace raft {
namespace {

ChildProcess::Spec spec_of(std::vector<std::string> command,
                           const Program::Environment& environment) {
  // A program that has ended reads no input: that is no reason for us to end.
  std::signal(SIGPIPE, SIG_IGN);
  return {.command = std::move(command),
          .environment = environment,
          .captures_stdout = true,
          .captures_stderr = true,
          .has_input = true};
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += word + " ";
  return text;
}

}  // namespace

Program::Program(std::vector<std::string> command,
                 const Environment& environment)
    : name_(joined(command)),
      process_(spec_of(std::move(command), environment)),
      output_([this](std::string& text) {
        return process_.read_output(text, Deadline::max());
      }),
      error_([this](std::string& text) {
        return process_.read_error(text, Deadline::max());
      }) {}

Program::~Program() {
  process_.send_signal(SIGKILL);
  process_.wait(Deadline::max());
}

ExitStatus Program::wait() {
  const Deadline deadline = patience();
  const auto status = process_.wait(deadline);
  CPPUNIT_ASSERT_MESSAGE(name_ + "does not end; stderr:\n" + error(), status);
  const bool has_ended =
      output_.wait_for_end(deadline) && error_.wait_for_end(deadline);
  CPPUNIT_ASSERT_MESSAGE(name_ + "has left others that print", has_ended);
  return *status;
}

bool Program::wait_for_more_error(std::size_t size, Deadline deadline) {
  return error_.wait_for_more(size, deadline);
}

Program::Stream::Stream(Read read)
    : thread_([this, read = std::move(read)] { run(read); }) {}

Program::Stream::~Stream() {
  thread_.join();
}

void Program::Stream::run(const Read& read) {
  std::string text;
  while (read(text)) {
    const std::lock_guard lock(mutex_);
    text_ += std::exchange(text, {});
    changed_.notify_all();
  }
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

std::string Program::Stream::text() const {
  const std::lock_guard lock(mutex_);
  return text_;
}

void Program::Stream::wait_for(const std::string& text) const {
  std::unique_lock lock(mutex_);
  const auto has_it = [&] { return text_.find(text) != std::string::npos; };
  changed_.wait_until(lock, patience(), [&] { return has_ended_ || has_it(); });
  CPPUNIT_ASSERT_MESSAGE("\"" + text + "\" was not printed, only:\n" + text_,
                         has_it());
}

bool Program::Stream::wait_for_more(std::size_t size, Deadline deadline) const {
  std::unique_lock lock(mutex_);
  changed_.wait_until(
      lock, deadline, [&] { return has_ended_ || text_.size() > size; });
  return !has_ended_;
}

bool Program::Stream::wait_for_end(Deadline deadline) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline, [&] { return has_ended_; });
}

}  // namespace raft
