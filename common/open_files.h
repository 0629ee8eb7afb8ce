// How many files this process may have open; each socket is one.
#pragma once

namespace raft {

// Lifts the limit as far as the system lets this process.
void lift_limit_of_open_files();

}  // namespace raft
