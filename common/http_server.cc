#include "common/http_server.h"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/check.h"
#include "common/deadline.h"
#include "common/http_answer_queue.h"
#include "common/http_server_connection.h"
#include "common/net.h"
#include "common/poller.h"

namespace raft {
namespace {

// As many as can wait, and no more, for those that are served want a turn too.
constexpr int kAcceptedAtOnce = 1024;

// Connections beyond connections_max that are told so; more are just closed.
constexpr std::size_t kSurplusMax = 64;

// The id of the listening socket; those of connections are greater.
constexpr std::uint64_t kListening = 1;

}  // namespace

// Everything but stop() and the replies happens on the one thread.
class HttpServer::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(HttpServerOptions options)
      : options_(std::move(options)),
        listening_(listen_or_die(options_.address)),
        port_(listening_.address().port()) {
    CHECK(options_.handler);
    CHECK(options_.error_answer);
    listening_.setBlocking(false);
    poller_.add(listening_descriptor(), kListening, EPOLLIN);
  }

  // Not in the constructor, for a reply needs a shared_ptr to this.
  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    is_stopping_ = true;
    poller_.wake();
    const std::lock_guard lock(stop_mutex_);
    CHECK(std::this_thread::get_id() != thread_.get_id());
    if (thread_.joinable()) thread_.join();
  }

  std::uint16_t port() const { return port_; }

 private:
  void run() {
    answers_.open();
    while (!is_done()) {
      for (const epoll_event& event : poller_.wait(wait_ms())) {
        handle(event.data.u64, event.events);
      }
      send_answers();
      if (is_stopping_ && !is_finishing_) finish();
      if (Clock::now() >= next_sweep_) sweep();
    }
    connections_.clear();
    answers_.close();
  }

  // Whoever is answered may have sent the next request already, and that may be
  // answered too; but first it is everybody else's turn.
  int wait_ms() {
    if (!answers_.is_empty()) return 0;
    const Deadline end =
        is_finishing_ ? std::min(next_sweep_, finish_deadline_) : next_sweep_;
    return static_cast<int>(microseconds_until(end) / 1000 + 1);
  }

  void handle(std::uint64_t id, std::uint32_t events) {
    if (id == kListening) return accept_all();
    HttpServerConnection* connection = find(id);
    if (connection == nullptr) return;  // closed in this round
    if ((events & (EPOLLERR | EPOLLHUP)) != 0 ||
        ((events & EPOLLOUT) != 0 && !connection->flush()) ||
        ((events & EPOLLIN) != 0 && !connection->receive())) {
      return erase(id);
    }
    advance(id, *connection);
  }

  void accept_all() {
    for (int i = 0; i < kAcceptedAtOnce; ++i) {
      const int descriptor = ::accept4(listening_descriptor(),
                                       nullptr,
                                       nullptr,
                                       SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (descriptor >= 0) {
        add(descriptor);
      } else if (errno == EAGAIN) {
        return;
      } else if (errno != EINTR && errno != ECONNABORTED) {
        // No descriptor is free: look again when one may be.
        return listen_for(0);
      }
    }
  }

  void add(int descriptor) {
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::uint64_t id = next_id_++;
    auto connection =
        std::make_unique<HttpServerConnection>(descriptor, options_);
    if (connections_.size() - surplus_.size() >=
        static_cast<std::size_t>(options_.connections_max)) {
      if (surplus_.size() >= kSurplusMax) return;
      surplus_.insert(id);
      connection->refuse(
          {.status = 503,
           .code = "unavailable",
           .message = "too many connections; nothing was changed, try again"});
    }
    connection->polled_events = connection->wanted_events();
    poller_.add(descriptor, id, connection->polled_events);
    connections_.emplace(id, std::move(connection));
  }

  void erase(std::uint64_t id) {
    connections_.erase(id);
    surplus_.erase(id);
  }

  // Hands out the next request if there is one, and sees to what is polled.
  void advance(std::uint64_t id, HttpServerConnection& connection) {
    auto request = connection.next();
    if (request) call_handler(std::move(*request), id, connection);
    if (connection.is_over()) return erase(id);
    const std::uint32_t wanted = connection.wanted_events();
    if (wanted == connection.polled_events) return;
    connection.polled_events = wanted;
    poller_.change(connection.descriptor(), id, wanted);
  }

  // An exception here is a bug of ours: noexcept says so.
  void call_handler(HttpRequest request,
                    std::uint64_t id,
                    HttpServerConnection& connection) noexcept {
    answers_.expect();
    options_.handler(
        std::move(request),
        [self = shared_from_this(),
         id,
         number = connection.requests(),
         outlet = connection.offer()](HttpAnswer answer) {
          self->answers_.give({id, number, std::move(answer)}, outlet.get());
        });
  }

  // Those that have come since the last time.
  void send_answers() {
    answers_.take(taken_answers_);
    for (const HttpAnswerQueue::Item& item : taken_answers_) {
      HttpServerConnection* connection = find(item.connection);
      if (connection == nullptr) continue;  // the client has gone
      if (send(item, *connection)) {
        advance(item.connection, *connection);
      } else {
        erase(item.connection);
      }
    }
    taken_answers_.clear();
  }

  bool send(const HttpAnswerQueue::Item& item,
            HttpServerConnection& connection) {
    if (!item.answer) return connection.flush();
    // Otherwise a request is answered twice.
    CHECK(connection.requests() == item.request);
    CHECK(connection.is_busy());
    return connection.answer(*item.answer);
  }

  // Drops whoever is late.
  void sweep() {
    const Deadline now = Clock::now();
    const int shortest_ms =
        std::min({options_.idle_timeout_ms, options_.request_timeout_ms, 4000});
    next_sweep_ = now + std::chrono::milliseconds(std::max(shortest_ms / 4, 1));
    for (const std::uint64_t id : ids()) {
      HttpServerConnection& connection = *find(id);
      if (connection.deadline() >= now) continue;
      if (connection.time_out()) {
        advance(id, connection);
      } else {
        erase(id);
      }
    }
    if (!is_finishing_) listen_for(EPOLLIN);
  }

  // Begins the end: no further connection, and those that are owed nothing
  // close. What has arrived, but was not read yet, is still answered.
  void finish() {
    is_finishing_ = true;
    finish_deadline_ = deadline_in_ms(options_.stop_timeout_ms);
    accept_all();
    listening_.close();
    for (const auto& [id, connection] : connections_) connection->finish();
  }

  bool is_done() const {
    if (!is_finishing_) return false;
    return connections_.empty() || Clock::now() >= finish_deadline_;
  }

  // Nothing when it is closed. Its request may have been answered meanwhile,
  // past this thread.
  HttpServerConnection* find(std::uint64_t id) const {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return nullptr;
    found->second->settle();
    return found->second.get();
  }

  std::vector<std::uint64_t> ids() const {
    std::vector<std::uint64_t> result;
    for (const auto& [id, connection] : connections_) result.push_back(id);
    return result;
  }

  void listen_for(std::uint32_t events) {
    poller_.change(listening_descriptor(), kListening, events);
  }

  int listening_descriptor() const { return listening_.impl()->sockfd(); }

  const HttpServerOptions options_;
  Poco::Net::ServerSocket listening_;
  const std::uint16_t port_;
  Poller poller_;
  std::uint64_t next_id_ = kListening + 1;
  std::unordered_map<std::uint64_t, std::unique_ptr<HttpServerConnection>>
      connections_;
  std::unordered_set<std::uint64_t> surplus_;  // ids of those refused with 503
  HttpAnswerQueue answers_{poller_};
  std::vector<HttpAnswerQueue::Item> taken_answers_;
  Deadline next_sweep_ = {};
  bool is_finishing_ = false;
  Deadline finish_deadline_ = {};

  std::atomic<bool> is_stopping_ = false;
  std::mutex stop_mutex_;
  std::thread thread_;
};

HttpServer::HttpServer(HttpServerOptions options)
    : impl_(std::make_shared<Impl>(std::move(options))) {
  impl_->start();
}

HttpServer::~HttpServer() {
  stop();
}

void HttpServer::stop() {
  impl_->stop();
}

std::uint16_t HttpServer::port() const {
  return impl_->port();
}

}  // namespace raft
