// One server of a simulated cluster: the real core on the real Storage, on a
// simulated disk. It does what the shell does: takes in what has come, carries
// out what the core puts out, and answers clients; and it dies in the middle of
// that when it is told to.
//
// A round of its thread has two halves, so that the disk can take its time:
// begin_round() ends where the write begins.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/sim_core.h"
#include "tests/sim_disk.h"
#include "tests/sim_request.h"
#include "tests/sim_store.h"

namespace raft {

class SimServer {
 public:
  // What the second half of a round did. After a crash it holds what was done
  // before.
  struct Done {
    std::vector<Envelope> messages = {};
    std::vector<ClientAnswer> answers = {};
    bool is_idle = false;  // the core had nothing to put out
  };

  struct Spec {
    CoreSpec core = {};
    std::size_t clients = 0;
    std::uint64_t file_bytes = 64 * 1024;
    bool has_power_loss = false;  // a crash may be the machine's
    std::uint64_t seed = 0;
    // Sees what the core puts out before any of it is done, if it is there.
    std::function<void(const RaftNode&, const CoreWork&)> watch = {};
  };

  // Down, with `durable` on its disk.
  SimServer(Spec spec, const Durable& durable);

  // Recovers. Down again if the disk was to crash, or refuses what it holds:
  // then refusal() says why.
  void start();

  NodeId id() const { return spec_.core.id; }
  bool is_running() const { return node_ != nullptr; }
  bool is_writing() const { return work_.has_value(); }
  const std::string& refusal() const { return refusal_; }

  // REQUIRES: it runs.
  const RaftNode& node() const { return *node_; }

  // What is durable, for the Storage has said so or has recovered it.
  const Durable& durable() const { return durable_; }

  // The same at the time of the last crash, and what was being written, which
  // recovery may find whole, in part, or not at all.
  const Durable& durable_before() const { return durable_before_; }
  const CoreWork& in_doubt() const { return in_doubt_; }

  // Since it last started.
  const std::vector<Entry>& applied() const { return applied_; }

  // Of the client's last write that its state machine holds.
  Serial serial_of(ClientId client) const { return store_.serial_of(client); }

  // What comes in waits until the next round. Lost if the server is down.
  void tick() { ++ticks_; }
  void push(std::shared_ptr<const Envelope> envelope);
  void push(ClientRequest request);

  // Ticks that have piled up count as one.
  void forget_ticks() { ticks_ = ticks_ > 0 ? 1 : 0; }

  // The early messages. REQUIRES: it runs and is not writing.
  std::vector<Envelope> begin_round();
  // Whether the write of the round takes any time.
  bool has_write() const { return work_ && work_->has_write(); }
  // REQUIRES: a round has begun, and it runs.
  Done finish_round();

  // A whole round that leaves the disk alone, beside a write or not. Nothing,
  // and what has come waits on, if the core knows of no such thing, or has more
  // to do once the write is done. REQUIRES: it runs.
  std::optional<Done> work_beside_disk();

  // Dies now; or in the n-th change of the disk, or before the n-th message,
  // from now on, counted from 1. 0 takes that back.
  void crash();
  void crash_at_change(std::uint64_t n) { disk_.crash_at(n); }
  void crash_at_message(std::uint64_t n) { messages_to_crash_ = n; }
  void fail_sync_at(std::uint64_t n) { disk_.fail_sync_at(n); }
  void set_bytes_left(std::uint64_t bytes) { disk_.set_bytes_left(bytes); }

  // So far.
  std::uint64_t crashes() const { return crashes_; }
  std::uint64_t overwrites() const { return overwrites_; }  // of stored entries

 private:
  using Input = std::variant<std::shared_ptr<const Envelope>, ClientRequest>;

  struct Waiter {
    Term term = 0;
    ClientRequest request = {};
  };

  void take_in();
  bool is_leader() const { return node_->role() == Role::kLeader; }
  bool send(const std::vector<Envelope>& from, std::vector<Envelope>& to);
  void handle(const std::shared_ptr<const Envelope>& envelope);
  void handle(ClientRequest request);
  void persist(const CoreWork& work);
  void finish(const CoreWork& work, Done& done);
  void apply(const Entry& entry, std::vector<ClientAnswer>& answers);
  ClientAnswer answer_of_read(std::uint64_t id, bool is_ok);

  const Spec spec_;
  SimDisk disk_;
  std::unique_ptr<Storage> storage_;
  std::unique_ptr<RaftNode> node_;  // null while down
  SimStore store_;
  Durable durable_;
  Durable durable_before_;
  CoreWork in_doubt_;
  std::vector<Entry> applied_;
  std::string refusal_;

  std::vector<Input> inputs_;
  std::uint64_t ticks_ = 0;
  std::optional<CoreWork> work_;  // of the round that has begun
  std::vector<ClientAnswer> refusals_;
  std::map<Index, Waiter> waiting_;
  std::map<std::uint64_t, ClientRequest> reading_;
  std::uint64_t reads_ = 0;

  std::uint64_t messages_to_crash_ = 0;
  std::uint64_t starts_ = 0;
  std::uint64_t crashes_ = 0;
  std::uint64_t overwrites_ = 0;
};

}  // namespace raft
