// [since stage5_rpc]
// The trace of a transport: each message where it is sent, received or dropped,
// by a clock that grows along with every message.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <map>
#include <thread>
#include <utility>

#include "common/connect_client.h"
#include "common/temporary_directory.h"
#include "common/test_process.h"
#include "raft.pb.h"
#include "tests/log_lines.h"
#include "tests/rpc_nodes.h"
#include "tests/transport_events.h"

namespace raft {
namespace {

// What happened to which message.
using Facts = std::vector<std::pair<std::string, std::string>>;

Facts facts_in(const std::vector<Event>& events) {
  Facts facts;
  for (const Event& event : events) facts.emplace_back(event.event, event.type);
  return facts;
}

// A call to node 2 from outside, in the name of node 1.
v1::AppendEntriesRequest call(std::uint64_t clock) {
  v1::AppendEntriesRequest request;
  request.set_cluster_id("test");
  request.set_from(1);
  request.set_to(2);
  request.set_clock(clock);
  request.add_entries()->set_index(7);
  return request;
}

class RpcTraceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RpcTraceTest);
  CPPUNIT_TEST(each_message_is_traced_where_it_is_sent_and_received);
  CPPUNIT_TEST(a_lost_message_is_traced_as_a_drop);
  CPPUNIT_TEST(a_receive_has_a_greater_clock_than_its_send);
  CPPUNIT_TEST(a_node_catches_up_with_a_peer_that_is_ahead);
  CPPUNIT_TEST(what_is_refused_is_not_traced_and_moves_no_clock);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_message_is_traced_where_it_is_sent_and_received() {
    const TemporaryDirectory directory;
    const ThreePorts ports;
    {
      RpcNode one(1, ports, {.trace_file = directory.file("1")});
      RpcNode two(2, ports, {.trace_file = directory.file("2")});
      one.send(request(2, 7));
      two.answer(request(2, 7));
      one.receive();
    }
    const auto of_one = events_in(directory.file("1"));
    const auto of_two = events_in(directory.file("2"));
    const Facts sender = {{"send", "append_entries"},
                          {"receive", "append_entries_result"}};
    const Facts receiver = {{"receive", "append_entries"},
                            {"send", "append_entries_result"}};
    CPPUNIT_ASSERT(sender == facts_in(of_one));
    CPPUNIT_ASSERT(receiver == facts_in(of_two));
    for (const auto* events : {&of_one, &of_two}) {
      for (const Event& event : *events) {
        CPPUNIT_ASSERT_EQUAL(NodeId(events == &of_one ? 1 : 2), event.node);
        CPPUNIT_ASSERT_EQUAL(Index{7}, event.index);
      }
    }
  }

  // With the fields that it had, the commands included.
  void a_lost_message_is_traced_as_a_drop() {
    auto log = LogLines::install();
    const TemporaryDirectory directory;
    const ThreePorts ports;
    RpcNode one(1, ports, {.trace_file = directory.file("1")});
    one.send(request(2, 7, "lost"));
    log->await();
    const auto events = events_in(directory.file("1"));
    const Facts expected = {{"send", "append_entries"},
                            {"drop", "append_entries"}};
    CPPUNIT_ASSERT(expected == facts_in(events));
    CPPUNIT_ASSERT_EQUAL(Index{7}, events[1].index);
    CPPUNIT_ASSERT_EQUAL(events[0].clock, events[1].sent);
    const std::string text = text_of_file(directory.file("1"));
    CPPUNIT_ASSERT(text.find("\"command\":\"lost\"") !=
                   text.rfind("\"command\":\"lost\""));
  }

  // The nodes of a local cluster share the file, as here.
  void a_receive_has_a_greater_clock_than_its_send() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    const ThreePorts ports;
    {
      RpcNode one(1, ports, {.trace_file = file});
      RpcNode two(2, ports, {.trace_file = file});
      RpcNode three(3, ports, {.trace_file = file});
      for (Index index = 1; index <= 20; ++index) {
        RpcNode& peer = index % 2 == 0 ? two : three;
        const Envelope message = request(index % 2 == 0 ? 2 : 3, index);
        one.send(message);
        peer.answer(message);
        CPPUNIT_ASSERT(result_of(message) == one.receive());
      }
    }
    std::map<std::uint64_t, std::uint64_t> clock_of_node;
    std::map<std::pair<std::string, Index>, std::uint64_t> sent;
    std::size_t receives = 0;
    for (const Event& event : events_in(file)) {
      CPPUNIT_ASSERT(event.clock > clock_of_node[event.node]);
      clock_of_node[event.node] = event.clock;
      const auto message = std::pair(event.type, event.index);
      if (event.event == "send") sent[message] = event.clock;
      if (event.event != "receive") continue;
      CPPUNIT_ASSERT(sent.contains(message));
      CPPUNIT_ASSERT_EQUAL(sent[message], event.sent);
      CPPUNIT_ASSERT(event.clock > event.sent);
      ++receives;
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, receives);
  }

  void a_node_catches_up_with_a_peer_that_is_ahead() {
    const ThreePorts ports;
    RpcNode two(2, ports);
    ConnectClient peer(ports.peer(2), "raft.v1.RaftService");
    const std::uint64_t first = clock_after(peer, two, call(1000));
    CPPUNIT_ASSERT(first > 1000);
    CPPUNIT_ASSERT(clock_after(peer, two, call(1)) > first);
  }

  void what_is_refused_is_not_traced_and_moves_no_clock() {
    const TemporaryDirectory directory;
    const ThreePorts ports;
    RpcNode two(2, ports, {.trace_file = directory.file("2")});
    ConnectClient peer(ports.peer(2), "raft.v1.RaftService");
    v1::AppendEntriesRequest refused = call(1000);
    refused.set_to(3);
    v1::AppendEntriesResponse response;
    CPPUNIT_ASSERT(!peer.call("AppendEntries", refused, response, patience()));
    CPPUNIT_ASSERT(text_of_file(directory.file("2")).empty());
    CPPUNIT_ASSERT(clock_after(peer, two, call(1)) < 1000);
  }

 private:
  // Makes the call, lets the node answer it, and returns the answer's clock.
  static std::uint64_t clock_after(ConnectClient& peer,
                                   RpcNode& two,
                                   const v1::AppendEntriesRequest& request) {
    std::thread node([&] { two.send(result_of(two.receive())); });
    v1::AppendEntriesResponse response;
    const auto done = peer.call("AppendEntries", request, response, patience());
    node.join();
    CPPUNIT_ASSERT(done);
    return response.clock();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RpcTraceTest);

}  // namespace
}  // namespace raft
