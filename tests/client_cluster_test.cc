// [since stage4_cluster_client]
// The client library when some servers are dead, silent or not the leader: whom
// it asks, what it sends again, and when it stops.
//
// A client that must not run into its timeout gets a long one.
#include <cppunit/extensions/HelperMacros.h>
#include <future>
#include <set>
#include <vector>

#include "client.h"
#include "common/http_server.h"
#include "tests/http_script.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Connection = ScriptedServer::Connection;

constexpr std::int64_t kLongMs = 50'000;
constexpr std::int64_t kShortMs = 400;

constexpr char kOk[] = R"({"ok":true,"value":"v"})";

HttpAnswer unavailable() {
  return {
      .status = 503,
      .headers = {{"Retry-After", "30"}},
      .body = R"({"ok":false,"error":"unavailable","outcome":"not_executed"})"};
}

HttpAnswer redirection_to(const std::string& address) {
  return {.status = 307,
          .headers = {{"Location", "http://" + address + "/v1/kv/k"}},
          .body = R"({"ok":false,"error":"not_leader"})"};
}

ScriptedServer::Script answering_always(const HttpAnswer& answer) {
  return [answer](Connection& connection) {
    while (receive_request(connection)) connection.send(bytes_of(answer));
  };
}

// Takes requests and never answers one.
void say_nothing(Connection& connection) {
  while (receive_request(connection)) {
  }
}

// Takes a request and ends the connection.
void drop_one(Connection& connection) {
  receive_request(connection);
}

const ScriptedServer::Script kAnswerAll = answering_always({.body = kOk});

// Answers one request, then ends the connection, as a server that restarts.
// Says so through `gone` when the client's machine has heard of it.
ScriptedServer::Script answer_one_and_end(std::promise<void>& gone) {
  return [&gone](Connection& connection) {
    receive_request(connection);
    connection.send(bytes_of({.body = kOk}));
    connection.end();
    gone.set_value();
  };
}

std::vector<std::string> lines_with(const ScriptedServer& server,
                                    const std::string& begin) {
  std::vector<std::string> lines;
  for (const std::string& line : server.received()) {
    if (line.starts_with(begin)) lines.push_back(line);
  }
  return lines;
}

std::size_t requests(const ScriptedServer& server) {
  return lines_with(server, "Host: ").size();
}

class ClientClusterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientClusterTest);
  CPPUNIT_TEST(reads_go_to_all_servers);
  CPPUNIT_TEST(a_write_follows_to_the_leader_and_remembers_it_8);
  CPPUNIT_TEST(a_leader_that_was_found_by_chance_is_remembered);
  CPPUNIT_TEST(a_leader_outside_the_list_is_followed);
  CPPUNIT_TEST(servers_that_point_at_each_other_are_not_followed_for_ever);
  CPPUNIT_TEST(a_redirection_that_leads_nowhere_is_no_answer);
  CPPUNIT_TEST(a_read_is_redirected_too);
  CPPUNIT_TEST(dead_servers_are_walked_past);
  CPPUNIT_TEST(a_silent_server_costs_its_share_of_the_time);
  CPPUNIT_TEST(a_server_that_can_not_serve_is_walked_past);
  CPPUNIT_TEST(a_leader_that_dies_is_asked_for_anew);
  CPPUNIT_TEST(a_write_without_an_answer_is_sent_again_with_its_number_8);
  CPPUNIT_TEST(an_earlier_try_leaves_its_doubt_8);
  CPPUNIT_TEST(a_read_without_an_answer_was_not_executed);
  CPPUNIT_TEST(nobody_there_means_surely_not_executed);
  CPPUNIT_TEST(a_server_that_comes_is_found_by_a_request_under_way);
  CPPUNIT_TEST(retry_after_does_not_keep_a_client_from_trying);
  CPPUNIT_TEST(a_restart_between_two_writes_is_noticed_before_the_second);
  CPPUNIT_TEST(an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one);
  CPPUNIT_TEST(a_server_that_closes_after_each_answer_is_served_with);
  CPPUNIT_TEST_SUITE_END();

 public:
  // At random: 200 reads miss one of three servers once in 10^35 runs. Each
  // keeps its connection.
  void reads_go_to_all_servers() {
    const ScriptedServer a({kAnswerAll});
    const ScriptedServer b({kAnswerAll});
    const ScriptedServer c({kAnswerAll});
    Client client({a.address(), b.address(), c.address()}, kLongMs);

    for (int i = 0; i < 200; ++i) {
      CPPUNIT_ASSERT(client.get("k").value == "v");
    }

    for (const ScriptedServer* server : {&a, &b, &c}) {
      CPPUNIT_ASSERT(requests(*server) > 0);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server->connections());
    }
  }

  // Clients send to the leader, and a follower names it (§8).
  void a_write_follows_to_the_leader_and_remembers_it_8() {
    const ScriptedServer leader({kAnswerAll});
    const ScriptedServer follower(
        {answering_always(redirection_to(leader.address()))});
    Client client({follower.address()}, kLongMs);

    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
    }

    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests(follower));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, requests(leader));
    CPPUNIT_ASSERT_EQUAL(lines_with(follower, "Raft-Serial")[0],
                         lines_with(leader, "Raft-Serial")[0]);
  }

  // Whoever executes a write is the leader.
  void a_leader_that_was_found_by_chance_is_remembered() {
    const ScriptedServer a({kAnswerAll});
    const ScriptedServer b({kAnswerAll});
    Client client({a.address(), b.address()}, kLongMs);

    for (int i = 0; i < 50; ++i) client.put("k", "v");

    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, requests(a) + requests(b));
    CPPUNIT_ASSERT(requests(a) == 0 || requests(b) == 0);
  }

  // It may have joined since the list was made.
  void a_leader_outside_the_list_is_followed() {
    const ScriptedServer leader({kAnswerAll});
    const ScriptedServer a(
        {answering_always(redirection_to(leader.address()))});
    const ScriptedServer b({answering_always(redirection_to(a.address()))});

    CPPUNIT_ASSERT(Client({b.address()}, kLongMs).put("k", "v").outcome ==
                   Outcome::kDone);
  }

  // Pauses keep them from being asked more than about ten times each.
  void servers_that_point_at_each_other_are_not_followed_for_ever() {
    const ReservedPort port;
    const ScriptedServer a({answering_always(redirection_to(port.address()))});
    const ScriptedServer b({answering_always(redirection_to(a.address()))},
                           port.address());

    const Reply reply =
        Client({a.address(), b.address()}, kShortMs).put("k", "v");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_EQUAL("not_leader"s, reply.error);
    CPPUNIT_ASSERT_MESSAGE(
        reply.message,
        reply.message.ends_with("; gave up, the limit is 400 ms"));
    CPPUNIT_ASSERT(requests(a) + requests(b) >= 6);
    CPPUNIT_ASSERT(requests(a) + requests(b) < 100);
  }

  // To another protocol, or nowhere at all.
  void a_redirection_that_leads_nowhere_is_no_answer() {
    for (HttpAnswer answer : {HttpAnswer{.status = 307},
                              redirection_to("127.0.0.1:0"),
                              redirection_to("no address")}) {
      const ScriptedServer server({answering_always(answer)});
      const Reply reply = Client({server.address()}, kShortMs).put("k", "v");
      CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
      CPPUNIT_ASSERT(requests(server) > 1);
    }
  }

  // One that only the leader can answer.
  void a_read_is_redirected_too() {
    const ScriptedServer leader({kAnswerAll});
    const ScriptedServer follower(
        {answering_always(redirection_to(leader.address()))});

    CPPUNIT_ASSERT(Client({follower.address()}, kLongMs).get("k").value == "v");
  }

  // At once, without a pause: three dead servers cost no time to speak of.
  // Reads and writes alike.
  void dead_servers_are_walked_past() {
    const ReservedPort a;
    const ReservedPort b;
    const ReservedPort c;
    const ScriptedServer alive({kAnswerAll});
    const std::vector<std::string> servers = {
        a.address(), b.address(), c.address(), alive.address()};
    for (int i = 0; i < 20; ++i) {
      Client client(servers, kLongMs);
      CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
      CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, requests(alive));
  }

  // A process that is stopped takes connections and says nothing. The write is
  // the same one there and here.
  void a_silent_server_costs_its_share_of_the_time() {
    const ScriptedServer silent({say_nothing});
    const ScriptedServer alive({kAnswerAll});
    bool has_met_it = false;
    for (int i = 0; i < 20 && !has_met_it; ++i) {
      Client client({silent.address(), alive.address()}, kLongMs / 50);
      CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
      has_met_it = requests(silent) > 0;
    }
    CPPUNIT_ASSERT_EQUAL(lines_with(silent, "Raft-").back(),
                         lines_with(alive, "Raft-").back());
    CPPUNIT_ASSERT_EQUAL(lines_with(silent, "Raft-Client-Id").back(),
                         lines_with(alive, "Raft-Client-Id").back());
  }

  void a_server_that_can_not_serve_is_walked_past() {
    const ScriptedServer lost({answering_always(unavailable())});
    const ScriptedServer alive({kAnswerAll});
    for (int i = 0; i < 20; ++i) {
      Client client({lost.address(), alive.address()}, kLongMs);
      CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
      CPPUNIT_ASSERT(client.get("k").outcome == Outcome::kDone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{40}, requests(alive));
  }

  // From any of the others, who may have heard of the next one.
  void a_leader_that_dies_is_asked_for_anew() {
    const ReservedPort port;
    const ScriptedServer next({kAnswerAll});
    std::optional<ScriptedServer> first;
    first.emplace(std::vector<ScriptedServer::Script>{kAnswerAll},
                  port.address());
    const ScriptedServer follower({[&](Connection& connection) {
      receive_request(connection);
      connection.send(bytes_of(redirection_to(port.address())));
      while (receive_request(connection)) {
        connection.send(bytes_of(redirection_to(next.address())));
      }
    }});
    Client client({follower.address()}, kLongMs);
    CPPUNIT_ASSERT(client.put("k", "1").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests(*first));

    first.reset();

    CPPUNIT_ASSERT(client.put("k", "2").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, requests(next));
  }

  // So the cluster knows it again if it has executed it (§8).
  void a_write_without_an_answer_is_sent_again_with_its_number_8() {
    const ScriptedServer server({drop_one, drop_one, kAnswerAll});
    Client client({server.address()}, kLongMs);

    CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
    CPPUNIT_ASSERT(client.remove("k").outcome == Outcome::kDone);

    const std::vector<std::string> expected = {"Raft-Serial: 1\r",
                                               "Raft-Serial: 1\r",
                                               "Raft-Serial: 1\r",
                                               "Raft-Serial: 2\r"};
    CPPUNIT_ASSERT(expected == lines_with(server, "Raft-Serial"));
    const auto ids = lines_with(server, "Raft-Client-Id");
    CPPUNIT_ASSERT(std::set<std::string>(ids.begin(), ids.end()).size() == 1);
  }

  // That the later ones were not executed proves nothing of the first (§8), so
  // their answer is not handed on.
  void an_earlier_try_leaves_its_doubt_8() {
    const ScriptedServer server({drop_one, answering_always(unavailable())});

    const Reply reply = Client({server.address()}, kShortMs).put("k", "v");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT(reply.message.find("may or may not") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(""s, reply.json);
    CPPUNIT_ASSERT(requests(server) > 1);
  }

  // There is nothing of it that could have been.
  void a_read_without_an_answer_was_not_executed() {
    const ScriptedServer server({say_nothing});
    const Reply reply = Client({server.address()}, kShortMs).get("k");
    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT_EQUAL(
        server.address() +
            ": no answer: timed out; gave up, the limit is 400 ms",
        reply.message);
  }

  void nobody_there_means_surely_not_executed() {
    const ReservedPort a;
    const ReservedPort b;
    const auto start = Clock::now();

    const Reply reply =
        Client({a.address(), b.address()}, kShortMs).put("k", "v");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(reply.message.find("connection refused (no server there?)"
                                      "; gave up, the limit is 400 ms") !=
                   std::string::npos);
    // The pauses grow, so the last of them ends well after the first.
    CPPUNIT_ASSERT(Clock::now() - start >= std::chrono::milliseconds(100));
  }

  void a_server_that_comes_is_found_by_a_request_under_way() {
    const ReservedPort port;
    Client client({port.address()}, kLongMs);
    auto reply =
        std::async(std::launch::async, [&] { return client.put("k", "v"); });
    const HttpServer server(
        {.address = port.address(),
         .handler =
             [](HttpRequest, const HttpServerOptions::Reply& answer) {
               answer({.body = kOk});
             },
         .error_answer =
             [](int status, std::string, std::string) {
               return HttpAnswer{.status = status};
             }});
    CPPUNIT_ASSERT(reply.get().outcome == Outcome::kDone);
  }

  // It counts in seconds, and a new leader is there in tenths of one.
  void retry_after_does_not_keep_a_client_from_trying() {
    const ScriptedServer server({[](Connection& connection) {
      receive_request(connection);
      connection.send(bytes_of(unavailable()));
      while (receive_request(connection)) {
        connection.send(bytes_of({.body = kOk}));
      }
    }});

    const Reply reply = Client({server.address()}, 20'000).put("k", "v");

    CPPUNIT_ASSERT(reply.outcome == Outcome::kDone);
  }

  // Sent into the old connection, the second would have to be sent again.
  void a_restart_between_two_writes_is_noticed_before_the_second() {
    std::promise<void> gone;
    const ScriptedServer server({answer_one_and_end(gone), kAnswerAll});
    Client client({server.address()}, kLongMs);
    CPPUNIT_ASSERT(client.put("k", "1").outcome == Outcome::kDone);
    gone.get_future().wait();
    CPPUNIT_ASSERT(client.put("k", "2").outcome == Outcome::kDone);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, requests(server));
  }

  void an_answer_that_nobody_asked_for_is_not_taken_for_the_next_one() {
    const ScriptedServer server(
        {[](Connection& connection) {
           receive_request(connection);
           connection.send(bytes_of({.body = R"({"value":"1"})"}) +
                           bytes_of({.body = R"({"value":"surplus"})"}));
           receive_request(connection);
         },
         answering_always({.body = R"({"value":"2"})"})});
    Client client({server.address()}, kLongMs);
    CPPUNIT_ASSERT(client.get("1").value == "1");
    CPPUNIT_ASSERT(client.get("2").value == "2");
  }

  // It says so with the answer, and may take its time to do it.
  void a_server_that_closes_after_each_answer_is_served_with() {
    const ScriptedServer server({[](Connection& connection) {
      receive_request(connection);
      connection.send(
          bytes_of({.headers = {{"Connection", "close"}}, .body = kOk}));
      receive_request(connection);
    }});
    Client client({server.address()}, kLongMs);
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(client.put("k", "v").outcome == Outcome::kDone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server.connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, requests(server));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientClusterTest);

}  // namespace
}  // namespace raft
