// [since stage6_election]
// What a put is told that waits at a leader when a later one comes. The server
// is a real one. The later leader is driven by hand, for what it says all at
// once a real one says bit by bit.
#include <chrono>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "common/faults.h"
#include "common/server_options.h"
#include "common/temporary_directory.h"
#include "common/test_process.h"
#include "common/trace.h"
#include "server.h"
#include "tests/reserved_port.h"
#include "tests/three_ports.h"
#include "transport.h"

namespace raft {
namespace {

// The first entry of a term has no command.
constexpr Index kOpening = 1;
constexpr Index kPut = 2;

const Command kOurs = {.key = "k", .value = "ours"};
const Command kAnother = {.key = "k", .value = "another"};

// Node 2. It votes for whoever asks, and acknowledges every entry but the put.
class Peer {
 public:
  explicit Peer(const ThreePorts& ports)
      : transport_(
            2,
            ports.cluster(),
            [this](const Envelope& request) {
              std::visit([this](const auto& args) { handle(args); },
                         request.message);
            },
            trace_,
            faults_) {}

  void send(Message message) {
    transport_.send({.from = 2, .to = 1, .message = std::move(message)});
  }

  // In which term node 1 leads, as soon as it does.
  Term await_leader() { return term_.get_future().get(); }

  // True if the put comes within that time.
  bool await_put(std::chrono::milliseconds time) {
    return has_come_.wait_for(time) == std::future_status::ready;
  }

 private:
  void handle(const RequestVote& args) {
    send(RequestVoteResult{.term = args.term, .vote_granted = true});
  }

  void handle(const AppendEntries& args) {
    if (!std::exchange(is_led_, true)) term_.set_value(args.term);
    const Index last = args.prev_log_index + args.entries.size();
    if (last >= kPut) {
      if (!std::exchange(has_put_, true)) put_.set_value();
      return;
    }
    send(AppendEntriesResult{.term = args.term,
                             .success = true,
                             .match_index = last,
                             .match_term = args.term});
  }

  template <typename Result>
  void handle(const Result&) {}

  std::promise<Term> term_;
  std::promise<void> put_;
  std::future<void> has_come_ = put_.get_future();
  bool is_led_ = false;
  bool has_put_ = false;
  Trace trace_{"", 2};
  Faults faults_;
  Transport transport_;
};

class ServerWritesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerWritesTest);
  CPPUNIT_TEST(K_10_a_put_that_the_next_leader_commits_at_once_is_answered);
  CPPUNIT_TEST(K_10_of_a_put_that_is_nowhere_committed_nobody_knows);
  CPPUNIT_TEST(K_11_a_put_gets_no_answer_to_another_one_at_its_index);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    peer_.emplace(ports_);
    server_.emplace(options());
    term_ = peer_->await_leader();
    begin_put();
  }

  void tearDown() override { server_->stop(); }

  void K_10_a_put_that_the_next_leader_commits_at_once_is_answered() {
    const Entry opening{.term = term_ + 1, .index = kPut + 1};

    peer_->send(AppendEntries{.term = term_ + 1,
                              .leader_id = 2,
                              .prev_log_index = kPut,
                              .prev_log_term = term_,
                              .entries = {opening},
                              .leader_commit = kPut + 1});

    const WriteResult result = result_of_put();
    CPPUNIT_ASSERT(result.status == WriteStatus::kApplied);
    CPPUNIT_ASSERT_EQUAL(kPut, result.applied.index);
    CPPUNIT_ASSERT_EQUAL(term_, result.applied.term);
  }

  void K_10_of_a_put_that_is_nowhere_committed_nobody_knows() {
    peer_->send(AppendEntries{.term = term_ + 1,
                              .leader_id = 2,
                              .prev_log_index = kOpening,
                              .prev_log_term = term_,
                              .leader_commit = kOpening});

    CPPUNIT_ASSERT(result_of_put().status == WriteStatus::kLeadershipLost);
  }

  // The same message deposes the leader and commits what stands there now.
  void K_11_a_put_gets_no_answer_to_another_one_at_its_index() {
    peer_->send(AppendEntries{.term = term_ + 1,
                              .leader_id = 2,
                              .prev_log_index = kOpening,
                              .prev_log_term = term_,
                              .entries = {{.term = term_ + 1,
                                           .index = kPut,
                                           .command = encode(kAnother)}},
                              .leader_commit = kPut});

    CPPUNIT_ASSERT(result_of_put().status == WriteStatus::kLeadershipLost);
  }

 private:
  ServerOptions options() const {
    return {.stage = RAFT_STAGE,
            .id = 1,
            .cluster = ports_.cluster(),
            .client_address = client_port_.address(),
            .data_dir = directory_.path(),
            .request_timeout_ms = 3'600'000};
  }

  // A leader that has not heard of anybody for long refuses it: once more.
  void begin_put() {
    do {
      if (!is_under_way()) write();
    } while (!peer_->await_put(std::chrono::milliseconds(10)));
  }

  void write() {
    auto done = std::make_shared<std::promise<WriteResult>>();
    put_ = done->get_future();
    server_->write(
        kOurs, [done](const WriteResult& result) { done->set_value(result); });
  }

  bool is_under_way() const {
    return put_.valid() && put_.wait_for(std::chrono::seconds(0)) ==
                               std::future_status::timeout;
  }

  WriteResult result_of_put() {
    CPPUNIT_ASSERT(put_.wait_until(patience()) == std::future_status::ready);
    return put_.get();
  }

  const TemporaryDirectory directory_;
  const ThreePorts ports_;
  const ReservedPort client_port_;
  std::optional<Peer> peer_;
  std::optional<Server> server_;
  Term term_ = 0;  // that it leads
  std::future<WriteResult> put_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerWritesTest);

}  // namespace
}  // namespace raft
