#include "common/temporary_directory.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "common/check.h"

namespace raft {

TemporaryDirectory::TemporaryDirectory()
    : path_(std::filesystem::temp_directory_path() / "raft-test-XXXXXX") {
  CHECK(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;  // The next clean-up of the machine takes it then.
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::file(const std::string& name) const {
  return path_ + "/" + name;
}

std::string TemporaryDirectory::write(const std::string& name,
                                      const std::string& text) const {
  std::ofstream out(file(name));
  out << text;
  out.close();
  CHECK(out.good());
  return file(name);
}

std::string text_of_file(const std::string& file) {
  std::ifstream in(file);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

}  // namespace raft
