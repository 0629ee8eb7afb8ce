#include "tests/scripted_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/check.h"

namespace raft {
namespace {

sockaddr* generic(sockaddr_in& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

int listen_at(const std::string& address) {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(descriptor >= 0);
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (!address.empty()) {
    const auto port = std::stoul(address.substr(address.find(':') + 1));
    name.sin_port = htons(static_cast<std::uint16_t>(port));
  }
  const int on = 1;
  CHECK(::setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ==
        0);
  CHECK(::bind(descriptor, generic(name), sizeof name) == 0);
  CHECK(::listen(descriptor, SOMAXCONN) == 0);
  return descriptor;
}

}  // namespace

std::optional<std::string> ScriptedServer::Connection::receive() {
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = input_.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = input_.substr(0, end);
      input_.erase(0, end + 1);
      const std::lock_guard lock(server_.mutex_);
      server_.received_.push_back(line);
      return line;
    }
    searched = input_.size();
    if (!receive_more()) return std::nullopt;
  }
}

std::optional<std::string> ScriptedServer::Connection::receive(
    std::size_t bytes) {
  while (input_.size() < bytes) {
    if (!receive_more()) return std::nullopt;
  }
  std::string result = input_.substr(0, bytes);
  input_.erase(0, bytes);
  return result;
}

bool ScriptedServer::Connection::receive_more() {
  char chunk[65536];
  const ssize_t size = ::recv(descriptor_, chunk, sizeof chunk, 0);
  if (size <= 0) return false;
  input_.append(chunk, static_cast<std::size_t>(size));
  return true;
}

void ScriptedServer::Connection::send(std::string_view text) {
  while (!text.empty()) {
    const ssize_t size =
        ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
    if (size <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(size));
  }
}

void ScriptedServer::Connection::end() {
  ::shutdown(descriptor_, SHUT_WR);
  tcp_info info{};
  socklen_t size = sizeof info;
  do {
    std::this_thread::yield();
    CHECK(::getsockopt(descriptor_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
  } while (info.tcpi_state == TCP_FIN_WAIT1);
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts,
                               const std::string& address)
    : scripts_(std::move(scripts)),
      listener_(listen_at(address)),
      acceptor_([this] { accept_all(); }) {
  CHECK(!scripts_.empty());
}

ScriptedServer::~ScriptedServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    ::shutdown(listener_, SHUT_RDWR);
    for (const int descriptor : open_) ::shutdown(descriptor, SHUT_RDWR);
  }
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
  ::close(listener_);
}

std::string ScriptedServer::address() const {
  sockaddr_in name{};
  socklen_t size = sizeof name;
  CHECK(::getsockname(listener_, generic(name), &size) == 0);
  return "127.0.0.1:" + std::to_string(ntohs(name.sin_port));
}

std::vector<std::string> ScriptedServer::received() const {
  const std::lock_guard lock(mutex_);
  return received_;
}

std::size_t ScriptedServer::connections() const {
  const std::lock_guard lock(mutex_);
  return threads_.size();
}

void ScriptedServer::accept_all() {
  while (true) {
    const int descriptor = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    const std::lock_guard lock(mutex_);
    if (descriptor < 0 || stopping_) {
      if (descriptor >= 0) ::close(descriptor);
      return;
    }
    const Script& script =
        scripts_[std::min(threads_.size(), scripts_.size() - 1)];
    open_.push_back(descriptor);
    threads_.emplace_back(
        [this, descriptor, &script] { serve(descriptor, script); });
  }
}

void ScriptedServer::serve(int descriptor, const Script& script) {
  Connection connection(*this, descriptor);
  script(connection);
  // Under the lock, so that the destructor shuts no descriptor that is another
  // connection's by now.
  const std::lock_guard lock(mutex_);
  std::erase(open_, descriptor);
  ::close(descriptor);
}

}  // namespace raft
