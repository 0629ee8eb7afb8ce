// A disk that may stall, for a node of a TestCluster: the node runs the stage's
// slow_disk_server in place of its server.
//
//   SlowDisk disk;
//   TestCluster cluster(RAFT_STAGE,
//                       {.nodes = 3, .places = {{1, disk.place(RAFT_STAGE)}}});
//   disk.stall();
//
// It must outlive the cluster. For the thread of the test.
#pragma once

#include <filesystem>
#include <string>

#include "common/temporary_directory.h"
#include "tests/test_cluster.h"

namespace raft {

class SlowDisk {
 public:
  // Begins a command whose next word is the server, and starts the other one.
  NodePlace place(const std::string& stage) const {
    return {.launcher = {"/usr/bin/env",
                         "SLOW_DISK=" + sign(),
                         "/bin/sh",
                         "-c",
                         "shift; exec \"$0\" \"$@\"",
                         stage + "/slow_disk_server"}};
  }

  // From here on no write and no sync ends, until it goes on.
  void stall() { directory_.write("stalls", ""); }
  void go_on() { std::filesystem::remove(sign()); }

 private:
  std::string sign() const { return directory_.file("stalls"); }

  const TemporaryDirectory directory_;
};

}  // namespace raft
