// [since stage3_log_repl]
// A simulated message is traced with the fields that a real one has on the wire
// and in the trace of its server.
#include "tests/sim_fields.h"

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <future>
#include <sstream>

#include "common/deadline.h"
#include "common/faults.h"
#include "common/line_connection.h"
#include "common/temporary_directory.h"
#include "common/test_process.h"
#include "common/trace.h"
#include "tests/three_ports.h"
#include "tests/transport_messages.h"
#include "transport.h"

namespace raft {
namespace {

class SimFieldsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimFieldsTest);
  CPPUNIT_TEST(they_are_those_of_the_wire_and_of_the_trace);
  CPPUNIT_TEST_SUITE_END();

 public:
  void they_are_those_of_the_wire_and_of_the_trace() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("trace");
    const ThreePorts ports;
    Trace trace(file, 2);
    std::promise<void> received;
    const auto transport = make_transport<Transport>(
        ports, [&](const Envelope&) { received.set_value(); }, trace);
    Envelope call = request(2, 7, "an \"entry\"");
    auto& args = std::get<AppendEntries>(call.message);
    args.entries.push_back({.term = 25, .index = 8, .command = "another"});
    const Envelope result = result_of(call);

    auto peer = LineConnection::connect(ports.peer(2), patience()).value();
    CPPUNIT_ASSERT(peer.send(line_of(call), patience()).has_value());
    received.get_future().wait();
    transport->answer(result);
    const std::string answer = peer.receive(patience()).value();

    std::istringstream lines(text_of_file(file));
    std::string receive;
    std::string send;
    std::getline(lines, receive);
    std::getline(lines, send);
    assert_last(call.message, receive);
    assert_last(result.message, send);
    assert_last(result.message, answer);
    transport->stop();
  }

 private:
  // Node 2's. In some stages it can be told to make faults.
  template <typename T, typename Receiver>
  std::unique_ptr<T> make_transport(const ThreePorts& ports,
                                    const Receiver& receiver,
                                    Trace& trace) {
    const Cluster& cluster = ports.cluster();
    if constexpr (requires { T(2, cluster, receiver, trace, faults_); }) {
      return std::make_unique<T>(2, cluster, receiver, trace, faults_);
    } else {
      return std::make_unique<T>(2, cluster, receiver, trace);
    }
  }

  static std::string line_of(const Envelope& envelope) {
    return JsonWriter()
        .add("cluster_id", "test")
        .add("from", envelope.from)
        .add("to", envelope.to)
        .add("clock", std::uint64_t{1})
        .add_fields(fields_of(envelope.message))
        .text();
  }

  // Before them stand others.
  static void assert_last(const Message& message, const std::string& line) {
    const std::string fields = "," + fields_of(message).text().substr(1);
    CPPUNIT_ASSERT_MESSAGE(line + " has not " + fields, line.ends_with(fields));
  }

  Faults faults_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimFieldsTest);

}  // namespace
}  // namespace raft
