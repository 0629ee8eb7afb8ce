#include "tests/sim_disk.h"

#include <algorithm>
#include <set>

#include "common/check.h"

namespace raft {

class SimFile : public File {
 public:
  SimFile(SimDisk& disk, SimDisk::FileId id)
      : disk_(disk), life_(disk.life_), id_(id) {}

  std::uint64_t size() const override { return content().size(); }

  std::string read(std::uint64_t offset, std::size_t size) override {
    return content().read(offset, size);
  }

  void write(std::uint64_t offset, std::string_view data) override {
    disk_.write(content(), offset, data);
  }

  void allocate(std::uint64_t size) override {
    disk_.allocate(content(), size);
  }

  void sync() override { disk_.sync(content()); }

 private:
  SimContent& content() const {
    disk_.check_alive(life_);
    return disk_.contents_.at(id_);
  }

  SimDisk& disk_;
  const std::uint64_t life_;
  const SimDisk::FileId id_;
};

class SimDirectory : public Directory {
 public:
  explicit SimDirectory(SimDisk& disk) : disk_(disk), life_(disk.life_) {}

  std::string path() const override { return "disk"; }

  std::vector<std::string> list() override {
    disk_.check_alive(life_);
    std::vector<std::string> names;
    for (const auto& [name, id] : disk_.names_) {
      if (id.seen()) names.push_back(name);
    }
    return names;
  }

  std::unique_ptr<File> open(const std::string& name) override {
    disk_.check_alive(life_);
    return std::make_unique<SimFile>(disk_, disk_.open(name));
  }

  void remove(const std::string& name) override {
    disk_.check_alive(life_);
    CHECK(disk_.names_.at(name).seen().has_value());
    disk_.set_name(name, std::nullopt);
  }

  void sync() override {
    disk_.check_alive(life_);
    disk_.sync_names();
  }

 private:
  SimDisk& disk_;
  const std::uint64_t life_;
};

std::unique_ptr<Directory> SimDisk::directory() {
  ++life_;
  is_alive_ = true;
  return std::make_unique<SimDirectory>(*this);
}

void SimDisk::stop_process() {
  is_alive_ = false;
  changes_to_crash_ = 0;
  syncs_to_failure_ = 0;
  bytes_left_ = UINT64_MAX;
}

void SimDisk::lose_power() {
  stop_process();
  for (auto& [name, id] : names_) id.lose_power(random_);
  std::erase_if(names_, [](const auto& name) { return !name.second.seen(); });
  std::set<FileId> named;
  for (const auto& [name, id] : names_) named.insert(*id.seen());
  std::erase_if(contents_, [&named](const auto& content) {
    return !named.contains(content.first);
  });
  for (auto& [id, content] : contents_) content.lose_power(random_);
}

std::map<std::string, std::string> SimDisk::contents() const {
  std::map<std::string, std::string> result;
  for (const auto& [name, id] : names_) {
    if (!id.seen()) continue;
    const SimContent& content = contents_.at(*id.seen());
    result[name] = content.read(0, content.size());
  }
  return result;
}

void SimDisk::damage(const std::string& name,
                     std::uint64_t offset,
                     std::string_view bytes) {
  SimContent& content = content_of(name);
  CHECK(offset + bytes.size() <= content.size());
  content.write(offset, bytes);
  content.settle();
}

void SimDisk::flip_bit(const std::string& name, std::uint64_t offset, int bit) {
  std::string byte = content_of(name).read(offset, 1);
  byte.at(0) = static_cast<char>(byte.at(0) ^ 1 << bit);
  damage(name, offset, byte);
}

void SimDisk::cut(const std::string& name, std::uint64_t size) {
  CHECK(size <= content_of(name).size());
  content_of(name).cut(size);
}

void SimDisk::remove(const std::string& name) {
  CHECK(names_.erase(name) == 1);
}

void SimDisk::check_alive(std::uint64_t life) {
  if (is_alive_ && life == life_) return;
  ++late_uses_;
  throw SimCrash{"the process has ended"};
}

void SimDisk::write(SimContent& content,
                    std::uint64_t offset,
                    std::string_view data) {
  const bool is_last = is_last_change();
  if (is_last && random_below(random_, 2) == 0) {
    data = data.substr(0, random_below(random_, data.size() + 1));
  }
  const bool is_full = data.size() > bytes_left_;
  data = data.substr(0, bytes_left_);
  content.write(offset, data);
  bytes_left_ -= data.size();
  if (is_last) crash("crash in a write");
  if (is_full) crash("no space left");
}

void SimDisk::allocate(SimContent& content, std::uint64_t size) {
  const bool is_last = is_last_change();
  const std::uint64_t growth = std::max(content.size(), size) - content.size();
  if (growth > bytes_left_) crash("no space left");
  if (growth > 0) content.resize(size);
  bytes_left_ -= growth;
  if (is_last) crash("crash in an allocation");
}

void SimDisk::sync(SimContent& content) {
  if (is_last_change()) crash("crash in a sync");
  if (!is_failing_sync()) return content.sync();
  content.fail_sync(random_);
  crash("failed sync");
}

void SimDisk::sync_names() {
  if (is_last_change()) crash("crash in a sync of names");
  if (is_failing_sync()) crash("failed sync of names");
  for (auto& [name, id] : names_) id.sync();
}

SimDisk::FileId SimDisk::open(const std::string& name) {
  const auto found = names_.find(name);
  if (found != names_.end() && found->second.seen()) {
    return *found->second.seen();
  }
  contents_[++last_id_] = {};
  set_name(name, last_id_);
  return last_id_;
}

void SimDisk::set_name(const std::string& name, std::optional<FileId> id) {
  names_[name].set(id);
  if (is_last_change()) crash("crash in a change of names");
}

// Counts a change; true if the process is to die in it.
bool SimDisk::is_last_change() {
  ++changes_;
  return changes_to_crash_ > 0 && --changes_to_crash_ == 0;
}

bool SimDisk::is_failing_sync() {
  return syncs_to_failure_ > 0 && --syncs_to_failure_ == 0;
}

// Ends the process, whatever it makes of what it is thrown.
void SimDisk::crash(const std::string& reason) {
  is_alive_ = false;
  throw SimCrash{reason};
}

SimContent& SimDisk::content_of(const std::string& name) {
  const std::optional<FileId> id = names_.at(name).seen();
  CHECK(id.has_value());
  return contents_.at(*id);
}

}  // namespace raft
