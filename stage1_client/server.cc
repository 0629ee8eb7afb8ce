#include "server.h"

#include "common/logging.h"

namespace raft {

Server::Server(const ServerOptions& options)
    : options_(options), api_(*this, options.client_address) {
  log_information("serving clients at " + options_.client_address);
}

void Server::stop() {
  log_information("stopping");
  api_.stop();
}

WriteResult Server::write(const Command& command) {
  return {.applied = store_.apply(command)};
}

std::optional<std::string> Server::read(const std::string& key) const {
  return store_.get(key);
}

ServerStatus Server::status() const {
  return {.stage = options_.stage, .id = *options_.id, .keys = store_.size()};
}

}  // namespace raft
