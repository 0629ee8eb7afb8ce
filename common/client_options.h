// The options and commands of every stage's client, the same in each.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace raft {

struct BenchOptions {
  std::string op = "put";  // put, get or mixed
  std::int64_t seconds = 10;
  int connections = 64;
  std::uint64_t keys = 10'000;
  std::uint64_t value_bytes = 32;
};

struct ClientOptions {
  std::vector<std::string> servers = {};  // client addresses, HOST:PORT
  bool json = false;  // print the server's answer instead of a text
  bool expect_absent = false;  // cas: the key must be absent
  std::int64_t timeout_ms = 10'000;  // for a whole command
  BenchOptions bench = {};
  std::vector<std::string> command = {};  // its name, then its arguments
};

// Exit statuses of a client, and what they say of a write.
inline constexpr int kExitDone = 0;
inline constexpr int kExitNotFoundOrMismatch = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNotExecuted = 3;
inline constexpr int kExitUnknown = 4;

// The options and the command that `argv` gives to a client of `stage`. Ends
// the process itself: with status 0 after --help or --version, with kExitUsage
// and one clear line when they can't be used.
ClientOptions parse_client_options(const std::string& stage,
                                   int argc,
                                   char** argv);

// A command of the client, for usage messages, help and completion.
struct CommandSpec {
  std::string name = {};
  std::string arguments = {};  // "K V"
  std::string help = {};
  std::size_t arguments_min = 0;
  std::size_t arguments_max = 0;
  std::string since = {};
};

// The commands that a client of `stage` has.
std::vector<CommandSpec> client_commands(const std::string& stage);

// Why `command` (a name and its arguments) can't be used in `stage`, in one
// line with what to do; empty if it can.
std::string command_complaint(const std::string& stage,
                              const std::vector<std::string>& command,
                              bool expect_absent);

}  // namespace raft
