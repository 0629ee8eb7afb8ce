#include "common/net.h"

#include <cerrno>

#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>

#include "common/check.h"
#include "common/open_files.h"

namespace raft {

Result<Poco::Net::ServerSocket> listen_on(const std::string& address) {
  constexpr int kBacklog = 1024;
  lift_limit_of_open_files();
  try {
    // Three arguments on purpose: with two, Poco also sets SO_REUSEPORT, and
    // two servers could share a port without a word.
    Poco::Net::ServerSocket socket;
    socket.bind(Poco::Net::SocketAddress(address), true, false);
    socket.listen(kBacklog);
    return socket;
  } catch (const Poco::Exception& exception) {
    return failure("cannot listen on " + address + ": " + why_of(exception));
  }
}

Poco::Net::ServerSocket listen_or_die(const std::string& address) {
  auto socket = listen_on(address);
  if (!socket) {
    fatal(socket.error().message +
          "; nothing was changed. Stop that process, or choose other ports "
          "(--base-port, --cluster)");
  }
  return *socket;
}

void send_all(Poco::Net::StreamSocket& socket, std::string_view data) {
  while (!data.empty()) {
    const int sent =
        socket.sendBytes(data.data(), static_cast<int>(data.size()));
    if (sent <= 0) throw Poco::Net::NetException("connection closed");
    data.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string why_of(const Poco::Exception& exception) {
  if (dynamic_cast<const Poco::TimeoutException*>(&exception) != nullptr) {
    return "timed out";
  }
  switch (exception.code()) {
    case EADDRINUSE:
      return "the port is in use by another process";
    case ECONNREFUSED:
      return "connection refused (no server there?)";
    case ECONNRESET:
    case EPIPE:
      return "the connection was reset";
    default:
      return exception.displayText();
  }
}

}  // namespace raft
