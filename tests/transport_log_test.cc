// [since stage2_naive_repl]
// What a transport says of its work: the trace, by a clock that grows along
// with every message, and the log, one line for an outage.
#include <cppunit/extensions/HelperMacros.h>
#include <map>

#include "common/temporary_directory.h"
#include "tests/log_lines.h"
#include "tests/transport_events.h"
#include "tests/transport_nodes.h"

namespace raft {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

class TransportLogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TransportLogTest);
  CPPUNIT_TEST(each_message_is_traced_where_it_is_sent_and_received);
  CPPUNIT_TEST(a_lost_message_is_traced_as_a_drop);
  CPPUNIT_TEST(a_receive_has_a_greater_clock_than_its_send);
  CPPUNIT_TEST(a_node_catches_up_with_a_peer_that_is_ahead);
  CPPUNIT_TEST(what_is_refused_does_not_move_the_clock);
  CPPUNIT_TEST(an_outage_is_one_line_in_the_log_and_its_end_another);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_message_is_traced_where_it_is_sent_and_received() {
    const TemporaryDirectory directory;
    const ThreePorts ports;
    {
      TransportNode two(2, ports, directory.file("2"));
      PeerPort peer(ports.peer(2));
      peer.send(line_of(request(2, 7)));
      two.transport().answer(result_of(two.receive()));
      peer.receive();
    }
    const auto events = events_in(directory.file("2"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, events.size());
    CPPUNIT_ASSERT_EQUAL(std::string("receive"), events[0].event);
    CPPUNIT_ASSERT_EQUAL(std::string("append_entries"), events[0].type);
    CPPUNIT_ASSERT_EQUAL(std::string("send"), events[1].event);
    CPPUNIT_ASSERT_EQUAL(std::string("append_entries_result"), events[1].type);
    for (const Event& event : events) {
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, event.node);
      CPPUNIT_ASSERT_EQUAL(Index{7}, event.index);
    }
  }

  void a_lost_message_is_traced_as_a_drop() {
    const TemporaryDirectory directory;
    const ThreePorts ports;
    TransportNode one(1, ports, directory.file("1"));
    one.transport().call(request(2, 7));
    const auto events = events_in(directory.file("1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, events.size());
    CPPUNIT_ASSERT_EQUAL(std::string("drop"), events[0].event);
    CPPUNIT_ASSERT_EQUAL(Index{7}, events[0].index);
  }

  // The nodes of a local cluster share the file, as here.
  void a_receive_has_a_greater_clock_than_its_send() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    const ThreePorts ports;
    {
      TransportNode one(1, ports, file);
      TransportNode two(2, ports, file);
      TransportNode three(3, ports, file);
      two.answer_all();
      three.answer_all();
      for (Index round = 1; round <= 5; ++round) {
        one.call_until_answered(2, 2000 * round, "x");
        one.call_until_answered(3, 2000 * round + 1000, "x");
      }
    }
    std::map<std::uint64_t, std::uint64_t> clock_of_node;
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> sent;
    std::size_t receives = 0;
    for (const Event& event : events_in(file)) {
      CPPUNIT_ASSERT(event.clock > clock_of_node[event.node]);
      clock_of_node[event.node] = event.clock;
      const auto message = std::pair(event.type, event.index);
      if (event.event == "send") sent[message] = event.clock;
      if (event.event != "receive") continue;
      CPPUNIT_ASSERT(sent.contains(message));
      CPPUNIT_ASSERT(event.clock > sent[message]);
      ++receives;
    }
    CPPUNIT_ASSERT(receives >= 20);
  }

  void a_node_catches_up_with_a_peer_that_is_ahead() {
    std::string line = line_of(request(2, 1));
    line.insert(line.find("\"clock\":") + 8, "1000");
    const ThreePorts ports;
    TransportNode two(2, ports);
    two.answer_all();
    PeerPort peer(ports.peer(2));
    peer.send(line);
    const auto clock = peer.receive().number("clock").value();
    CPPUNIT_ASSERT(clock > 1000);
    peer.send(line_of(request(2, 2)));
    CPPUNIT_ASSERT(peer.receive().number("clock").value() > clock);
  }

  void what_is_refused_does_not_move_the_clock() {
    const std::string line = line_of(request(2, 1));
    std::string refused = line;
    refused.replace(refused.find("\"to\":2"), 6, "\"to\":3");
    refused.insert(refused.find("\"clock\":") + 8, "1000");
    const ThreePorts ports;
    TransportNode two(2, ports);
    two.answer_all();
    PeerPort peer(ports.peer(2));
    peer.send(refused);
    CPPUNIT_ASSERT(peer.receive().has("error"));
    peer.send(line);
    CPPUNIT_ASSERT(peer.receive().number("clock").value() < 1000);
  }

  // On a busy machine there may be an outage more.
  void an_outage_is_one_line_in_the_log_and_its_end_another() {
    auto log = LogLines::install();
    const ThreePorts ports;
    TransportNode one(1, ports);
    for (int outage = 0; outage < 2; ++outage) {
      for (Index i = 1; i <= 3; ++i) one.transport().call(request(2, i));
      const auto lost = log->take();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lost.size());
      CPPUNIT_ASSERT(contains(lost[0], "node 2 misses a message"));
      TransportNode two(2, ports);
      two.answer_all();
      for (int i = 0; i < 3; ++i) one.call_until_answered(2, 100, "x");
      const auto found = log->take();
      CPPUNIT_ASSERT(found.size() % 2 == 1);
      for (std::size_t i = 0; i < found.size(); ++i) {
        CPPUNIT_ASSERT(contains(found[i], i % 2 == 0 ? "again" : "misses"));
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TransportLogTest);

}  // namespace
}  // namespace raft
