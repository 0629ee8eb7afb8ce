#include "common/http_bench.h"

#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "common/bench.h"
#include "common/http_connection.h"
#include "common/json.h"

namespace raft {
namespace {

constexpr std::int64_t kTimeoutMs = 10'000;

// Redirections of one request that are followed.
constexpr int kHopsMax = 5;

// Where the leader was last heard of, for all connections.
class LeaderAddress {
 public:
  explicit LeaderAddress(std::string address) : address_(std::move(address)) {}

  std::string get() const {
    const std::lock_guard lock(mutex_);
    return address_;
  }

  void set(const std::string& address) {
    const std::lock_guard lock(mutex_);
    address_ = address;
  }

 private:
  mutable std::mutex mutex_;
  std::string address_;
};

class HttpBenchConnection : public BenchConnection {
 public:
  // Gets go to one of the servers, by `number`.
  HttpBenchConnection(const std::vector<std::string>& servers,
                      std::size_t number,
                      LeaderAddress& leader)
      : servers_(servers), number_(number), leader_(leader) {}

  Result<void> send(const BenchRequest& request) override {
    deadline_ = deadline_in_ms(kTimeoutMs);
    request_.method = request.is_put ? "PUT" : "GET";
    request_.target = "/v1/kv/" + percent_encode(request.key);
    request_.body =
        request.is_put ? JsonWriter().add("value", request.value).text() : "";
    auto sent = send_to(request.is_put ? leader_.get() : server());
    // From one that is dead it goes on to the others.
    for (std::size_t i = 0; !sent && i < servers_.size(); ++i) {
      ++number_;
      sent = send_to(server());
    }
    return sent;
  }

  Result<void> receive() override {
    for (int hops = 0;; ++hops) {
      auto answer = current_->receive(deadline_);
      if (!answer) {
        connections_.clear();
        return tl::make_unexpected(answer.error());
      }
      if (is_done(*answer)) return {};
      const std::string leader = redirected_to(*answer);
      if (leader.empty() || hops == kHopsMax) {
        return failure("the server answered " + std::to_string(answer->status) +
                       " " + answer->body);
      }
      leader_.set(leader);
      const auto sent = send_to(leader);
      if (!sent) return sent;
    }
  }

  int descriptor() const override { return current_->descriptor(); }

 private:
  const std::string& server() const {
    return servers_[number_ % servers_.size()];
  }

  Result<void> send_to(const std::string& server) {
    auto found = connections_.find(server);
    if (found == connections_.end()) {
      auto connection = HttpConnection::connect(server, deadline_);
      if (!connection) return tl::make_unexpected(connection.error());
      found = connections_.emplace(server, std::move(*connection)).first;
    }
    current_ = &found->second;
    auto sent = current_->send(request_, deadline_);
    if (!sent) connections_.erase(found);
    return sent;
  }

  // A server that is a little behind may not have a key yet.
  bool is_done(const HttpAnswer& answer) const {
    return answer.status == 200 ||
           (answer.status == 404 && request_.method == "GET");
  }

  const std::vector<std::string>& servers_;
  std::size_t number_;
  LeaderAddress& leader_;
  std::map<std::string, HttpConnection> connections_;  // by server
  HttpConnection* current_ = nullptr;  // one of them
  HttpRequest request_;
  Deadline deadline_ = {};
};

}  // namespace

int run_http_bench(const BenchOptions& options,
                   const std::vector<std::string>& servers) {
  LeaderAddress leader(servers.front());
  std::size_t next = 0;
  return run_bench(options, [&] {
    return std::make_unique<HttpBenchConnection>(servers, next++, leader);
  });
}

}  // namespace raft
