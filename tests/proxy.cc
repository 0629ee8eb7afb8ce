#include "tests/proxy.h"

#include <algorithm>
#include <cppunit/TestAssert.h>
#include <sys/socket.h>

#include <Poco/Exception.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/SocketImpl.h>
#include <Poco/Net/StreamSocket.h>

#include "common/test_process.h"

namespace raft {
namespace {

// Ends every wait on `socket`, in both directions; its descriptor stays open.
void shut(const Poco::Net::Socket& socket) {
  ::shutdown(socket.impl()->sockfd(), SHUT_RDWR);
}

// What has arrived; empty at the end, whatever has brought it.
std::string receive(Poco::Net::StreamSocket& socket) {
  char chunk[64 * 1024];
  try {
    const int size = socket.receiveBytes(chunk, sizeof chunk);
    return {chunk, static_cast<std::size_t>(std::max(size, 0))};
  } catch (const Poco::Exception&) {
    return {};
  }
}

bool send(Poco::Net::StreamSocket& socket, const std::string& bytes) {
  try {
    const int size = static_cast<int>(bytes.size());
    return socket.sendBytes(bytes.data(), size, MSG_NOSIGNAL) == size;
  } catch (const Poco::Exception&) {
    return false;
  }
}

}  // namespace

void Gate::set(Mode mode, const std::string& part) {
  const std::lock_guard lock(mutex_);
  mode_ = mode;
  part_ = part;
  passed_ = held_ = dropped_ = 0;
}

void Gate::release() {
  const std::lock_guard lock(mutex_);
  ++releases_;
  changed_.notify_all();
}

std::string Gate::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

bool Gate::admit(std::string_view bytes) {
  std::unique_lock lock(mutex_);
  bytes_ += bytes;
  const bool is_meant = bytes.find(part_) != std::string_view::npos;
  if (mode_ == Mode::kPass || !is_meant) return true;
  ++(mode_ == Mode::kHold ? held_ : dropped_);
  changed_.notify_all();
  if (mode_ == Mode::kDrop) return false;
  const std::uint64_t before = releases_;
  changed_.wait(lock, [&] { return has_ended_ || releases_ > before; });
  return !has_ended_;
}

void Gate::told_passed() {
  const std::lock_guard lock(mutex_);
  ++passed_;
  changed_.notify_all();
}

void Gate::end() {
  const std::lock_guard lock(mutex_);
  has_ended_ = true;
  changed_.notify_all();
}

void Gate::wait_for(const std::uint64_t& count, const std::string& what) {
  std::unique_lock lock(mutex_);
  const bool has_come =
      changed_.wait_until(lock, patience(), [&] { return count > 0; });
  CPPUNIT_ASSERT_MESSAGE("nothing " + what + "; so far came: " + bytes_,
                         has_come);
}

struct Proxy::Listener {
  Poco::Net::ServerSocket socket{Poco::Net::SocketAddress("127.0.0.1", 0)};
};

struct Proxy::Connection {
  Poco::Net::StreamSocket client = {};
  Poco::Net::StreamSocket server = {};
  std::thread to_server = {};
  std::thread to_client = {};
};

Proxy::Proxy(const std::string& target)
    : target_(target),
      listener_(std::make_unique<Listener>()),
      thread_([this] { accept(); }) {}

Proxy::~Proxy() {
  to_server_.end();
  to_client_.end();
  shut(listener_->socket);
  thread_.join();
  for (Connection& connection : connections_) {
    shut(connection.client);
    shut(connection.server);
    connection.to_server.join();
    connection.to_client.join();
  }
}

std::string Proxy::address() const {
  return listener_->socket.address().toString();
}

void Proxy::accept() {
  while (true) {
    Poco::Net::StreamSocket client;
    Poco::Net::StreamSocket server;
    try {
      client = listener_->socket.acceptConnection();
    } catch (const Poco::Exception&) {
      return;  // The proxy ends.
    }
    try {
      server.connect(Poco::Net::SocketAddress(target_));
      client.setNoDelay(true);
      server.setNoDelay(true);
    } catch (const Poco::Exception&) {
      continue;  // Nobody listens; the client's connection closes with this.
    }
    Connection& connection =
        connections_.emplace_back(Connection{client, server, {}, {}});
    connection.to_server = std::thread([&] { pump(connection, to_server_); });
    connection.to_client = std::thread([&] { pump(connection, to_client_); });
  }
}

// Moves the bytes of one direction of a connection, up to its end.
void Proxy::pump(Connection& connection, Gate& gate) {
  const bool is_to_server = &gate == &to_server_;
  auto& from = is_to_server ? connection.client : connection.server;
  auto& to = is_to_server ? connection.server : connection.client;
  while (true) {
    const std::string bytes = receive(from);
    if (bytes.empty()) break;
    if (!gate.admit(bytes) || !send(to, bytes)) {
      shut(from);
      shut(to);
      return;
    }
    gate.told_passed();
  }
  // The other direction may go on: this may have been a half-close.
  ::shutdown(to.impl()->sockfd(), SHUT_WR);
}

}  // namespace raft
