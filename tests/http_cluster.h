// The HTTP interface of a TestCluster: a request to a node, or to whoever
// leads, and the answer. What is no answer fails the test.
//
//   HttpCluster http(cluster);
//   const HttpAnswer answer = http.ask_leader(put_request("k", "v"));
//   CPPUNIT_ASSERT_EQUAL(std::string("v"), http.value_at(2, "k"));
//
// For the thread of the test.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/http.h"
#include "common/json.h"
#include "common/node_id.h"
#include "tests/test_cluster.h"

namespace raft {

// The path of a key.
std::string path_of(const std::string& key);

HttpRequest get_request(const std::string& target);
HttpRequest put_request(const std::string& key, const std::string& value);
HttpRequest delete_request(const std::string& key);

// Replaces `expected`, nothing for "absent", by `value`.
HttpRequest cas_request(const std::string& key,
                        const std::optional<std::string>& expected,
                        const std::string& value);

// The same write, with a session's headers.
HttpRequest in_session(HttpRequest request,
                       const std::string& client_id,
                       std::uint64_t serial);

// The body of an answer, which must be JSON.
JsonObject json_of(const HttpAnswer& answer);

// Its status and what its body says, as "200 ok" or "404 not_found".
std::string verdict_of(const HttpAnswer& answer);

// The answer to `request`, on a connection of its own.
HttpAnswer ask(const std::string& address, const HttpRequest& request);

class HttpCluster {
 public:
  // `cluster` must outlive this.
  explicit HttpCluster(TestCluster& cluster) : cluster_(cluster) {}

  HttpAnswer ask(NodeId id, const HttpRequest& request) const;

  // Asks whoever leads, and again while the answer is that nobody does.
  HttpAnswer ask_leader(const HttpRequest& request) const;

  // Asks a follower, until one knows its leader and sends the request there.
  HttpAnswer ask_follower(const HttpRequest& request) const;

  // Who leads and is ready, once there is one; and a running node that doesn't.
  NodeId leader() const;
  NodeId follower() const;

  // Returns when all nodes that run are ready.
  void wait_until_ready() const;

  // What the node itself holds now; nothing for "absent".
  std::optional<std::string> value_at(NodeId id, const std::string& key) const;

  // Returns when the node holds that.
  void wait_for_value(NodeId id,
                      const std::string& key,
                      const std::optional<std::string>& value) const;

  // A number in the node's status.
  std::uint64_t number_at(NodeId id, const std::string& field) const;

  // All nodes but this one.
  std::vector<NodeId> others(NodeId id) const;

  // Returns one of the others that leads, once there is one. What the node
  // itself thinks, which may not know, does not count.
  NodeId leader_besides(NodeId id) const;

  // Until it is healed, the node and those of `peers` lose what they send each
  // other, and no other fault is there. REQUIRES: --enable-faults.
  void cut_off(NodeId id, const std::vector<NodeId>& peers) const;
  void heal(NodeId id) const;

 private:
  std::optional<NodeId> find_leader() const;
  bool leads(NodeId id) const;
  void ask_for_faults(NodeId id, const HttpRequest& request) const;

  TestCluster& cluster_;
};

}  // namespace raft
