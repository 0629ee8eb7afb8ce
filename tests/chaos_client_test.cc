// [since stage4_cluster_client]
// The client of chaos runs: what it records is what it can know. And the whole
// of it, client, history and checker, against a server with a flaw.
#include "tests/chaos_client.h"

#include <cppunit/extensions/HelperMacros.h>
#include <future>

#include "tests/chaos_load.h"
#include "tests/fake_kv.h"
#include "tests/linearizability.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

ChaosClientOptions options_for(const FakeKv& server,
                               const std::string& session = "") {
  return {.servers = {server.address()}, .session = session};
}

Operation put(const std::string& value) {
  return {.kind = Kind::kPut, .key = "k", .value = value};
}

Operation get() {
  return {.kind = Kind::kGet, .key = "k"};
}

std::string header(const HttpRequest& request, const std::string& name) {
  return header_in(request.headers, name).value_or("none");
}

class ChaosClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ChaosClientTest);
  CPPUNIT_TEST(every_answer_is_recorded);
  CPPUNIT_TEST(reads_say_how_consistent_they_are_to_be);
  CPPUNIT_TEST(a_redirection_is_followed);
  CPPUNIT_TEST(of_a_dead_server_and_a_live_one_the_live_one_answers);
  CPPUNIT_TEST(what_was_not_executed_is_tried_again);
  CPPUNIT_TEST(what_never_was_executed_is_recorded_as_such);
  CPPUNIT_TEST(an_unknown_write_is_not_tried_again);
  CPPUNIT_TEST(an_unknown_write_with_a_serial_number_is_tried_again);
  CPPUNIT_TEST(after_an_unknown_try_a_refusal_settles_nothing);
  CPPUNIT_TEST(an_answer_that_is_lost_is_unknown);
  CPPUNIT_TEST(serial_numbers_count_writes);
  CPPUNIT_TEST(after_the_end_of_a_session_another_one_begins);
  CPPUNIT_TEST(nonsense_is_counted_and_settles_nothing);
  CPPUNIT_TEST(a_load_on_a_correct_server_is_linearizable);
  CPPUNIT_TEST(a_retry_applied_twice_is_caught);
  CPPUNIT_TEST(a_stale_read_is_caught);
  CPPUNIT_TEST_SUITE_END();

 public:
  void every_answer_is_recorded() {
    FakeKv server;
    History history;
    ChaosClient client(options_for(server), history);
    const auto does = [&](const Operation& operation) {
      return client.run(operation).outcome;
    };
    CPPUNIT_ASSERT(does(get()) == Outcome::kNotFound);
    CPPUNIT_ASSERT(does({.kind = Kind::kDelete, .key = "k"}) ==
                   Outcome::kNotFound);
    CPPUNIT_ASSERT(does(put("a")) == Outcome::kOk);
    CPPUNIT_ASSERT(does(get()) == Outcome::kOk);
    CPPUNIT_ASSERT(does({.kind = Kind::kCas, .key = "k", .value = "b"}) ==
                   Outcome::kConflict);
    CPPUNIT_ASSERT(
        does({.kind = Kind::kCas, .key = "k", .expected = "a", .value = "b"}) ==
        Outcome::kOk);
    CPPUNIT_ASSERT(does({.kind = Kind::kDelete, .key = "k"}) == Outcome::kOk);

    const auto recorded = history.operations();
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, recorded.size());
    CPPUNIT_ASSERT(recorded[3].result == "a");
    CPPUNIT_ASSERT(recorded[4].result == "a");
    CPPUNIT_ASSERT(check_linearizable(recorded).is_linearizable());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, client.counts().tries);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, client.counts().nonsense);
  }

  void reads_say_how_consistent_they_are_to_be() {
    FakeKv server;
    History history;
    ChaosClientOptions options = options_for(server);
    options.consistency = "stale";
    ChaosClient client(options, history);

    client.run(get());

    CPPUNIT_ASSERT(server.requests().back().query() == "consistency=stale");
  }

  void a_redirection_is_followed() {
    FakeKv leader;
    FakeKv follower;
    follower.say(
        {.status = 307,
         .headers = {{"Location", "http://" + leader.address() + "/v1/kv/k"}}});
    History history;
    ChaosClient client(options_for(follower), history);

    const Operation done = client.run(put("a"));

    CPPUNIT_ASSERT(done.outcome == Outcome::kOk);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, leader.requests().size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, client.counts().redirections);
  }

  void of_a_dead_server_and_a_live_one_the_live_one_answers() {
    const ReservedPort dead;
    FakeKv server;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
      History history;
      ChaosClient client({.servers = {dead.address(), server.address()},
                          .give_up_ms = 60'000,
                          .seed = seed},
                         history);
      CPPUNIT_ASSERT(client.run(put("a")).outcome == Outcome::kOk);
    }
  }

  void what_was_not_executed_is_tried_again() {
    FakeKv server;
    server.say_error(503, "unavailable", "not_executed");
    server.say_error(503, "overloaded", "not_executed");
    History history;
    ChaosClient client(options_for(server), history);

    CPPUNIT_ASSERT(client.run(put("a")).outcome == Outcome::kOk);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, server.requests().size());
  }

  void what_never_was_executed_is_recorded_as_such() {
    const ReservedPort dead;
    History history;
    ChaosClient client({.servers = {dead.address()}, .give_up_ms = 1}, history);

    client.run(put("a"));

    CPPUNIT_ASSERT(history.operations()[0].outcome == Outcome::kNotExecuted);
  }

  void an_unknown_write_is_not_tried_again() {
    FakeKv server;
    server.say_error(504, "timeout", "unknown");
    History history;
    ChaosClient client(options_for(server), history);

    client.run(put("a"));

    CPPUNIT_ASSERT(history.operations()[0].outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, server.requests().size());
  }

  void an_unknown_write_with_a_serial_number_is_tried_again() {
    FakeKv server;
    server.say_error(504, "timeout", "unknown");
    server.say_error(503, "leadership_lost", "unknown");
    History history;
    ChaosClient client(options_for(server, "me"), history);

    CPPUNIT_ASSERT(client.run(put("a")).outcome == Outcome::kOk);

    const auto requests = server.requests();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, requests.size());
    for (const HttpRequest& request : requests) {
      CPPUNIT_ASSERT_EQUAL(std::string("1"), header(request, "Raft-Serial"));
      CPPUNIT_ASSERT_EQUAL(header(requests[0], "Raft-Client-Id"),
                           header(request, "Raft-Client-Id"));
    }
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, client.counts().repeats);
  }

  // The later try was not executed; the first one may have been.
  void after_an_unknown_try_a_refusal_settles_nothing() {
    FakeKv server;
    server.say_error(504, "timeout", "unknown");
    server.say_error(409, "session_expired", "not_executed");
    History history;
    ChaosClient client(options_for(server, "me"), history);

    client.run(put("a"));

    CPPUNIT_ASSERT(history.operations()[0].outcome == Outcome::kUnknown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, server.requests().size());
  }

  void an_answer_that_is_lost_is_unknown() {
    FakeKv server;
    server.hold_next_answer();
    History history;
    ChaosClientOptions options = options_for(server);
    options.try_timeout_ms = 50;
    ChaosClient client(options, history);

    client.run(put("a"));

    CPPUNIT_ASSERT(history.operations()[0].outcome == Outcome::kUnknown);
  }

  void serial_numbers_count_writes() {
    FakeKv server;
    History history;
    ChaosClient client(options_for(server, "me"), history);
    for (const Operation& each : {put("a"), get(), put("b")}) client.run(each);

    const auto requests = server.requests();
    CPPUNIT_ASSERT_EQUAL(std::string("1"), header(requests[0], "Raft-Serial"));
    CPPUNIT_ASSERT_EQUAL(std::string("none"),
                         header(requests[1], "Raft-Serial"));
    CPPUNIT_ASSERT_EQUAL(std::string("2"), header(requests[2], "Raft-Serial"));
  }

  void after_the_end_of_a_session_another_one_begins() {
    FakeKv server;
    server.say_error(409, "session_expired", "not_executed");
    History history;
    ChaosClient client(options_for(server, "me"), history);

    CPPUNIT_ASSERT(client.run(put("a")).outcome == Outcome::kNotExecuted);
    CPPUNIT_ASSERT(client.run(put("b")).outcome == Outcome::kOk);

    const auto requests = server.requests();
    CPPUNIT_ASSERT(header(requests[0], "Raft-Client-Id") !=
                   header(requests[1], "Raft-Client-Id"));
    CPPUNIT_ASSERT_EQUAL(std::string("1"), header(requests[1], "Raft-Serial"));
  }

  void nonsense_is_counted_and_settles_nothing() {
    FakeKv server;
    server.say({.status = 200, .body = "fine"});  // to a get: no value
    server.say_error(409, "conflict");  // to a put without condition
    server.say_error(400, "bad_request", "not_executed");
    History history;
    ChaosClient client(options_for(server), history);

    const Operation read = client.run(get());
    const Operation write = client.run(put("a"));

    // The read was repeated, and met the conflict and the bad request.
    CPPUNIT_ASSERT(read.outcome == Outcome::kNotFound);
    CPPUNIT_ASSERT(write.outcome == Outcome::kOk);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, client.counts().nonsense);
    CPPUNIT_ASSERT_EQUAL(std::string("status 200 fine"),
                         client.counts().first_nonsense);
  }

  void a_load_on_a_correct_server_is_linearizable() {
    FakeKv server;
    ChaosLoad load({.servers = {server.address()},
                    .clients = 4,
                    .operations_per_second = 0});
    CPPUNIT_ASSERT(load.await_finished(2'000, Deadline::max()));
    CPPUNIT_ASSERT(load.await_acknowledged(100, Deadline::max()));
    load.stop();
    load.read_all();

    const auto history = load.history();
    const Verdict verdict = check_linearizable(history);
    CPPUNIT_ASSERT_MESSAGE(verdict.explanation, verdict.is_linearizable());
    CPPUNIT_ASSERT_EQUAL(load.finished(), std::uint64_t{history.size()});
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, load.counts().nonsense);
  }

  // A client does not hear that its write was done, and asks again; others have
  // written since then.
  void a_retry_applied_twice_is_caught() {
    CPPUNIT_ASSERT(after_a_retry({}).is_linearizable());
    const Verdict verdict = after_a_retry({.executes_repeats = true});
    CPPUNIT_ASSERT(verdict.kind == Verdict::Kind::kNotLinearizable);
  }

  void a_stale_read_is_caught() {
    FakeKv server({.has_stale_reads = true});
    History history;
    ChaosClient client(options_for(server), history);
    for (const Operation& each : {put("a"), put("b"), get()}) client.run(each);

    const Verdict verdict = check_linearizable(history.operations());
    CPPUNIT_ASSERT(verdict.kind == Verdict::Kind::kNotLinearizable);
  }

 private:
  static Verdict after_a_retry(FakeKvFlaws flaws) {
    FakeKv server(flaws);
    History history;
    ChaosClientOptions options = options_for(server, "retries");
    options.try_timeout_ms = 60'000;
    ChaosClient retries(options, history);
    ChaosClient other(options_for(server), history);

    server.hold_next_answer();
    auto retried = std::async(std::launch::async,
                              [&] { return retries.run(put("a")).outcome; });
    server.await_held();
    for (const Operation& each : {get(), put("b"), get()}) other.run(each);
    server.release_held();
    CPPUNIT_ASSERT(retried.get() == Outcome::kOk);
    other.run(get());
    return check_linearizable(history.operations());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ChaosClientTest);

}  // namespace
}  // namespace raft
