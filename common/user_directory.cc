#include "common/user_directory.h"

#include <cstdlib>
#include <filesystem>

namespace raft {

std::string in_user_directory(const std::string& file) {
  const char* directory = std::getenv("BUILD_WORKING_DIRECTORY");
  if (directory == nullptr) return file;
  return std::filesystem::path(directory) / file;
}

}  // namespace raft
