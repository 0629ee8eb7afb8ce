#include "tests/reserved_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

int make_socket() {
  const int result = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(result >= 0);
  return result;
}

}  // namespace

ReservedPort::ReservedPort() : ReservedPort(make_socket()) {
  CHECK(bind_to(0));
}

std::optional<ReservedPort> ReservedPort::take(std::uint16_t number) {
  ReservedPort port(make_socket());
  if (!port.bind_to(number)) return std::nullopt;
  return port;
}

ReservedPort::~ReservedPort() {
  if (socket_ >= 0) close(socket_);
}

ReservedPort::ReservedPort(ReservedPort&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), number_(other.number_) {}

std::string ReservedPort::address() const {
  return "127.0.0.1:" + std::to_string(number_);
}

bool ReservedPort::bind_to(std::uint16_t number) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(number);
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  socklen_t size = sizeof address;
  if (bind(socket_, generic, size) != 0) return false;
  CHECK(getsockname(socket_, generic, &size) == 0);
  number_ = ntohs(address.sin_port);
  // Only now: a socket that lets others in is itself let in by them.
  const int yes = 1;
  CHECK(setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == 0);
  return true;
}

}  // namespace raft
