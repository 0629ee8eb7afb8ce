// The clients of a simulated cluster. Each has one request under way, asks
// another node when no answer comes, and holds the cluster to what it was told:
//
//   - an acknowledged write is committed where the answer says, for ever
//   (§5.3);
//   - a write that is sent again is carried out once (§8), from the stage on
//     whose store has sessions; before, a client gives up on it;
//   - a read finds all that was acknowledged, and all that was read, before it
//     began, on whatever node (§8).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "tests/invariants.h"
#include "tests/sim_luck.h"
#include "tests/sim_schedule.h"
#include "tests/sim_weather.h"

namespace raft {

class SimClients {
 public:
  using Send = std::function<void(NodeId, ClientRequest)>;

  // All must outlive this. `send` passes a request on to a server, now.
  SimClients(SimSchedule& schedule,
             const Weather& weather,
             const Invariants& invariants,
             std::uint64_t seed,
             Send send);

  void start();

  // A server answers; the client will know a little later, if ever.
  void answer(const ClientAnswer& answer);

  // Nothing is lost from here on. Each client ends what it has begun, and then
  // wants one more write and one more read answered.
  void calm_down();
  bool are_done() const;

  // What was acknowledged is there, once.
  // REQUIRES: all is committed that ever will be, and applied by all.
  void check_end(const std::vector<SimServer>& servers) const;

  std::uint64_t writes() const { return writes_; }  // that were acknowledged
  std::uint64_t reads() const { return reads_; }

 private:
  // What a read must find.
  struct Floor {
    Index index = 0;
    std::vector<Serial> serials = {};  // by client from 1
  };

  struct Client {
    ClientId id = 0;
    Luck luck;
    NodeId target = kNobody;  // who is asked next; anyone
    Serial serial = 0;  // of its last write
    ClientRequest request = {};  // under way, if `is_busy`
    Floor floor = {};  // of a read, when it began
    bool is_busy = false;
    int left = 0;  // requests that it still wants answered in the end
  };

  void think(Client& client);
  void begin(Client& client);
  void send(Client& client);
  void try_again(Client& client, NodeId target);
  void receive(const ClientAnswer& answer);
  void check_write(const ClientAnswer& answer);
  void check_read(const Client& client, const ClientAnswer& answer);
  void end(Client& client, bool is_done);
  bool waits_for(const ClientRequest& request) const;
  bool is_lost(Client& client);

  SimSchedule& schedule_;
  const Weather& weather_;
  const Invariants& invariants_;
  const Send send_;
  std::vector<Client> clients_;
  Floor known_;  // what was acknowledged or read by now
  bool is_calm_ = false;
  std::uint64_t writes_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace raft
