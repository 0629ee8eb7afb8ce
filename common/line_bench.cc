#include "common/line_bench.h"

#include <optional>

#include "common/bench.h"
#include "common/json.h"
#include "common/line_connection.h"

namespace raft {
namespace {

constexpr std::int64_t kTimeoutMs = 10'000;

class LineBenchConnection : public BenchConnection {
 public:
  explicit LineBenchConnection(const std::string& address)
      : address_(address) {}

  Result<void> send(const BenchRequest& request) override {
    deadline_ = deadline_in_ms(kTimeoutMs);
    if (!connection_) {
      auto connection = LineConnection::connect(address_, deadline_);
      if (!connection) return tl::make_unexpected(connection.error());
      connection_ = std::move(*connection);
    }
    JsonWriter line;
    line.add("op", request.is_put ? "put" : "get").add("key", request.key);
    if (request.is_put) line.add("value", request.value);
    return connection_->send(line.text(), deadline_);
  }

  Result<void> receive() override {
    const auto line = connection_->receive(deadline_);
    if (!line) return tl::make_unexpected(line.error());
    const auto answer = JsonObject::parse(*line);
    if (answer && answer->boolean("ok") == true) return {};
    return failure("the server answered " + *line);
  }

  int descriptor() const override { return connection_->descriptor(); }

 private:
  const std::string address_;
  std::optional<LineConnection> connection_;
  Deadline deadline_ = {};
};

}  // namespace

int run_line_bench(const BenchOptions& options, const std::string& address) {
  return run_bench(
      options, [&] { return std::make_unique<LineBenchConnection>(address); });
}

}  // namespace raft
