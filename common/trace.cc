#include "common/trace.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

std::uint64_t wall_clock_us() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::microseconds>(now).count());
}

}  // namespace

Trace::Trace(const std::string& file,
             NodeId node,
             std::function<std::uint64_t()> now)
    : node_(node), now_(now ? std::move(now) : wall_clock_us) {
  if (file.empty()) return;
  file_ = std::fopen(file.c_str(), "ae");
  if (file_ == nullptr) {
    fatal("cannot write the trace " + file + ": " + std::strerror(errno) +
          "; nothing was changed. Choose another file for --trace");
  }
  // Unbuffered, so that a line is one write: the nodes of a local cluster share
  // the file, and an end of the process loses nothing.
  std::setvbuf(file_, nullptr, _IONBF, 0);
}

Trace::~Trace() {
  if (file_ != nullptr) std::fclose(file_);
}

std::uint64_t Trace::write(const char* event, const JsonWriter& fields) {
  const std::lock_guard lock(mutex_);
  ++clock_;
  if (file_ == nullptr) return clock_;
  JsonWriter line;
  line.add("event", event)
      .add("node", node_)
      .add("time_us", now_())
      .add("clock", clock_)
      .add_fields(fields);
  const std::string text = line.text() + '\n';
  std::fwrite(text.data(), 1, text.size(), file_);
  return clock_;
}

void Trace::observe(std::uint64_t seen) {
  const std::lock_guard lock(mutex_);
  clock_ = std::max(clock_, seen);
}

}  // namespace raft
