#include "common/line_connection.h"

#include <utility>

#include "common/check.h"
#include "common/client_socket.h"

namespace raft {

struct LineConnection::Impl {
  ClientSocket socket;
  std::string input = {};  // received, not yet handed out
};

LineConnection::LineConnection(std::unique_ptr<Impl> impl)
    : impl_(std::move(impl)) {}

LineConnection::LineConnection(LineConnection&&) noexcept = default;
LineConnection& LineConnection::operator=(LineConnection&&) noexcept = default;
LineConnection::~LineConnection() = default;

Result<LineConnection> LineConnection::connect(const std::string& address,
                                               Deadline deadline) {
  auto socket = ClientSocket::connect(address, deadline);
  if (!socket) return tl::make_unexpected(socket.error());
  return LineConnection(std::make_unique<Impl>(Impl{std::move(*socket)}));
}

Result<void> LineConnection::send(std::string_view line, Deadline deadline) {
  CHECK(line.find('\n') == std::string_view::npos);
  return impl_->socket.send(std::string(line) + '\n', deadline);
}

Result<std::string> LineConnection::receive(Deadline deadline) {
  std::string& input = impl_->input;
  std::size_t searched = 0;
  while (true) {
    const std::size_t end = input.find('\n', searched);
    if (end != std::string::npos) {
      std::string line = input.substr(0, end);
      input.erase(0, end + 1);
      return line;
    }
    searched = input.size();
    const auto size = impl_->socket.receive(input, deadline);
    if (!size) return tl::make_unexpected(size.error());
    if (*size == 0) return failure("the server closed the connection");
  }
}

bool LineConnection::is_quiet() const {
  return impl_->input.empty() && impl_->socket.is_quiet();
}

int LineConnection::descriptor() const {
  return impl_->socket.descriptor();
}

}  // namespace raft
