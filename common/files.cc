#include "common/files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <Poco/Checksum.h>

#include "common/check.h"

namespace raft {
namespace {

constexpr char kLockName[] = "lock";

[[noreturn]] void disk_failed(const std::string& what,
                              const std::string& path,
                              int error) {
  fatal("cannot " + what + " " + path + ": " + std::strerror(error) +
        "; the node stops, for it can't know what the disk holds. Mend the "
        "disk and start it again");
}

class PosixFile : public File {
 public:
  PosixFile(int descriptor, std::string path)
      : descriptor_(descriptor), path_(std::move(path)) {}

  ~PosixFile() override { close(descriptor_); }

  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  std::uint64_t size() const override {
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) disk_failed("stat", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
  }

  std::string read(std::uint64_t offset, std::size_t size) override {
    std::string data(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = pread(descriptor_,
                                data.data() + done,
                                size - done,
                                static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) disk_failed("read", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    data.resize(done);
    return data;
  }

  void write(std::uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      const ssize_t put = pwrite(
          descriptor_, data.data(), data.size(), static_cast<off_t>(offset));
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) disk_failed("write", path_, errno);
      data.remove_prefix(static_cast<std::size_t>(put));
      offset += static_cast<std::uint64_t>(put);
    }
  }

  void allocate(std::uint64_t size) override {
    int error = EINTR;
    while (error == EINTR) {
      error = posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
    }
    if (error != 0) disk_failed("allocate", path_, error);
  }

  void sync() override {
    if (fdatasync(descriptor_) != 0) disk_failed("sync", path_, errno);
  }

 private:
  const int descriptor_;
  const std::string path_;
};

// Makes the names that lead to a directory durable: what is synced in one that
// vanishes is lost with it.
void sync_parents(const std::string& path) {
  std::error_code error;
  std::filesystem::path at = std::filesystem::canonical(path, error);
  while (at.has_relative_path()) {
    at = at.parent_path();
    const int parent = ::open(at.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0) continue;  // We may not read it: we did not make it.
    const bool is_synced =
        fsync(parent) == 0 || errno == EINVAL || errno == EROFS;
    if (!is_synced) disk_failed("sync", at, errno);
    close(parent);
  }
}

}  // namespace

PosixDirectory::PosixDirectory(const std::string& path) : path_(path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  directory_ = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory_ < 0) {
    const int reason = error ? error.value() : errno;
    fatal("cannot use the data directory " + path + ": " +
          std::strerror(reason) +
          "; nothing was changed. Choose another one with --data-dir");
  }
  // With a lock in it, the directory has been through this before.
  if (faccessat(directory_, kLockName, F_OK, 0) != 0) sync_parents(path);
  lock_ = openat(directory_, kLockName, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) disk_failed("create", path + "/" + kLockName, errno);
  if (flock(lock_, LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) disk_failed("lock", path + "/" + kLockName, errno);
  fatal("the data directory " + path +
        " is in use by another process; nothing was changed. Stop that "
        "process, or choose another directory with --data-dir");
}

PosixDirectory::~PosixDirectory() {
  close(lock_);
  close(directory_);
}

std::vector<std::string> PosixDirectory::list() {
  std::vector<std::string> names;
  std::error_code error;
  std::filesystem::directory_iterator entry(path_, error);
  while (!error && entry != std::filesystem::directory_iterator()) {
    const std::string name = entry->path().filename();
    if (name != kLockName) names.push_back(name);
    entry.increment(error);
  }
  if (error) disk_failed("list", path_, error.value());
  std::ranges::sort(names);
  return names;
}

std::unique_ptr<File> PosixDirectory::open(const std::string& name) {
  const int descriptor =
      openat(directory_, name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  const std::string path = path_ + "/" + name;
  if (descriptor < 0) disk_failed("open", path, errno);
  return std::make_unique<PosixFile>(descriptor, path);
}

void PosixDirectory::remove(const std::string& name) {
  if (unlinkat(directory_, name.c_str(), 0) != 0) {
    disk_failed("remove", path_ + "/" + name, errno);
  }
}

void PosixDirectory::sync() {
  if (fsync(directory_) != 0) disk_failed("sync", path_, errno);
}

std::uint32_t crc32(std::string_view data) {
  Poco::Checksum checksum(Poco::Checksum::TYPE_CRC32);
  checksum.update(data.data(), static_cast<unsigned>(data.size()));
  return checksum.checksum();
}

}  // namespace raft
