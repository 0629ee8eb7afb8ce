#include "api.h"

#include <utility>

#include "api_answer.h"
#include "api_request.h"
#include "common/deadline.h"
#include "server.h"

namespace raft {
namespace {

constexpr std::string_view kKeys = "/v1/kv/";

// For metrics: a client may send any method, but must not make up new labels.
std::string known_method(const std::string& method) {
  const bool is_known = method == "GET" || method == "PUT" ||
                        method == "DELETE" || method == "POST";
  return is_known ? method : "other";
}

}  // namespace

Api::Api(Server& server, const std::string& address)
    : server_(server),
      http_({.address = address,
             .handler =
                 [this](HttpRequest request, const Reply& reply) {
                   handle(std::move(request), reply);
                 },
             .error_answer =
                 [](int status, std::string code, std::string message) {
                   return refusal(status, code, message);
                 }}) {}

void Api::stop() {
  http_.stop();
}

void Api::handle(HttpRequest request, const Reply& reply) {
  const Deadline start = Clock::now();
  const std::string method = known_method(request.method);
  route(request, [this, start, method, reply](HttpAnswer answer) {
    const std::chrono::duration<double> seconds = Clock::now() - start;
    server_.metrics().count_request(method, answer.status, seconds.count());
    reply(std::move(answer));
  });
}

void Api::route(const HttpRequest& request, const Reply& reply) {
  const std::string_view path = request.path();
  if (path.starts_with(kKeys)) return handle_key(request, reply);
  if (path == "/v1/faults" && server_.options().enable_faults) {
    return reply(faults(request));
  }
  const bool is_known = path == "/v1/kv" || path == "/v1/status" ||
                        path == "/healthz" || path == "/readyz" ||
                        path == "/metrics";
  if (!is_known) {
    return reply(refusal(404,
                         "not_found",
                         "no such path; keys are at /v1/kv/KEY. Nothing was "
                         "changed"));
  }
  if (request.method != "GET") return reply(method_not_allowed("GET"));
  if (path == "/v1/kv") return handle_list(request, reply);
  if (path == "/v1/status") return reply(status());
  if (path == "/healthz") return reply(health(true));
  if (path == "/readyz") return reply(health(server_.status().is_ready));
  reply(metrics());
}

void Api::handle_key(const HttpRequest& request, const Reply& reply) {
  const auto key = key_in(request.path().substr(kKeys.size()));
  if (!key) return reply(bad_request(key.error().message));
  if (request.method == "GET") return handle_get(request, *key, reply);
  if (request.method == "PUT" || request.method == "DELETE") {
    return handle_write(request, *key, reply);
  }
  reply(method_not_allowed("GET, PUT, DELETE"));
}

void Api::handle_write(const HttpRequest& request,
                       const std::string& key,
                       const Reply& reply) {
  if (request.method == "PUT" && !is_json(request)) {
    return reply(unsupported_media_type());
  }
  auto command = command_in(request, key);
  if (!command) return reply(bad_request(command.error().message));
  const std::string target = request.target;
  server_.write(
      std::move(*command), [this, reply, target](const WriteResult& result) {
        switch (result.status) {
          case WriteStatus::kApplied:
            return reply(answer_to(result.applied));
          case WriteStatus::kNotLeader:
            return reply(not_leader(target));
          case WriteStatus::kUnavailable:
            return reply(
                unavailable("no majority can be reached; nothing was changed"));
          case WriteStatus::kLeadershipLost:
            return reply(leadership_lost());
          case WriteStatus::kTimeout:
            return reply(timeout());
          case WriteStatus::kOverloaded:
            return reply(refusal(503,
                                 "overloaded",
                                 "too many writes are under way; nothing was "
                                 "changed, try again"));
        }
      });
}

void Api::handle_get(const HttpRequest& request,
                     const std::string& key,
                     const Reply& reply) {
  read(request, reply, [this, key] {
    // First, for what is applied meanwhile may be seen and must not be denied.
    const Index index = server_.store().last_applied();
    const auto value = server_.store().get(key);
    if (!value) return json(404, error("not_found", "no such key"));
    return json(
        200,
        JsonWriter().add("key", key).add("value", *value).add("index", index));
  });
}

void Api::handle_list(const HttpRequest& request, const Reply& reply) {
  const auto range = list_range_in(request);
  if (!range) return reply(bad_request(range.error().message));
  read(request, reply, [this, range] {
    const Listing listing =
        server_.store().list(range->prefix, range->after, range->limit);
    std::vector<JsonWriter> entries;
    for (const auto& [key, value] : listing.entries) {
      entries.push_back(JsonWriter().add("key", key).add("value", value));
    }
    return json(200,
                JsonWriter()
                    .add_objects("entries", entries)
                    .add("more", listing.has_more));
  });
}

// Answers with what `look` sees once the store is as fresh as the request asks.
void Api::read(const HttpRequest& request,
               const Reply& reply,
               std::function<HttpAnswer()> look) {
  const auto consistency = consistency_in(request);
  if (!consistency) return reply(bad_request(consistency.error().message));
  server_.read(*consistency, [reply, look = std::move(look)](ReadStatus read) {
    switch (read) {
      case ReadStatus::kReady:
        return reply(look());
      case ReadStatus::kUnavailable:
        return reply(
            unavailable("no leader with a majority can be reached; "
                        "?consistency=stale reads what this node has"));
    }
  });
}

HttpAnswer Api::not_leader(const std::string& target) const {
  const ServerStatus status = server_.status();
  if (status.leader == kNobody || status.leader == status.id) {
    return unavailable("no leader is known; nothing was changed, try again");
  }
  HttpAnswer answer =
      json(307,
           error("not_leader",
                 "node " + std::to_string(status.id) +
                     " is a follower and changed nothing; the leader is at " +
                     status.leader_client_address)
               .add("leader", status.leader_client_address)
               .add("outcome", "not_executed"));
  answer.headers.emplace_back(
      "Location", "http://" + status.leader_client_address + target);
  return answer;
}

HttpAnswer Api::status() const {
  const ServerStatus status = server_.status();
  std::vector<JsonWriter> members;
  for (const NodeAddress& node : server_.options().cluster.nodes) {
    members.push_back(JsonWriter()
                          .add("id", node.id)
                          .add("client", node.client)
                          .add("peer", node.peer));
  }
  std::vector<JsonWriter> peers;
  for (const PeerStatus& peer : status.peers) {
    peers.push_back(JsonWriter()
                        .add("id", peer.id)
                        .add("match_index", peer.match_index)
                        .add("next_index", peer.next_index)
                        .add("last_contact_ms",
                             static_cast<std::uint64_t>(peer.last_contact_ms)));
  }
  const std::string known_leader =
      status.leader == kNobody ? "null" : std::to_string(status.leader);
  JsonWriter body;
  body.add("ok", true)
      .add("stage", status.stage)
      .add("cluster_id", server_.options().cluster.cluster_id)
      .add("id", status.id)
      .add("role", name_of(status.role))
      .add("term", status.term)
      .add_json("leader", known_leader)
      .add("leader_client_address", status.leader_client_address)
      .add("commit_index", status.commit_index)
      .add("last_applied", status.last_applied)
      .add("first_log_index", std::uint64_t{1})
      .add("last_log_index", status.last_log_index)
      .add("snapshot_index", std::uint64_t{0})
      .add("keys", server_.store().size())
      .add_objects("members", members);
  if (status.role == Role::kLeader) body.add_objects("peers", peers);
  return json(200, body);
}

HttpAnswer Api::health(bool is_ready) const {
  if (is_ready) return json(200, JsonWriter().add("ok", true));
  return unavailable("this node knows no leader with a majority");
}

HttpAnswer Api::metrics() const {
  const ServerStatus status = server_.status();
  const auto set = [this](const char* name, const char* help, auto value) {
    server_.metrics().set(name, help, static_cast<double>(value));
  };
  set("is_leader", "1 on the leader.", status.role == Role::kLeader);
  set("term", "Current term.", status.term);
  set("commit_index", "Last committed entry.", status.commit_index);
  set("last_applied", "Last applied entry.", status.last_applied);
  set("last_log_index", "Last entry of the log.", status.last_log_index);
  set("keys", "Keys with a value.", server_.store().size());
  set("sessions", "Clients that are remembered.", server_.store().sessions());
  return {.headers = {{"Content-Type", "text/plain; version=0.0.4"}},
          .body = server_.metrics().text()};
}

HttpAnswer Api::faults(const HttpRequest& request) const {
  if (request.method == "PUT") {
    if (!is_json(request)) return unsupported_media_type();
    const auto document = JsonObject::parse(request.body);
    if (!document) return bad_request(document.error().message);
    const auto done = server_.faults().set(*document);
    if (!done) return bad_request(done.error().message);
  } else if (request.method == "DELETE") {
    server_.faults().clear();
  } else if (request.method != "GET") {
    return method_not_allowed("GET, PUT, DELETE");
  }
  return {.headers = {{"Content-Type", "application/json"}},
          .body = server_.faults().document()};
}

}  // namespace raft
