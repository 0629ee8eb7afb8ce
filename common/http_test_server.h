// Handlers for the suites of HttpServer: one that says what it was asked, and
// one that answers when the test wants it to.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "common/http_server.h"

namespace raft {

// "PUT /k body"
inline std::string in_short(const HttpRequest& request) {
  return request.method + " " + request.target + " " + request.body;
}

// Errors have their code as a body; requests are answered with what they were.
inline HttpServerOptions http_on_any_port() {
  return {.address = "127.0.0.1:0",
          .handler =
              [](const HttpRequest& request,
                 const HttpServerOptions::Reply& reply) {
                reply({.body = in_short(request)});
              },
          .error_answer =
              [](int status, const std::string& code, const std::string&) {
                return HttpAnswer{.status = status, .body = code};
              }};
}

// Keeps the requests to "/wait…" until it is told to answer them.
class HeldRequests {
 public:
  // A handler that answers all others at once. It must not outlive this.
  auto handler() {
    return [this](HttpRequest request, HttpServerOptions::Reply reply) {
      if (!request.target.starts_with("/wait")) {
        return reply({.body = in_short(request)});
      }
      const std::lock_guard lock(mutex_);
      held_.emplace_back(std::move(request), std::move(reply));
      changed_.notify_all();
    };
  }

  // Waits for the next request that is to be held, and takes it.
  std::pair<HttpRequest, HttpServerOptions::Reply> take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !held_.empty(); });
    auto result = std::move(held_.front());
    held_.pop_front();
    return result;
  }

  // Answers the next request that is to be held, with what it was.
  void answer() {
    const auto [request, reply] = take();
    reply({.body = in_short(request)});
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::pair<HttpRequest, HttpServerOptions::Reply>> held_;
};

}  // namespace raft
