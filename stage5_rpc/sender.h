// Sends requests to one node and brings back their results, on a thread of its
// own: a node that is slow, frozen or gone keeps this thread waiting and nobody
// else. While that thread waits for something to do, a small request leaves on
// the thread that brings it, which spares both a hand-over.
//
// One request is out at a time. While it is, one more may wait; a newer one
// takes its place, for it says all that the older one would have (§5.5: a lost
// message does no harm). What has queued up in the leader's log meanwhile goes
// out as one message (diss. §10.2.2). A heartbeat on top of entries says
// nothing, and is dropped.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "common/cluster.h"
#include "common/connect_client.h"
#include "common/deadline.h"
#include "common/faults.h"
#include "common/result.h"
#include "common/trace.h"
#include "raft_message.h"

namespace raft {

struct SenderOptions {
  std::string cluster_id = {};
  NodeAddress to = {};
  std::function<void(Envelope)> receiver = {};  // of the results
  std::int64_t call_timeout_ms = 0;
};

class Sender {
 public:
  // Connects when there is something to send. `trace` and `faults` must outlive
  // this.
  Sender(SenderOptions options, Trace& trace, Faults& faults);

  // Stops.
  ~Sender();

  // From any thread. Takes the request and returns at once.
  void send(Envelope request);

  // Sends no more, and ends a call that is under way. No result comes when this
  // has returned. stop() waits for what ask_to_stop() begins.
  void ask_to_stop();
  void stop();

 private:
  // A request that is out, or is to leave next.
  struct Call {
    Envelope request = {};
    Deadline deadline = {};
    std::uint64_t sent = 0;  // the clock at which it left; 0 if it has not
    bool has_begun = false;  // by the thread that brought it
  };

  // With mutex_ held, as the next three.
  bool is_superfluous(const Message& message) const;
  bool can_leave_here() const;
  void leave_here();
  Call take_waiting();

  // All of these run on the one thread.
  void run();
  std::optional<Call> next();
  void note_done();
  Result<Message> carry_out(Call& call);
  Result<Message> exchange(Call& call);
  bool hold_back();
  void note_lost(const std::string& why);
  void note_found();

  // These on any.
  std::uint64_t note_send(const Envelope& request);
  void note_drop(const Envelope& request, std::uint64_t sent);

  template <typename Rpc>
  void address(Rpc& rpc, const Call& call) const;
  template <typename Response, typename Request>
  Result<Message> exchange(const Call& call, Request& request);
  template <typename Response>
  Result<Message> accept(const Call& call,
                         const Result<void>& done,
                         const Response& response);

  const SenderOptions options_;
  Trace& trace_;
  Faults& faults_;
  ConnectClient client_;
  bool is_lost_ = false;  // its last call failed

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopping_ = false;
  std::optional<Envelope> waiting_;
  bool is_free_ = false;  // the thread waits, and nothing is out
  std::optional<Call> out_;  // begun, and not the thread's yet
  Term out_term_ = 0;  // of the AppendEntries that is out; 0 if none is

  std::thread thread_;  // last: it uses the rest
};

}  // namespace raft
