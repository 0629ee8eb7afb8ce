// [since stage3_log_repl]
// Fills the logs of a local cluster, as if so many keys had been put, to
// measure a restart with it:
//
//   bazel run --config=opt //stage4_cluster_client:fill_log --
//       DIRECTORY NODES ENTRIES VALUE_BYTES
//   bazel run --config=opt //stage4_cluster_client:server --
//       --nodes NODES --data-dir DIRECTORY
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "common/check.h"
#include "common/files.h"
#include "kv_store.h"
#include "storage.h"

namespace raft {
namespace {

constexpr std::uint64_t kBatchEntries = 1000;

std::vector<Entry> batch(Index first, Index end, std::size_t value_bytes) {
  std::vector<Entry> entries;
  for (Index index = first; index < end; ++index) {
    const Command put{.key = "key" + std::to_string(index),
                      .value = std::string(value_bytes, 'v')};
    entries.push_back({.term = 1, .index = index, .command = encode(put)});
  }
  return entries;
}

void fill(const std::string& path,
          NodeId id,
          std::uint64_t entries,
          std::size_t value_bytes) {
  auto storage =
      Storage::open(std::make_unique<PosixDirectory>(path), "local", id);
  if (!storage) fatal(storage.error().message);
  CHECK((*storage)->take_log().last_index() == 0);
  for (Index index = 1; index <= entries; index += kBatchEntries) {
    const Index end = std::min(index + kBatchEntries, entries + 1);
    (*storage)->persist(batch(index, end, value_bytes));
  }
  (*storage)->mark_synced();
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fprintf(stderr, "fill_log DIRECTORY NODES ENTRIES VALUE_BYTES\n");
    return 2;
  }
  const auto number = [&](int at) {
    return std::strtoull(argv[at], nullptr, 10);
  };
  for (raft::NodeId id = 1; id <= number(2); ++id) {
    const std::string path =
        std::string(argv[1]) + "/node-" + std::to_string(id);
    raft::fill(path, id, number(3), number(4));
    std::printf("%s\n", path.c_str());
  }
}
