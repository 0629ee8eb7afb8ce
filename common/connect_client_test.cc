// Calls that one thread begins and another one finishes. Whole calls are in
// connect_test.
#include "common/connect_client.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <optional>
#include <thread>

#include "common/connect_test_server.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr int kForEverMs = 3'600'000;

// The answer to what was begun, or the complaint.
std::string finish(ConnectClient& client, Deadline deadline = patience()) {
  SourceContext response;
  const auto done = client.finish(response, deadline);
  return done ? response.file_name() : done.error().message;
}

class ConnectClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ConnectClientTest);
  CPPUNIT_TEST(it_is_ready_once_it_has_connected);
  CPPUNIT_TEST(what_is_begun_is_finished);
  CPPUNIT_TEST(one_thread_may_begin_while_another_one_waits);
  CPPUNIT_TEST(a_refusal_comes_with_its_reason);
  CPPUNIT_TEST(what_is_larger_than_a_socket_takes_at_once_is_not_answered);
  CPPUNIT_TEST(an_answer_that_does_not_come_ends_the_connection);
  CPPUNIT_TEST(a_wait_ends_when_the_server_does);
  CPPUNIT_TEST(a_wait_ends_with_a_wake_and_with_its_time);
  CPPUNIT_TEST(stop_ends_a_wait_and_all_that_comes_after_it);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    server_.emplace();
    client_.emplace(server_->address(), kService);
  }

  void tearDown() override {
    client_.reset();
    server_.reset();
  }

  void it_is_ready_once_it_has_connected() {
    CPPUNIT_ASSERT(!client_->is_ready());
    connect();
    CPPUNIT_ASSERT(client_->is_ready());
    client_->disconnect();
    CPPUNIT_ASSERT(!client_->is_ready());
  }

  void what_is_begun_is_finished() {
    connect();
    for (const std::string& text : {"a"s, ""s, std::string(900, 'x')}) {
      client_->begin("Echo", message(text));
      CPPUNIT_ASSERT(client_->wait(kForEverMs));
      CPPUNIT_ASSERT_EQUAL(text, finish(*client_));
      CPPUNIT_ASSERT(client_->is_ready());
    }
    CPPUNIT_ASSERT_EQUAL("x"s, call(*client_, "Echo", "x"));
  }

  void one_thread_may_begin_while_another_one_waits() {
    connect();
    bool has_come = false;
    std::thread waiting([&] { has_come = client_->wait(kForEverMs); });
    client_->begin("Echo", message("x"));
    waiting.join();
    CPPUNIT_ASSERT(has_come);
    CPPUNIT_ASSERT_EQUAL("x"s, finish(*client_));
  }

  void a_refusal_comes_with_its_reason() {
    connect();
    client_->begin("None", message(""));
    CPPUNIT_ASSERT_EQUAL(
        "unimplemented: no such method: /test.v1.EchoService/None"s,
        finish(*client_));
  }

  // The largest buffer that a socket has is a few MiB.
  void what_is_larger_than_a_socket_takes_at_once_is_not_answered() {
    connect();
    client_->begin("Echo", message(std::string(64 * 1024 * 1024, 'x')));
    finish(*client_);
    CPPUNIT_ASSERT(!client_->is_ready());
    CPPUNIT_ASSERT_EQUAL("next"s, call(*client_, "Echo", "next"));
  }

  // Or it would be taken for that to the next call.
  void an_answer_that_does_not_come_ends_the_connection() {
    connect();
    client_->begin("Keep", message(""));
    const ConnectReply reply = server_->kept();
    CPPUNIT_ASSERT(finish(*client_, deadline_in_ms(20)).ends_with("timed out"));
    CPPUNIT_ASSERT(!client_->is_ready());
    reply.answer(message("late"));
    CPPUNIT_ASSERT_EQUAL("next"s, call(*client_, "Echo", "next"));
  }

  void a_wait_ends_when_the_server_does() {
    connect();
    server_->stop();
    CPPUNIT_ASSERT(client_->wait(kForEverMs));
    CPPUNIT_ASSERT(!client_->is_ready());
  }

  void a_wait_ends_with_a_wake_and_with_its_time() {
    connect();
    client_->wake();
    CPPUNIT_ASSERT(!client_->wait(kForEverMs));
    CPPUNIT_ASSERT(!client_->wait(1));
  }

  // Whichever of the two comes first.
  void stop_ends_a_wait_and_all_that_comes_after_it() {
    connect();
    std::thread waiting([&] { client_->wait(kForEverMs); });
    client_->stop();
    waiting.join();
    CPPUNIT_ASSERT(!client_->is_ready());
    CPPUNIT_ASSERT_EQUAL("stopping"s, call(*client_, "Echo", "x"));
  }

 private:
  // As the first call does.
  void connect() { CPPUNIT_ASSERT_EQUAL("x"s, call(*client_, "Echo", "x")); }

  std::optional<EchoServer> server_;
  std::optional<ConnectClient> client_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(ConnectClientTest);

}  // namespace
}  // namespace raft
