#include "tests/chaos_client.h"

#include <algorithm>
#include <utility>

#include "common/backoff.h"
#include "common/check.h"
#include "common/json.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

constexpr std::int64_t kFirstPauseMs = 5;
constexpr std::int64_t kLongestPauseMs = 100;

// Servers that point at each other are followed so far before a pause.
constexpr int kHopsMax = 3;

// How many of 8 operations go to a server at random, not to where writes were
// done last.
constexpr std::uint64_t kAstray = 3;

bool is_write(const Operation& operation) {
  return operation.kind != Kind::kGet;
}

bool is_settled(Outcome outcome) {
  return outcome != Outcome::kNotExecuted && outcome != Outcome::kUnknown;
}

}  // namespace

ChaosClient::ChaosClient(ChaosClientOptions options, History& history)
    : options_(std::move(options)), history_(history), random_(options_.seed) {
  CHECK(!options_.servers.empty());
  begin_session();
}

Operation ChaosClient::run(Operation operation) {
  operation.client = options_.number;
  if (is_write(operation)) ++serial_;
  const std::size_t id = history_.begin(operation);
  const Answer answer = run_all_tries(operation);
  history_.end(id, answer.outcome, answer.result);
  operation.outcome = answer.outcome;
  operation.result = answer.result;
  return operation;
}

ChaosClient::Answer ChaosClient::run_all_tries(const Operation& operation) {
  const bool has_serial = is_write(operation) && !options_.session.empty();
  const Deadline deadline = deadline_in_ms(
      has_serial ? options_.give_up_with_serial_ms : options_.give_up_ms);
  const HttpRequest request = request_for(operation);
  Backoff backoff(kFirstPauseMs, kLongestPauseMs);
  bool may_be_executed = false;
  int hops = 0;
  std::string server = leader_;
  if (server.empty() || random_() % 8 < kAstray) server = any_server();
  while (true) {
    Answer answer = try_at(server, operation, request);
    if (is_settled(answer.outcome)) {
      if (is_write(operation)) leader_ = server;
      return answer;
    }
    may_be_executed |= answer.outcome == Outcome::kUnknown;
    // That it was not executed this time says nothing of the time before.
    if (may_be_executed) answer.outcome = Outcome::kUnknown;
    if (answer.is_session_over) {
      begin_session();
      return answer;
    }
    if (is_write(operation) && may_be_executed && !has_serial) return answer;
    if (!answer.redirected_to.empty() && ++hops <= kHopsMax) {
      ++counts_.redirections;
      server = answer.redirected_to;
    } else {
      hops = 0;
      server = any_server();
      if (!backoff.wait(deadline)) return answer;
    }
    if (may_be_executed && has_serial) ++counts_.repeats;
  }
}

HttpRequest ChaosClient::request_for(const Operation& operation) const {
  HttpRequest request{.target = "/v1/kv/" + percent_encode(operation.key)};
  if (!is_write(operation)) {
    request.target += "?consistency=" + options_.consistency;
    return request;
  }
  request.method = operation.kind == Kind::kDelete ? "DELETE" : "PUT";
  if (request.method == "PUT") {
    JsonWriter body;
    body.add("value", operation.value);
    if (operation.kind == Kind::kCas) {
      body.add_or_null("expected", operation.expected);
    }
    request.body = body.text();
    request.headers.emplace_back("Content-Type", "application/json");
  }
  if (!options_.session.empty()) {
    request.headers.emplace_back(
        "Raft-Client-Id", options_.session + "-" + std::to_string(sessions_));
    request.headers.emplace_back("Raft-Serial", std::to_string(serial_));
  }
  return request;
}

ChaosClient::Answer ChaosClient::try_at(const std::string& server,
                                        const Operation& operation,
                                        const HttpRequest& request) {
  ++counts_.tries;
  const Deadline deadline = deadline_in_ms(options_.try_timeout_ms);
  auto found = connections_.find(server);
  if (found != connections_.end() && !found->second.is_quiet()) {
    connections_.erase(std::exchange(found, connections_.end()));
  }
  if (found == connections_.end()) {
    auto connection = HttpConnection::connect(server, deadline);
    // Nothing was sent.
    if (!connection) return {.outcome = Outcome::kNotExecuted};
    found = connections_.emplace(server, std::move(*connection)).first;
  }
  HttpConnection& connection = found->second;
  const auto sent = connection.send(request, deadline);
  const auto answer =
      sent ? connection.receive(deadline) : tl::make_unexpected(sent.error());
  if (answer) return understand(*answer, operation);
  connections_.erase(found);
  return {.outcome = Outcome::kUnknown};
}

ChaosClient::Answer ChaosClient::understand(const HttpAnswer& answer,
                                            const Operation& operation) {
  if (answer.status == 307) {
    const std::string server = redirected_to(answer);
    if (server.empty()) return nonsense(answer);
    return {.outcome = Outcome::kNotExecuted, .redirected_to = server};
  }
  if (answer.status != 200) return understand_error(answer, operation);
  if (is_write(operation)) return {.outcome = Outcome::kOk};
  const auto body = JsonObject::parse(answer.body);
  const auto value = body ? body->string("value") : failure("");
  if (!value) return nonsense(answer);
  return {.outcome = Outcome::kOk, .result = *value};
}

ChaosClient::Answer ChaosClient::understand_error(const HttpAnswer& answer,
                                                  const Operation& operation) {
  const auto body = JsonObject::parse(answer.body);
  const auto error = body ? body->string("error") : failure("");
  if (!error) return nonsense(answer);
  if (answer.status == 404 && error == "not_found" &&
      (operation.kind == Kind::kGet || operation.kind == Kind::kDelete)) {
    return {.outcome = Outcome::kNotFound};
  }
  if (answer.status == 409 && error == "conflict" &&
      operation.kind == Kind::kCas) {
    const auto value = body->string_or_null("value");
    if (!value) return nonsense(answer);
    return {.outcome = Outcome::kConflict, .result = *value};
  }
  if (answer.status < 500 && error != "stale_serial" &&
      error != "session_expired") {
    return nonsense(answer);
  }
  const auto outcome = body->string("outcome");
  const bool is_sure = !is_write(operation) || outcome == "not_executed";
  return {.outcome = is_sure ? Outcome::kNotExecuted : Outcome::kUnknown,
          .is_session_over = answer.status == 409};
}

ChaosClient::Answer ChaosClient::nonsense(const HttpAnswer& answer) {
  if (counts_.nonsense++ == 0) {
    counts_.first_nonsense =
        "status " + std::to_string(answer.status) + " " + answer.body;
  }
  return {.outcome = Outcome::kUnknown};
}

void ChaosClient::begin_session() {
  ++sessions_;
  serial_ = 0;
}

const std::string& ChaosClient::any_server() {
  return options_.servers[random_() % options_.servers.size()];
}

}  // namespace raft
