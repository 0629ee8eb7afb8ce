// A directory for one test, gone with all that is in it at the end of its
// scope.
#pragma once

#include <string>

namespace raft {

class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();

  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  // An absolute name, without a slash at the end.
  const std::string& path() const { return path_; }

  // The absolute name of `name` in it, which need not exist.
  std::string file(const std::string& name) const;

  // The same after writing `text` to it.
  std::string write(const std::string& name, const std::string& text) const;

 private:
  std::string path_;
};

// All that is in `file`; empty when it can't be read.
std::string text_of_file(const std::string& file);

}  // namespace raft
