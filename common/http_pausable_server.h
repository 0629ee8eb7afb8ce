// A server for suites that ask which thread has sent an answer: while its own
// one is held up, what still arrives was sent by another.
#pragma once

#include <condition_variable>
#include <cppunit/TestAssert.h>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "common/http_server.h"
#include "common/http_test_client.h"
#include "common/http_test_server.h"

namespace raft {

// More than a socket takes at once.
inline constexpr std::size_t kLargeBytes = 8 << 20;

// A server that holds requests, and whose thread stands still between pause()
// and resume().
class PausableServer {
 public:
  explicit PausableServer(HttpServerOptions options = http_on_any_port())
      : server_(std::in_place, with_handler(std::move(options))) {}

  // Does not hang when a test fails.
  ~PausableServer() { resume(); }

  PausableServer(const PausableServer&) = delete;
  PausableServer& operator=(const PausableServer&) = delete;

  // A client that is connected, which connect() alone does not say.
  HttpTestClient client() {
    HttpTestClient result(server_->port());
    CPPUNIT_ASSERT_EQUAL(std::string("200 GET /a "),
                         result.ask(http_get("/a")));
    return result;
  }

  // A request of `client` that is held, and with it the answer.
  HttpServerOptions::Reply hold(
      HttpTestClient& client, const std::string& request = http_get("/wait")) {
    client.send(request);
    return held.take().second;
  }

  // One request more is unanswered then.
  void pause() {
    pausing_.emplace(server_->port()).send(http_get("/pause"));
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_paused_; });
  }

  void resume() {
    const std::lock_guard lock(mutex_);
    is_paused_ = false;
    changed_.notify_all();
  }

  HttpServer& operator*() { return *server_; }

  HeldRequests held;

 private:
  HttpServerOptions with_handler(HttpServerOptions options) {
    options.handler = [this, hold = held.handler()](
                          const HttpRequest& request,
                          const HttpServerOptions::Reply& reply) {
      if (request.target != "/pause") return hold(request, reply);
      std::unique_lock lock(mutex_);
      is_paused_ = true;
      changed_.notify_all();
      changed_.wait(lock, [this] { return !is_paused_; });
      reply({});
    };
    return options;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_paused_ = false;
  std::optional<HttpTestClient> pausing_;
  std::optional<HttpServer> server_;
};

}  // namespace raft
