#include "common/open_files.h"

#include <sys/resource.h>

#include "common/check.h"

namespace raft {

void lift_limit_of_open_files() {
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace raft
