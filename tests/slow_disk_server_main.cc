// The server program, on a disk that may stall: while the file that SLOW_DISK
// names is there, no write and no sync ends.
#include <cstdlib>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/server_options.h"
#include "common/stop_signal.h"
#include "server.h"

namespace {

void wait_for_disk() {
  const char* const sign = std::getenv("SLOW_DISK");
  while (sign != nullptr && access(sign, F_OK) == 0) usleep(1000);
}

}  // namespace

// In place of the C library's.
extern "C" int fdatasync(int descriptor) {
  wait_for_disk();
  return static_cast<int>(syscall(SYS_fdatasync, descriptor));
}

extern "C" ssize_t pwrite(int descriptor,
                          const void* data,
                          std::size_t size,
                          off_t offset) {
  wait_for_disk();
  return syscall(SYS_pwrite64, descriptor, data, size, offset);
}

int main(int argc, char** argv) {
  raft::prepare_stop_signal();
  raft::Server server(raft::parse_server_options(RAFT_STAGE, argc, argv));
  raft::wait_for_stop_signal();
  server.stop();
}
