#include "common/line_server.h"

#include <condition_variable>
#include <mutex>
#include <set>
#include <sys/socket.h>
#include <utility>

#include <Poco/Exception.h>
#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/TCPServer.h>
#include <Poco/Net/TCPServerConnection.h>
#include <Poco/Net/TCPServerConnectionFactory.h>
#include <Poco/ThreadPool.h>

#include "common/deadline.h"
#include "common/net.h"

namespace raft {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
constexpr std::int64_t kDrainTimeoutMs = 30'000;

// Threads beyond connections_max, to tell the surplus clients why not.
constexpr int kSpareThreads = 16;

constexpr std::int64_t kThreadIdleMs = 100;

// The live connections, so that stop() can end their wait for a next line.
class Connections {
 public:
  // False when `connections_max` are served already: then this one is not, but
  // it has to be removed all the same.
  bool add(Poco::Net::StreamSocket* socket, int connections_max) {
    const std::lock_guard lock(mutex_);
    sockets_.insert(socket);
    if (stopping_) shut(*socket);
    if (served_ >= connections_max) return false;
    ++served_;
    return true;
  }

  void remove(Poco::Net::StreamSocket* socket, bool is_served) {
    const std::lock_guard lock(mutex_);
    sockets_.erase(socket);
    if (is_served) --served_;
    removed_.notify_all();
  }

  // Whoever waits for a line sees the end of the input, after what has arrived;
  // who doesn't take its answers until `deadline` loses the connection.
  void stop(Deadline deadline) {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    for (Poco::Net::StreamSocket* socket : sockets_) shut(*socket);
    removed_.wait_until(lock, deadline, [this] { return sockets_.empty(); });
    for (Poco::Net::StreamSocket* socket : sockets_) shut_both_ways(*socket);
  }

 private:
  static void shut(Poco::Net::StreamSocket& socket) {
    try {
      socket.shutdownReceive();
    } catch (const Poco::Exception&) {
      // The client was faster: there is nothing left to end.
    }
  }

  static void shut_both_ways(Poco::Net::StreamSocket& socket) {
    try {
      socket.shutdown();
    } catch (const Poco::Exception&) {
      // As above.
    }
  }

  std::mutex mutex_;
  std::condition_variable removed_;
  std::set<Poco::Net::StreamSocket*> sockets_;
  int served_ = 0;
  bool stopping_ = false;
};

class Connection : public Poco::Net::TCPServerConnection {
 public:
  Connection(const Poco::Net::StreamSocket& socket,
             const LineServerOptions& options,
             Connections& connections)
      : TCPServerConnection(socket),
        options_(options),
        connections_(connections) {}

  void run() override {
    const bool is_served =
        connections_.add(&socket(), options_.connections_max);
    try {
      const Poco::Timespan idle(options_.idle_timeout_ms * 1000LL);
      socket().setNoDelay(true);
      socket().setReceiveTimeout(idle);
      socket().setSendTimeout(idle);
      if (is_served) {
        serve();
      } else {
        refuse(options_.too_many_answer);
      }
    } catch (const Poco::Exception&) {
      // The connection broke or timed out; the client knows best why.
    }
    connections_.remove(&socket(), is_served);
  }

 private:
  void serve() {
    std::string input;
    std::string answers;
    std::size_t searched = 0;  // no newline before this place
    while (receive(input)) {
      std::size_t start = 0;
      while (true) {
        const std::size_t end = input.find('\n', searched);
        const std::size_t length =
            (end == std::string::npos ? input.size() : end) - start;
        if (length > options_.line_bytes_max) {
          send(answers);
          return refuse(options_.too_long_answer);
        }
        if (end == std::string::npos) break;
        answers += call_handler({input.data() + start, length});
        answers += '\n';
        if (answers.size() >= kChunkBytes) send(answers);
        start = searched = end + 1;
      }
      input.erase(0, start);
      searched = input.size();
      send(answers);
    }
  }

  // An exception here is a bug of ours: Poco would swallow it, noexcept won't.
  std::string call_handler(std::string_view line) noexcept {
    return options_.handler(line);
  }

  // Appends what has arrived; false at the end of the input.
  bool receive(std::string& input) {
    char chunk[kChunkBytes];
    const int size = socket().receiveBytes(chunk, sizeof chunk);
    if (size <= 0) return false;
    input.append(chunk, static_cast<std::size_t>(size));
    return true;
  }

  void send(std::string& answers) {
    if (!answers.empty()) send_all(socket(), answers);
    answers.clear();
    // One large answer is no reason to keep its memory for ever.
    if (answers.capacity() > 2 * kChunkBytes) answers.shrink_to_fit();
  }

  // Says why, and closes. Whatever the client is still sending is read first:
  // data left unread would make the kernel reset the connection, and the
  // client might never see the answer.
  void refuse(const std::string& answer) {
    send_all(socket(), answer + '\n');
    socket().shutdownSend();
    const Deadline deadline = deadline_in_ms(kDrainTimeoutMs);
    char chunk[kChunkBytes];
    while (const auto left = microseconds_until(deadline)) {
      socket().setReceiveTimeout(Poco::Timespan(left));
      if (socket().receiveBytes(chunk, sizeof chunk) <= 0) return;
    }
  }

  const LineServerOptions& options_;
  Connections& connections_;
};

}  // namespace

class LineServer::Impl {
 public:
  explicit Impl(LineServerOptions options)
      : options_(std::move(options)),
        threads_(1, options_.connections_max + kSpareThreads),
        listening_(listen_or_die(options_.address)),
        port_(listening_.address().port()),
        server_(new Factory(*this), threads_, listening_, parameters()) {
    server_.start();
  }

  ~Impl() { stop(); }

  void stop() {
    // Poco looks four times a second whether it is to stop, unless something
    // happens to the socket.
    ::shutdown(listening_.impl()->sockfd(), SHUT_RD);
    server_.stop();
    // Otherwise a client could still connect and would wait for nobody.
    listening_.close();
    connections_.stop(deadline_in_ms(options_.stop_timeout_ms));
    threads_.joinAll();
  }

  std::uint16_t port() const { return port_; }

 private:
  class Factory : public Poco::Net::TCPServerConnectionFactory {
   public:
    explicit Factory(Impl& impl) : impl_(impl) {}

    Poco::Net::TCPServerConnection* createConnection(
        const Poco::Net::StreamSocket& socket) override {
      return new Connection(socket, impl_.options_, impl_.connections_);
    }

   private:
    Impl& impl_;
  };

  Poco::Net::TCPServerParams::Ptr parameters() const {
    Poco::Net::TCPServerParams::Ptr result(new Poco::Net::TCPServerParams);
    result->setMaxThreads(options_.connections_max + kSpareThreads);
    result->setMaxQueued(options_.connections_max + kSpareThreads);
    // A thread without a connection can miss the stop, and then sees it only
    // when it has been idle for this long; by default that is 10 s.
    result->setThreadIdleTime(Poco::Timespan(kThreadIdleMs * 1000));
    return result;
  }

  const LineServerOptions options_;
  Connections connections_;
  Poco::ThreadPool threads_;
  Poco::Net::ServerSocket listening_;
  const std::uint16_t port_;
  Poco::Net::TCPServer server_;
};

LineServer::LineServer(LineServerOptions options)
    : impl_(std::make_unique<Impl>(std::move(options))) {}

LineServer::~LineServer() = default;

void LineServer::stop() {
  impl_->stop();
}

std::uint16_t LineServer::port() const {
  return impl_->port();
}

}  // namespace raft
