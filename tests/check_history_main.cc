// [since stage4_cluster_client]
// Judges a recorded history again, such as one that a chaos run has kept:
//
//   check_history FILE
//
// Ends with status 0 if it is linearizable, 1 if not or if that could not be
// decided, 2 if the file can't be used.
#include <cstdio>

#include "common/user_directory.h"
#include "tests/history.h"
#include "tests/linearizability.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: check_history FILE\n");
    return 2;
  }
  const auto history = raft::load_history(raft::in_user_directory(argv[1]));
  if (!history) {
    std::fprintf(stderr, "error: %s\n", history.error().message.c_str());
    return 2;
  }
  const raft::Verdict verdict = raft::check_linearizable(*history);
  if (!verdict.is_linearizable()) {
    std::fputs(verdict.explanation.c_str(), stdout);
    return 1;
  }
  std::printf("linearizable: %zu operations, %llu configurations\n",
              history->size(),
              static_cast<unsigned long long>(verdict.configurations));
  return 0;
}
