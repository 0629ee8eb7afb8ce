// Relative file names mean what the user meant, under `bazel run` too, which
// starts a program in a directory of its own.
#pragma once

#include <string>

namespace raft {

// `file`, relative to the directory where the user gave the command
// ($BUILD_WORKING_DIRECTORY under bazel run).
std::string in_user_directory(const std::string& file);

}  // namespace raft
