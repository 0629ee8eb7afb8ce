// [until stage3_log_repl]
// Of a store without sessions: a client must not send a write again.
#include <utility>

#include "tests/sim_luck.h"
#include "tests/sim_store.h"

namespace raft {
namespace {

std::string key_of(ClientId client) {
  return "client" + std::to_string(client);
}

}  // namespace

bool has_sessions() {
  return false;
}

std::string command_of(ClientId client, Serial serial, std::size_t bytes_max) {
  std::string value = std::to_string(serial) + ":";
  value.append(Luck({client, serial}).below(bytes_max), 'x');
  return encode({.operation = Operation::kPut,
                 .key = key_of(client),
                 .value = std::move(value)});
}

std::string SimStore::apply(const Entry& entry) {
  const auto command = decode(entry.command);
  if (!command) return "";
  const ApplyResult result = store_->apply(*command);
  return result.status == ApplyStatus::kDone ? "" : "a put is not done";
}

Serial SimStore::serial_of(ClientId client) const {
  const auto value = store_->get(key_of(client));
  return value ? std::stoull(*value) : 0;
}

}  // namespace raft
