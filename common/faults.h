// What an operator or a test makes go wrong between this node and its peers:
// messages that are lost, or late. The document of /v1/faults:
//
//   {"drop_to":[2],"drop_from":[2,3],"loss":0.1,"delay_ms":50}
//
// Any thread may call.
#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <set>
#include <string>

#include "common/json.h"
#include "common/node_id.h"
#include "common/result.h"

namespace raft {

class Faults {
 public:
  // Replaces all faults by those of `document`; a field that is not there is
  // none. Fails, and changes nothing, when a field is not as it should be.
  Result<void> set(const JsonObject& document);

  // From here on everything arrives.
  void clear();

  // The document of the present faults.
  std::string document() const;

  // Whether the next message to or from `peer` is to be lost. Draws at random
  // for "loss", so ask once a message.
  bool drops_to(NodeId peer);
  bool drops_from(NodeId peer);

  // Whether nothing is lost or held back.
  bool is_none() const;

  // How long each message to a peer is to be held back.
  std::int64_t delay_ms() const;

 private:
  bool drops(const std::set<NodeId>& peers, NodeId peer);

  mutable std::mutex mutex_;
  std::set<NodeId> drop_to_;
  std::set<NodeId> drop_from_;
  double loss_ = 0;  // probability
  std::int64_t delay_ms_ = 0;
  std::mt19937_64 random_{std::random_device{}()};
};

}  // namespace raft
