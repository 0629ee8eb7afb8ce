// The shell of a server: owns the parts and connects them. Writes, reads and
// the messages of other nodes queue up in an inbox, and are worked off in
// rounds, by one thread at a time: it takes out what has come, feeds it to the
// node, and carries out what that puts out, in its order: send what may leave
// early, persist, send, apply, answer.
//
//   Server server(options);  // serves from here on
//   wait_for_stop_signal();
//   server.stop();           // answers what is in flight
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "api.h"
#include "api_request.h"
#include "common/deadline.h"
#include "common/faults.h"
#include "common/metrics.h"
#include "common/node_id.h"
#include "common/round_inbox.h"
#include "common/server_options.h"
#include "common/ticker.h"
#include "common/timer.h"
#include "common/trace.h"
#include "kv_store.h"
#include "raft_node.h"
#include "storage.h"
#include "transport.h"

namespace raft {

// The core counts time in ticks of this length.
inline constexpr std::int64_t kTickMs = 10;

enum class WriteStatus {
  kApplied,
  kNotLeader,  // and not executed
  kUnavailable,  // no majority, or no leader; surely not executed
  kLeadershipLost,  // another leader decides whether it will be executed
  kTimeout,  // may be executed, or may have reached some nodes
  kOverloaded,  // too much is under way; surely not executed
};

// What became of a write.
struct WriteResult {
  WriteStatus status = WriteStatus::kApplied;
  ApplyResult applied = {};  // if kApplied
};

// Whether a read may look into the store now.
enum class ReadStatus { kReady, kUnavailable };

// What a leader knows of another node.
struct PeerStatus {
  NodeId id = kNobody;
  Index match_index = 0;
  Index next_index = 0;
  std::int64_t last_contact_ms = 0;
};

// What a server says of itself.
struct ServerStatus {
  std::string stage = {};
  NodeId id = kNobody;
  Role role = Role::kFollower;
  Term term = 0;
  NodeId leader = kNobody;  // or nobody, as far as this node knows
  std::string leader_client_address = {};
  Index commit_index = 0;
  Index last_applied = 0;
  Index last_log_index = 0;
  bool is_ready = false;  // to serve what it may be asked for
  std::vector<PeerStatus> peers = {};  // on a leader
};

// "follower", "candidate" or "leader".
std::string name_of(Role role);

class Server {
 public:
  // Serves clients and peers at once. Ends the process when a port is taken.
  explicit Server(const ServerOptions& options);

  // Serves nobody from here on; returns when what was in flight is answered.
  void stop();

  // For Api, from any thread. `done` is called once, by any thread, when the
  // write is done, refused, or late.
  using WriteDone = std::function<void(const WriteResult&)>;
  void write(Command command, WriteDone done);

  // `done` is called once when the store is as fresh as the read asks for, or
  // when that can't be.
  using ReadDone = std::function<void(ReadStatus)>;
  void read(Consistency consistency, ReadDone done);

  const KvStore& store() const { return store_; }
  ServerStatus status() const;
  const ServerOptions& options() const { return options_; }
  Faults& faults() { return faults_; }
  Metrics& metrics() { return metrics_; }

 private:
  struct Proposal {
    Command command = {};
    WriteDone done = {};
  };

  struct Read {
    ReadDone done = {};
  };

  // Who waits for an entry to be applied.
  struct Waiter {
    Term term = 0;  // of the entry
    WriteDone done = {};
    Deadline deadline = {};
    std::size_t bytes = 0;  // of its command
  };

  using Input = std::variant<Proposal, Read, Envelope>;

  void run();
  void receive(Envelope message);

  // What a round may do with the disk. Not ours: nothing, the server's thread
  // will. In the round: write, and all wait. Beside rounds: this is the
  // server's thread, and if the node leads, others do rounds while it writes.
  enum class Disk { kNotOurs, kInRound, kBesideRounds };

  void bring(Input input);
  void stand_in();

  // All of these belong to a round.
  void do_round(std::vector<Input> inputs, Disk disk);
  void make_up_ticks();
  Deadline next_round();
  void handle(Proposal proposal);
  void handle(Read read);
  void handle(const Envelope& message);
  bool carry_out(Disk disk);
  void persist(const Output& output, Disk disk);
  void beside_rounds(const std::function<void()>& write);
  void apply(const Entry& entry);
  void answer_writers();
  void answer(const ReadResult& result);
  void give_up_lost_writes();
  void give_up_late_writes();
  bool is_overloaded() const;
  void publish_status();
  std::vector<PeerStatus> peer_statuses() const;
  bool is_ready() const;
  void trace_changes(const Output& output);

  const ServerOptions options_;
  Trace trace_;
  Faults faults_;
  Metrics metrics_;
  KvStore store_;
  std::unique_ptr<Storage> storage_;
  RaftNode node_;
  Ticker ticker_;
  RoundInbox<Input> inbox_;
  bool is_idle_ = true;  // the node had nothing more to put out
  bool is_writing_ = false;  // the server's thread, beside others' rounds
  std::atomic<bool> is_in_use_ = false;  // clients wait
  std::map<Index, Waiter> waiting_;  // for their entries
  std::vector<std::pair<WriteDone, WriteResult>> answers_;  // not given yet
  std::size_t waiting_bytes_ = 0;
  std::vector<ReadDone> new_reads_;  // of this round, which share a ReadId
  std::map<ReadId, std::vector<ReadDone>> reads_;
  ReadId last_read_ = 0;
  Transport transport_;
  mutable std::mutex mutex_;
  ServerStatus status_;  // as of the last round
  std::thread thread_;
  Timer timer_;
  Api api_;  // last: its threads call the rest
};

}  // namespace raft
