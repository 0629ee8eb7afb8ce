#include "tests/client_program.h"

#include <cppunit/TestAssert.h>

namespace raft {
namespace {

std::vector<std::string> command_of(const std::string& stage,
                                    const std::string& address,
                                    const std::vector<std::string>& words) {
  std::vector<std::string> command = {stage + "/client", "--server", address};
  command.insert(command.end(), words.begin(), words.end());
  return command;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const ClientResult& result) {
  return out << "exit status " << result.status << ", stdout \""
             << result.output << "\", stderr \"" << result.error << "\"";
}

ClientProgram::ClientProgram(const std::string& stage,
                             const std::string& address,
                             const std::vector<std::string>& words)
    : program_(command_of(stage, address, words)) {}

ClientResult ClientProgram::wait() {
  program_.close_input();
  const ExitStatus status = program_.wait();
  CPPUNIT_ASSERT_EQUAL_MESSAGE(describe(status), 0, status.signal);
  return {.status = status.code,
          .output = program_.output(),
          .error = program_.error()};
}

ClientResult run_client(const std::string& stage,
                        const std::string& address,
                        const std::vector<std::string>& words) {
  return ClientProgram(stage, address, words).wait();
}

}  // namespace raft
