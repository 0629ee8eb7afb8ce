// What the first client does not do: it tries once, waits as long as it takes,
// and has one connection.
#include <cppunit/extensions/HelperMacros.h>

#include "client.h"
#include "tests/reserved_port.h"
#include "tests/scripted_server.h"

namespace raft {
namespace {

using Connection = ScriptedServer::Connection;

class ClientOnceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientOnceTest);
  CPPUNIT_TEST(where_nobody_listens_nothing_is_executed);
  CPPUNIT_TEST(a_client_can_connect_when_the_server_is_there);
  CPPUNIT_TEST(unavailable_is_handed_on_at_once);
  CPPUNIT_TEST(even_a_get_is_lost_with_its_connection);
  CPPUNIT_TEST(a_server_that_restarts_is_lost_for_good);
  CPPUNIT_TEST_SUITE_END();

 public:
  void where_nobody_listens_nothing_is_executed() {
    const ReservedPort port;
    const Reply reply = Client(port.address()).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(reply.message.find("refused") != std::string::npos);
  }

  void a_client_can_connect_when_the_server_is_there() {
    const ReservedPort port;
    Client client(port.address());
    CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kNotExecuted);
    const ScriptedServer server({[](Connection& connection) {
                                  connection.receive();
                                  connection.send("{\"ok\":true}\n");
                                }},
                                port.address());
    CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
  }

  void unavailable_is_handed_on_at_once() {
    ScriptedServer server({[](Connection& connection) {
      while (connection.receive()) {
        connection.send(R"({"ok":false,"error":"unavailable",)"
                        R"("outcome":"not_executed"})"
                        "\n");
      }
    }});
    const Reply reply = Client(server.address()).put("k", "v");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  void even_a_get_is_lost_with_its_connection() {
    ScriptedServer server(
        {[](Connection& connection) { connection.receive(); }});
    const Reply reply = Client(server.address()).get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.received().size());
  }

  // The server is there again, and would answer.
  void a_server_that_restarts_is_lost_for_good() {
    ScriptedServer server({[](Connection& connection) {
      connection.receive();
      connection.send("{\"ok\":true}\n");
    }});
    Client client(server.address());
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.connections());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientOnceTest);

}  // namespace
}  // namespace raft
