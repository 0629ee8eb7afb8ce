#include "common/files.h"

#include <algorithm>
#include <array>
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

// What direct I/O comes in. Few devices have larger blocks; theirs are written
// through the page cache.
constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kBlocksMax = 64;  // in one call

struct alignas(kBlockBytes) Block {
  std::array<char, kBlockBytes> bytes = {};
};

// Writes into a file's allocated part are direct (O_DIRECT), in whole blocks,
// where the file system has that: a sync is shorter when no page of the cache
// waits for it. What touches the rest of a file, or extends it, goes through
// the cache.
class PosixFile : public File {
 public:
  // `direct` is for direct writes; -1 where there are none.
  PosixFile(int descriptor, int direct, std::string path)
      : descriptor_(descriptor), direct_(direct), path_(std::move(path)) {
    struct stat status = {};
    if (fstat(descriptor_, &status) != 0) disk_failed("stat", path_, errno);
    size_ = static_cast<std::uint64_t>(status.st_size);
  }

  ~PosixFile() override {
    leave_direct();
    close(descriptor_);
  }

  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;

  std::uint64_t size() const override { return size_; }

  std::string read(std::uint64_t offset, std::size_t size) override {
    std::string data(size, '\0');
    data.resize(read_into(data.data(), offset, size));
    return data;
  }

  void write(std::uint64_t offset, std::string_view data) override {
    while (!data.empty()) {
      const std::size_t done = can_be_direct(offset, data.size())
                                   ? write_blocks(offset, data)
                                   : write_bytes(offset, data);
      data.remove_prefix(done);
      offset += done;
      size_ = std::max(size_, offset);
    }
  }

  void allocate(std::uint64_t size) override {
    int error = EINTR;
    while (error == EINTR) {
      error = posix_fallocate(descriptor_, 0, static_cast<off_t>(size));
    }
    if (error != 0) disk_failed("allocate", path_, error);
    size_ = std::max(size_, size);
  }

  void sync() override {
    if (fdatasync(descriptor_) != 0) disk_failed("sync", path_, errno);
  }

 private:
  // Do all blocks that it touches lie in the file?
  bool can_be_direct(std::uint64_t offset, std::size_t size) const {
    return direct_ >= 0 && offset + size <= size_ / kBlockBytes * kBlockBytes;
  }

  void leave_direct() {
    if (direct_ >= 0) close(direct_);
    direct_ = -1;
  }

  // How much there was: less than `size` at the end of the file.
  std::size_t read_into(char* to, std::uint64_t offset, std::size_t size) {
    std::size_t done = 0;
    while (done < size) {
      const ssize_t got = pread(descriptor_,
                                to + done,
                                size - done,
                                static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) disk_failed("read", path_, errno);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  // Through the page cache. How much was taken.
  std::size_t write_bytes(std::uint64_t offset, std::string_view data) {
    last_at_ = kNone;
    const ssize_t put = pwrite(
        descriptor_, data.data(), data.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) return 0;
    if (put < 0) disk_failed("write", path_, errno);
    return static_cast<std::size_t>(put);
  }

  // Directly. How much was taken: none where the device wants other blocks, and
  // the next try goes through the cache.
  std::size_t write_blocks(std::uint64_t offset, std::string_view data) {
    const std::uint64_t start = offset / kBlockBytes * kBlockBytes;
    const std::size_t before = static_cast<std::size_t>(offset - start);
    data = data.substr(0, kBlocksMax * kBlockBytes - before);
    const std::size_t count =
        (before + data.size() + kBlockBytes - 1) / kBlockBytes;
    blocks_.resize(std::max(blocks_.size(), count));
    take_block(0, start);
    if (count > 1) take_block(count - 1, start + (count - 1) * kBlockBytes);
    std::memcpy(bytes() + before, data.data(), data.size());
    last_at_ = kNone;
    if (!put_blocks(start, count)) return 0;
    if (count > 1) blocks_[0] = blocks_[count - 1];
    last_at_ = start + (count - 1) * kBlockBytes;
    return data.size();
  }

  // Makes blocks_[index] what the file has at `start`: at hand if it is the
  // last one written, in which an appended record begins.
  void take_block(std::size_t index, std::uint64_t start) {
    if (index == 0 && start == last_at_) return;
    char* const to = bytes() + index * kBlockBytes;
    if (read_into(to, start, kBlockBytes) == kBlockBytes) return;
    fatal(path_ +
          " is shorter than it was; the node stops. Who else writes it?");
  }

  // Was it taken?
  bool put_blocks(std::uint64_t start, std::size_t count) {
    std::size_t done = 0;
    while (done < count * kBlockBytes) {
      const ssize_t put = pwrite(direct_,
                                 bytes() + done,
                                 count * kBlockBytes - done,
                                 static_cast<off_t>(start + done));
      if (put < 0 && errno == EINTR) continue;
      const bool is_refused = errno == EINVAL || errno == EOPNOTSUPP;
      if (put < 0 && !is_refused) disk_failed("write", path_, errno);
      if (put < 0) {
        leave_direct();
        return false;
      }
      done += static_cast<std::size_t>(put);
    }
    return true;
  }

  // Those of blocks_, one after the other.
  char* bytes() { return reinterpret_cast<char*>(blocks_.data()); }

  static constexpr std::uint64_t kNone = UINT64_MAX;

  const int descriptor_;
  int direct_;
  const std::string path_;
  std::uint64_t size_ = 0;
  std::vector<Block> blocks_ = {};
  std::uint64_t last_at_ = kNone;  // the place that blocks_[0] is a copy of
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
  const int direct =
      openat(directory_, name.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
  return std::make_unique<PosixFile>(descriptor, direct, path);
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
