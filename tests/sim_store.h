// The state machine of a simulated server: the stage's own KvStore, in which
// each client writes its own key, and writes there how often it has done so.
// What differs between stages is in sim_store_plain.cc, for commands that are
// carried out as often as they come, and in sim_store_sessions.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "kv_store.h"
#include "raft_message.h"

namespace raft {

using ClientId = std::uint64_t;  // 1, 2, …
using Serial = std::uint64_t;  // of a client's writes: 1, 2, …

// Whether a write that is sent again is carried out once.
bool has_sessions();

// The command of a client's write, which holds up to `bytes_max` more bytes
// than it needs to, always the same for the same arguments.
std::string command_of(ClientId client, Serial serial, std::size_t bytes_max);

class SimStore {
 public:
  // Carries out what an entry holds, which may be no command of a client's. An
  // empty text if that is well, and otherwise what is wrong with it.
  std::string apply(const Entry& entry);

  // Of the client's last write that the state holds; 0 if there is none.
  Serial serial_of(ClientId client) const;

 private:
  // Not moved around, for it has a mutex.
  std::unique_ptr<KvStore> store_ = std::make_unique<KvStore>();
};

}  // namespace raft
