// [since stage5_rpc]
// Transports of several nodes that call each other, and peers that are slow,
// frozen or gone. No call has a deadline that could pass, unless the test is
// about one: what does not wait for another thing never would.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <map>
#include <optional>

#include "common/temporary_directory.h"
#include "tests/log_lines.h"
#include "tests/rpc_nodes.h"
#include "tests/rpc_silent_peers.h"
#include "tests/transport_events.h"

namespace raft {
namespace {

// To node 2, of the term of request(), or of one that is `newer` by so much.
Envelope heartbeat(Term newer) {
  Envelope message = request(2, 1);
  auto& args = std::get<AppendEntries>(message.message);
  args.entries.clear();
  args.term += newer;
  return message;
}

class RpcTransportTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RpcTransportTest);
  CPPUNIT_TEST(a_request_gets_there_and_its_result_comes_back);
  CPPUNIT_TEST(each_node_calls_each_other_one);
  CPPUNIT_TEST(a_receiver_may_send_at_once);
  CPPUNIT_TEST(a_message_of_the_largest_size_gets_there);
  CPPUNIT_TEST(a_peer_that_does_not_answer_keeps_nobody_waiting);
  CPPUNIT_TEST(a_frozen_peer_keeps_nobody_waiting);
  CPPUNIT_TEST(a_black_hole_keeps_nobody_waiting);
  CPPUNIT_TEST(the_newest_message_takes_the_place_of_one_that_waits_5_5);
  CPPUNIT_TEST(a_heartbeat_takes_the_place_of_no_entries);
  CPPUNIT_TEST(a_heartbeat_of_a_newer_term_takes_the_place_of_anything);
  CPPUNIT_TEST(stop_ends_the_calls_that_are_out);
  CPPUNIT_TEST(stop_releases_who_waits_for_a_result);
  CPPUNIT_TEST(nothing_is_sent_or_received_after_stop);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_request_gets_there_and_its_result_comes_back() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    for (const bool success : {true, false}) {
      for (Index index = 1; index <= 3; ++index) {
        one.send(request(2, index));
        two.answer(request(2, index), success);
        CPPUNIT_ASSERT(result_of(request(2, index), success) == one.receive());
      }
    }
    CPPUNIT_ASSERT(one.stop().empty());
    CPPUNIT_ASSERT(two.stop().empty());
  }

  void each_node_calls_each_other_one() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    RpcNode three(3, ports);
    std::map<NodeId, RpcNode*> nodes = {{1, &one}, {2, &two}, {3, &three}};
    for (const auto& [from, sender] : nodes) {
      for (const auto& [to, receiver] : nodes) {
        if (from == to) continue;
        const Envelope call = request(to, 10 * from + to, "x", from);
        sender->send(call);
        receiver->answer(call);
        CPPUNIT_ASSERT(result_of(call) == sender->receive());
      }
    }
  }

  // On the thread that brings it a message, results and requests alike.
  void a_receiver_may_send_at_once() {
    constexpr Index kCalls = 500;
    const ThreePorts ports;
    Trace trace("", 1);
    Faults faults;
    Inbox<Index> ended;
    std::optional<Transport> one;
    std::optional<Transport> two;
    const auto ask_next = [&](const Envelope& result) {
      const Index index =
          std::get<AppendEntriesResult>(result.message).match_index;
      if (index == kCalls) return ended.push(index);
      one->send(request(2, index + 1));
    };
    const auto answer = [&](const Envelope& request) {
      two->send(result_of(request));
    };
    one.emplace(1, ports.cluster(), ask_next, trace, faults);
    two.emplace(2, ports.cluster(), answer, trace, faults);

    one->send(request(2, 1));

    CPPUNIT_ASSERT_EQUAL(kCalls, *ended.pop());
    one->stop();
    two->stop();
  }

  // Two of the largest values, and all bytes that there are.
  void a_message_of_the_largest_size_gets_there() {
    std::string command(2 * 1024 * 1024 + 2048, '\0');
    for (std::size_t i = 0; i < command.size(); ++i) {
      command[i] = static_cast<char>(i * 31 / 7);
    }
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    const Envelope large = request(2, 9'007'199'254'740'993, command);
    one.send(large);
    two.answer(large);
    CPPUNIT_ASSERT(result_of(large) == one.receive());
  }

  void a_peer_that_does_not_answer_keeps_nobody_waiting() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    RpcNode three(3, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());
    for (Index index = 2; index <= 5; ++index) {
      one.send(request(2, index));
      one.send(request(3, index));
      three.answer(request(3, index));
      CPPUNIT_ASSERT(result_of(request(3, index)) == one.receive());
    }
    CPPUNIT_ASSERT(one.stop().empty());
    CPPUNIT_ASSERT(two.stop().empty());
  }

  // SIGSTOP. The message is larger than what the kernel takes for it.
  void a_frozen_peer_keeps_nobody_waiting() {
    const ThreePorts ports;
    FrozenPeer two(ports.peer(2));
    RpcNode one(1, ports);
    RpcNode three(3, ports);
    one.send(request(2, 1, std::string(8 * 1024 * 1024, 'v')));
    two.await_connection();
    check_that_one_reaches(three, one);
  }

  // Here calls have a deadline: one that is connecting ends with it.
  void a_black_hole_keeps_nobody_waiting() {
    const ThreePorts ports;
    const BlackHole two(ports.peer(2));
    RpcNode one(1, ports, {.call_timeout_ms = Transport::kCallTimeoutMs});
    RpcNode three(3, ports);
    one.send(request(2, 1));
    check_that_one_reaches(three, one);
  }

  // One message is out, one waits; what comes meanwhile replaces the latter,
  // and losing a message is harmless (§5.5).
  void the_newest_message_takes_the_place_of_one_that_waits_5_5() {
    const TemporaryDirectory directory;
    const ThreePorts ports;
    RpcNode one(1, ports, {.trace_file = directory.file("1")});
    RpcNode two(2, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());
    for (Index index = 2; index <= 4; ++index) one.send(request(2, index));

    two.send(result_of(request(2, 1)));
    two.answer(request(2, 4));
    CPPUNIT_ASSERT(result_of(request(2, 1)) == one.receive());
    CPPUNIT_ASSERT(result_of(request(2, 4)) == one.receive());
    CPPUNIT_ASSERT(two.stop().empty());

    std::vector<Index> dropped;
    for (const Event& event : events_in(directory.file("1"))) {
      if (event.event != "drop") continue;
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, event.sent);
      dropped.push_back(event.index);
    }
    CPPUNIT_ASSERT(dropped == (std::vector<Index>{2, 3}));
  }

  // A follower that is slower than the heartbeats would never get any entries.
  void a_heartbeat_takes_the_place_of_no_entries() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());
    one.send(heartbeat(0));  // the call that is out is as good
    one.send(request(2, 2));
    one.send(heartbeat(0));

    two.send(result_of(request(2, 1)));
    CPPUNIT_ASSERT(result_of(request(2, 1)) == one.receive());
    two.answer(request(2, 2));
    CPPUNIT_ASSERT(result_of(request(2, 2)) == one.receive());

    // And when nothing is out a heartbeat leaves.
    one.send(heartbeat(0));
    CPPUNIT_ASSERT(heartbeat(0) == two.receive());
    CPPUNIT_ASSERT(two.stop().empty());
  }

  void a_heartbeat_of_a_newer_term_takes_the_place_of_anything() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());
    one.send(request(2, 2));
    one.send(heartbeat(1));

    two.send(result_of(request(2, 1)));
    CPPUNIT_ASSERT(heartbeat(1) == two.receive());
    CPPUNIT_ASSERT(two.stop().empty());
  }

  // Their deadline is far away.
  void stop_ends_the_calls_that_are_out() {
    const ThreePorts ports;
    FrozenPeer two(ports.peer(2));
    RpcNode three(3, ports);
    RpcNode one(1, ports);
    one.send(request(2, 1, std::string(8 * 1024 * 1024, 'v')));
    one.send(request(3, 1));
    two.await_connection();
    CPPUNIT_ASSERT(request(3, 1) == three.receive());
    one.send(request(2, 2));
    one.send(request(3, 2));

    CPPUNIT_ASSERT(one.stop().empty());
  }

  void stop_releases_who_waits_for_a_result() {
    auto log = LogLines::install();
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    one.send(request(2, 1));
    CPPUNIT_ASSERT(request(2, 1) == two.receive());

    CPPUNIT_ASSERT(two.stop().empty());

    CPPUNIT_ASSERT(log->await()[0].find("the node is stopping") !=
                   std::string::npos);
    two.send(result_of(request(2, 1)));  // nobody waits for it any more
    CPPUNIT_ASSERT(one.stop().empty());
  }

  void nothing_is_sent_or_received_after_stop() {
    const ThreePorts ports;
    RpcNode one(1, ports);
    RpcNode two(2, ports);
    one.stop();
    one.stop();
    one.send(request(2, 1));
    two.send(request(1, 1, "x", 2));
    CPPUNIT_ASSERT(one.stop().empty());
    CPPUNIT_ASSERT(two.stop().empty());
  }

 private:
  static void check_that_one_reaches(RpcNode& three, RpcNode& one) {
    for (Index index = 2; index <= 5; ++index) {
      one.send(request(2, index));
      one.send(request(3, index));
      three.answer(request(3, index));
      CPPUNIT_ASSERT(result_of(request(3, index)) == one.receive());
    }
    CPPUNIT_ASSERT(one.stop().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcTransportTest);

}  // namespace
}  // namespace raft
