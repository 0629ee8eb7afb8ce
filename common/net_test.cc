// What goes wrong with sockets, in words.
#include "common/net.h"

#include <cerrno>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>

#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>

namespace raft {
namespace {

using namespace std::string_literals;

class NetTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NetTest);
  CPPUNIT_TEST(port_0_lets_the_kernel_pick_one);
  CPPUNIT_TEST(a_port_has_one_server);
  CPPUNIT_TEST(a_bad_address_is_named);
  CPPUNIT_TEST(listening_lifts_the_limit_of_open_files);
  CPPUNIT_TEST(all_is_sent);
  CPPUNIT_TEST(sending_into_a_broken_connection_throws);
  CPPUNIT_TEST(what_went_wrong_is_said_in_words);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Another one each time.
  void port_0_lets_the_kernel_pick_one() {
    const auto first = listen_on("127.0.0.1:0");
    const auto second = listen_on("127.0.0.1:0");

    CPPUNIT_ASSERT(first->address().port() != 0);
    CPPUNIT_ASSERT(first->address().port() != second->address().port());
  }

  // A second one would take every other client away from it.
  void a_port_has_one_server() {
    const auto first = listen_on("127.0.0.1:0");
    const std::string address = first->address().toString();

    CPPUNIT_ASSERT_EQUAL("cannot listen on " + address +
                             ": the port is in use by another process",
                         listen_on(address).error().message);
  }

  // No exception gets out.
  void a_bad_address_is_named() {
    for (const std::string address : {"", "nonsense", "127.0.0.1:99999"}) {
      const auto socket = listen_on(address);
      CPPUNIT_ASSERT_MESSAGE(address, !socket);
      CPPUNIT_ASSERT(socket.error().message.starts_with("cannot listen on " +
                                                        address + ": "));
    }
  }

  // To what the system allows without asking.
  void listening_lifts_the_limit_of_open_files() {
    rlimit limit{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 64;
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));

    CPPUNIT_ASSERT(listen_on("127.0.0.1:0"));

    rlimit lifted{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &lifted));
    CPPUNIT_ASSERT_EQUAL(limit.rlim_max, lifted.rlim_cur);
  }

  // Nothing is nothing.
  void all_is_sent() {
    auto listening = listen_on("127.0.0.1:0");
    Poco::Net::StreamSocket sender(listening->address());
    Poco::Net::StreamSocket receiver = listening->acceptConnection();

    send_all(sender, "");
    send_all(sender, "abc");
    sender.shutdownSend();

    std::string received;
    char chunk[10];
    for (int size = 1; size > 0;) {
      size = receiver.receiveBytes(chunk, sizeof chunk);
      received.append(chunk, static_cast<std::size_t>(size));
    }
    CPPUNIT_ASSERT_EQUAL("abc"s, received);
  }

  // Instead of a signal or a loop without end.
  void sending_into_a_broken_connection_throws() {
    auto listening = listen_on("127.0.0.1:0");
    Poco::Net::StreamSocket sender(listening->address());
    Poco::Net::StreamSocket receiver = listening->acceptConnection();
    receiver.setLinger(true, 0);
    receiver.close();

    CPPUNIT_ASSERT_THROW(send_all(sender, "abc"), Poco::Exception);
  }

  // For what users meet; Poco's own words for the rest.
  void what_went_wrong_is_said_in_words() {
    CPPUNIT_ASSERT_EQUAL("timed out"s, why_of(Poco::TimeoutException("x")));
    CPPUNIT_ASSERT_EQUAL("the port is in use by another process"s,
                         why_of(Poco::Net::NetException("x", EADDRINUSE)));
    CPPUNIT_ASSERT_EQUAL("connection refused (no server there?)"s,
                         why_of(Poco::Net::NetException("x", ECONNREFUSED)));
    CPPUNIT_ASSERT_EQUAL("the connection was reset"s,
                         why_of(Poco::Net::NetException("x", ECONNRESET)));
    CPPUNIT_ASSERT_EQUAL("the connection was reset"s,
                         why_of(Poco::Net::NetException("x", EPIPE)));
    CPPUNIT_ASSERT_EQUAL("Net Exception: x"s,
                         why_of(Poco::Net::NetException("x")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NetTest);

}  // namespace
}  // namespace raft
