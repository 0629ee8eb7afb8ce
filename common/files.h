// Files and a directory to keep them in, as a log needs them: whole-range reads
// and writes, and durability that is asked for. The interface is what tests
// replace by a disk that fails; PosixDirectory is the real one.
//
// A directory and its files belong to one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace raft {

class File {
 public:
  virtual ~File() = default;

  // Bytes, holes included.
  virtual std::uint64_t size() const = 0;

  // The bytes [offset, offset + size), fewer at the end of the file.
  virtual std::string read(std::uint64_t offset, std::size_t size) = 0;

  // Replaces or extends; durable after the next sync(). May wait for the disk.
  virtual void write(std::uint64_t offset, std::string_view data) = 0;

  // Grows the file to `size` bytes, zeros as far as they are new, with their
  // space on the disk taken; durable after the next sync().
  virtual void allocate(std::uint64_t size) = 0;

  // Makes everything written durable before it returns.
  virtual void sync() = 0;
};

class Directory {
 public:
  virtual ~Directory() = default;

  // What to call it in a message.
  virtual std::string path() const = 0;

  // The names in it, sorted.
  virtual std::vector<std::string> list() = 0;

  // Opens `name` for reading and writing and creates it if it is absent. A new
  // name is durable after the next sync(). REQUIRES: no file of that name is
  // open, for each remembers what it wrote.
  virtual std::unique_ptr<File> open(const std::string& name) = 0;

  // Durable after the next sync().
  virtual void remove(const std::string& name) = 0;

  // Makes the names that came and went durable before it returns.
  virtual void sync() = 0;
};

// A directory of the file system, created with its parents if it is absent, for
// this process alone. The first error of any call ends the process: after a
// failed sync nobody knows what the disk holds. In use by another process: one
// clear line, and nothing changed.
class PosixDirectory : public Directory {
 public:
  explicit PosixDirectory(const std::string& path);
  ~PosixDirectory() override;

  PosixDirectory(const PosixDirectory&) = delete;
  PosixDirectory& operator=(const PosixDirectory&) = delete;

  std::string path() const override { return path_; }
  std::vector<std::string> list() override;
  std::unique_ptr<File> open(const std::string& name) override;
  void remove(const std::string& name) override;
  void sync() override;

 private:
  const std::string path_;
  int directory_ = -1;
  int lock_ = -1;
};

// CRC-32 (ISO-HDLC, the one of zip) of `data`.
std::uint32_t crc32(std::string_view data);

}  // namespace raft
