#include "tests/http_cluster.h"

#include <cppunit/TestAssert.h>
#include <utility>

#include "common/deadline.h"
#include "common/http_connection.h"
#include "common/test_process.h"
#include "tests/verdict.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

constexpr int kTemporaryRedirect = 307;
constexpr int kServiceUnavailable = 503;

}  // namespace

std::string path_of(const std::string& key) {
  return "/v1/kv/" + percent_encode(key);
}

HttpRequest get_request(const std::string& target) {
  return {.target = target};
}

HttpRequest put_request(const std::string& key, const std::string& value) {
  return {.method = "PUT",
          .target = path_of(key),
          .body = JsonWriter().add("value", value).text()};
}

HttpRequest delete_request(const std::string& key) {
  return {.method = "DELETE", .target = path_of(key)};
}

HttpRequest cas_request(const std::string& key,
                        const std::optional<std::string>& expected,
                        const std::string& value) {
  return {.method = "PUT",
          .target = path_of(key),
          .body = JsonWriter()
                      .add("value", value)
                      .add_or_null("expected", expected)
                      .text()};
}

HttpRequest in_session(HttpRequest request,
                       const std::string& client_id,
                       std::uint64_t serial) {
  request.headers.emplace_back("Raft-Client-Id", client_id);
  request.headers.emplace_back("Raft-Serial", std::to_string(serial));
  return request;
}

JsonObject json_of(const HttpAnswer& answer) {
  const auto json = JsonObject::parse(answer.body);
  CPPUNIT_ASSERT_MESSAGE("no JSON: " + answer.body, json);
  return *json;
}

std::string verdict_of(const HttpAnswer& answer) {
  return std::to_string(answer.status) + " " + verdict(answer.body);
}

HttpAnswer ask(const std::string& address, const HttpRequest& request) {
  auto connection = HttpConnection::connect(address, patience());
  CPPUNIT_ASSERT_MESSAGE(connection ? "" : connection.error().message,
                         connection);
  const auto sent = connection->send(request, patience());
  CPPUNIT_ASSERT_MESSAGE(sent ? "" : sent.error().message, sent);
  auto answer = connection->receive(patience());
  CPPUNIT_ASSERT_MESSAGE(answer ? "" : answer.error().message, answer);
  return std::move(*answer);
}

HttpAnswer HttpCluster::ask(NodeId id, const HttpRequest& request) const {
  return raft::ask(cluster_.client_address(id), request);
}

HttpAnswer HttpCluster::ask_leader(const HttpRequest& request) const {
  const Deadline deadline = patience();
  while (true) {
    HttpAnswer answer = ask(leader(), request);
    const bool is_refused =
        (answer.status == kTemporaryRedirect ||
         answer.status == kServiceUnavailable) &&
        json_of(answer).string("outcome").value_or("") == "not_executed";
    if (!is_refused || Clock::now() >= deadline) return answer;
  }
}

HttpAnswer HttpCluster::ask_follower(const HttpRequest& request) const {
  HttpAnswer answer;
  wait_until("a follower that knows its leader", [&] {
    answer = ask(follower(), request);
    return answer.status == kTemporaryRedirect;
  });
  return answer;
}

NodeId HttpCluster::leader() const {
  std::optional<NodeId> leader;
  wait_until("a leader", [&] {
    leader = find_leader();
    return leader.has_value();
  });
  return *leader;
}

std::optional<NodeId> HttpCluster::find_leader() const {
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
    if (!cluster_.node(id).is_running()) continue;
    if (!leads(id)) continue;
    if (ask(id, get_request("/readyz")).status == 200) return id;
  }
  return std::nullopt;
}

bool HttpCluster::leads(NodeId id) const {
  const JsonObject status = json_of(ask(id, get_request("/v1/status")));
  return status.string("role").value() == "leader";
}

NodeId HttpCluster::follower() const {
  const NodeId leading = leader();
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
    if (id != leading && cluster_.node(id).is_running()) return id;
  }
  CPPUNIT_FAIL("no follower runs");
  return kNobody;
}

void HttpCluster::wait_until_ready() const {
  for (NodeId id = 1; id <= cluster_.nodes(); ++id) {
    if (!cluster_.node(id).is_running()) continue;
    wait_until("node " + std::to_string(id) + " is ready",
               [&] { return ask(id, get_request("/readyz")).status == 200; });
  }
}

std::optional<std::string> HttpCluster::value_at(NodeId id,
                                                 const std::string& key) const {
  const HttpAnswer answer =
      ask(id, get_request(path_of(key) + "?consistency=stale"));
  if (answer.status == 404) return std::nullopt;
  CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
  return json_of(answer).string("value").value();
}

void HttpCluster::wait_for_value(
    NodeId id,
    const std::string& key,
    const std::optional<std::string>& value) const {
  wait_until("node " + std::to_string(id) + " has " + key,
             [&] { return value_at(id, key) == value; });
}

std::uint64_t HttpCluster::number_at(NodeId id,
                                     const std::string& field) const {
  const auto number = json_of(ask(id, get_request("/v1/status"))).number(field);
  CPPUNIT_ASSERT_MESSAGE(number ? "" : number.error().message, number);
  return *number;
}

std::vector<NodeId> HttpCluster::others(NodeId id) const {
  std::vector<NodeId> others;
  for (NodeId other = 1; other <= cluster_.nodes(); ++other) {
    if (other != id) others.push_back(other);
  }
  return others;
}

NodeId HttpCluster::leader_besides(NodeId id) const {
  NodeId leader = kNobody;
  wait_until("another leader", [&] {
    for (NodeId other : others(id)) {
      if (leads(other)) leader = other;
    }
    return leader != kNobody;
  });
  return leader;
}

void HttpCluster::cut_off(NodeId id, const std::vector<NodeId>& peers) const {
  std::string list;
  for (NodeId peer : peers) {
    list += (list.empty() ? "" : ",") + std::to_string(peer);
  }
  ask_for_faults(id,
                 {.method = "PUT",
                  .target = "/v1/faults",
                  .body = JsonWriter()
                              .add_json("drop_to", "[" + list + "]")
                              .add_json("drop_from", "[" + list + "]")
                              .text()});
}

void HttpCluster::heal(NodeId id) const {
  ask_for_faults(id, {.method = "DELETE", .target = "/v1/faults"});
}

void HttpCluster::ask_for_faults(NodeId id, const HttpRequest& request) const {
  const HttpAnswer answer = ask(id, request);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(answer.body, 200, answer.status);
}

}  // namespace raft
