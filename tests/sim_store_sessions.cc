// [since stage4_cluster_client]
// Of a store with sessions: a client sends a write until it is answered. Each
// write replaces the value of the one before it, so that one that were carried
// out twice, or not in its turn, would find another.
#include <utility>

#include "tests/sim_luck.h"
#include "tests/sim_store.h"

namespace raft {
namespace {

std::string name_of(ClientId client) {
  return "client" + std::to_string(client);
}

std::string value_of(ClientId client, Serial serial, std::size_t bytes_max) {
  std::string value = std::to_string(serial) + ":";
  value.append(Luck({client, serial}).below(bytes_max), 'x');
  return value;
}

}  // namespace

bool has_sessions() {
  return true;
}

std::string command_of(ClientId client, Serial serial, std::size_t bytes_max) {
  Command command{.operation = Operation::kCas,
                  .key = name_of(client),
                  .value = value_of(client, serial, bytes_max),
                  .client_id = name_of(client),
                  .serial = serial};
  if (serial > 1) command.expected = value_of(client, serial - 1, bytes_max);
  return encode(command);
}

std::string SimStore::apply(const Entry& entry) {
  const auto command = decode(entry.command);
  if (!command) return "";
  switch (store_->apply(*command, entry.index, entry.term).status) {
    case ApplyStatus::kDone:
      return "";
    case ApplyStatus::kNotFound:
      return "it finds nothing to replace";
    case ApplyStatus::kConflict:
      return "it finds another value than the one before it";
    case ApplyStatus::kStaleSerial:
      return "a later one was here before";
    case ApplyStatus::kSessionExpired:
      return "its session is gone";
  }
  return "it has another end";
}

Serial SimStore::serial_of(ClientId client) const {
  const auto value = store_->get(name_of(client));
  return value ? std::stoull(*value) : 0;
}

}  // namespace raft
