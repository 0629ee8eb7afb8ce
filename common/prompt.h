// The interactive prompt of a client: a line editor with history and completion
// (libedit) on a terminal, plain lines otherwise.
#pragma once

#include <functional>
#include <string>

#include "common/client_options.h"

namespace raft {

// Reads commands until Ctrl-D or "exit", and calls `run` for each one that fits
// the commands of `stage`: with `options`, and with the command and its own
// options in place. Says what is wrong with the others. A word may be quoted as
// in a shell. Returns kExitDone.
//
// The history of a terminal's session is kept in ~/.raft_client_history.
int run_prompt(const std::string& stage,
               const ClientOptions& options,
               const std::function<void(const ClientOptions&)>& run);

}  // namespace raft
