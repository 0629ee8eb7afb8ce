// Answers in order, and no client that harms another one.
#include "common/line_server.h"

#include <atomic>
#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <deque>
#include <future>
#include <optional>
#include <sys/resource.h>
#include <thread>
#include <vector>

#include <Poco/Exception.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>

#include "common/net.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

const std::string kClosed = "(closed)";

std::string in_brackets(std::string_view line) {
  return "<" + std::string(line) + ">";
}

LineServerOptions on_any_port() {
  return {.address = "127.0.0.1:0",
          .handler = in_brackets,
          .too_long_answer = "too long",
          .too_many_answer = "too many"};
}

// A server for all tests that need no other one: it takes a moment to stop.
LineServer& shared_server() {
  static LineServer server(on_any_port());
  return server;
}

// A client that may misbehave; a LineConnection could not.
class Client {
 public:
  explicit Client(const LineServer& server)
      : socket_(Poco::Net::SocketAddress("127.0.0.1", server.port())) {
    socket_.setNoDelay(true);
    socket_.setReceiveTimeout(Poco::Timespan(50, 0));
    socket_.setSendTimeout(Poco::Timespan(50, 0));
  }

  void send(std::string_view data) { send_all(socket_, data); }

  // A half-close.
  void end_input() { socket_.shutdownSend(); }

  // Closes so that the server sees a reset.
  void vanish() {
    socket_.setLinger(true, 0);
    socket_.close();
  }

  // The next answer; kClosed when the server has closed the connection.
  std::string answer() {
    while (input_.find('\n') == std::string::npos) {
      char chunk[65536];
      const int size = socket_.receiveBytes(chunk, sizeof chunk);
      if (size <= 0) return kClosed;
      input_.append(chunk, static_cast<std::size_t>(size));
    }
    const std::size_t end = input_.find('\n');
    const std::string line = input_.substr(0, end);
    input_.erase(0, end + 1);
    return line;
  }

  std::string ask(const std::string& line) {
    send(line + '\n');
    return answer();
  }

 private:
  Poco::Net::StreamSocket socket_;
  std::string input_;
};

// Where handlers wait until the test lets them go on.
class Gate {
 public:
  void pass() {
    arrived_.set_value();
    opened_.get_future().wait();
  }

  void await_arrival() { arrived_.get_future().wait(); }
  void open() { opened_.set_value(); }

 private:
  std::promise<void> arrived_;
  std::promise<void> opened_;
};

class LineServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LineServerTest);
  CPPUNIT_TEST(lines_are_answered_in_order);
  CPPUNIT_TEST(a_thousand_lines_in_one_write_are_answered_in_order);
  CPPUNIT_TEST(the_handler_gets_a_line_as_it_is);
  CPPUNIT_TEST(clients_side_by_side_get_their_own_answers);
  CPPUNIT_TEST(a_line_of_the_greatest_length_is_answered);
  CPPUNIT_TEST(a_line_that_is_one_byte_too_long_ends_the_connection);
  CPPUNIT_TEST(a_line_that_never_ends_is_drained_and_answered_readably);
  CPPUNIT_TEST(after_a_half_close_all_lines_are_answered_first);
  CPPUNIT_TEST(an_incomplete_last_line_is_ignored);
  CPPUNIT_TEST(a_trickling_client_holds_up_nobody);
  CPPUNIT_TEST(a_slow_handler_holds_up_its_own_connection_only);
  CPPUNIT_TEST(five_hundred_silent_clients_keep_nobody_out);
  CPPUNIT_TEST(the_usual_limit_of_open_files_keeps_nobody_out);
  CPPUNIT_TEST(one_connection_too_many_is_refused_readably);
  CPPUNIT_TEST(a_client_that_never_reads_holds_up_nobody);
  CPPUNIT_TEST(a_client_that_vanishes_harms_nobody);
  CPPUNIT_TEST(a_silent_connection_is_closed_after_the_idle_timeout);
  CPPUNIT_TEST(stop_answers_what_has_arrived);
  CPPUNIT_TEST(stop_ends_idle_connections);
  CPPUNIT_TEST(stop_does_not_wait_for_a_refused_client);
  CPPUNIT_TEST(stop_gives_up_a_client_that_never_reads);
  CPPUNIT_TEST(stop_may_be_repeated_and_ends_the_listening);
  CPPUNIT_TEST(a_port_in_use_is_said_in_one_line);
  CPPUNIT_TEST(a_restart_on_the_same_port_works_at_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // One request, one answer, and so on.
  void lines_are_answered_in_order() {
    LineServer& server = shared_server();
    Client client(server);

    CPPUNIT_ASSERT(server.port() != 0);
    for (const char* line : {"a", "b", "c"}) {
      CPPUNIT_ASSERT_EQUAL(in_brackets(line), client.ask(line));
    }
  }

  // A client need not wait for its answers.
  void a_thousand_lines_in_one_write_are_answered_in_order() {
    LineServer& server = shared_server();
    Client client(server);
    std::string lines;
    for (int i = 0; i < 1000; ++i) lines += std::to_string(i) + '\n';

    client.send(lines);

    for (int i = 0; i < 1000; ++i) {
      CPPUNIT_ASSERT_EQUAL(in_brackets(std::to_string(i)), client.answer());
    }
  }

  // Blank lines, a trailing \r, any byte but the newline.
  void the_handler_gets_a_line_as_it_is() {
    LineServer& server = shared_server();
    Client client(server);

    CPPUNIT_ASSERT_EQUAL("<>"s, client.ask(""));
    CPPUNIT_ASSERT_EQUAL("<a\r>"s, client.ask("a\r"));
    CPPUNIT_ASSERT_EQUAL("<\0\x80\xFF>"s, client.ask("\0\x80\xFF"s));
  }

  // Four threads, each with a connection of its own.
  void clients_side_by_side_get_their_own_answers() {
    LineServer& server = shared_server();
    std::atomic<int> right = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&server, &right, i] {
        Client client(server);
        for (int j = 0; j < 100; ++j) {
          const std::string line = std::to_string(i) + "." + std::to_string(j);
          if (client.ask(line) == in_brackets(line)) ++right;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();

    CPPUNIT_ASSERT_EQUAL(400, right.load());
  }

  // The newline does not count.
  void a_line_of_the_greatest_length_is_answered() {
    auto options = on_any_port();
    options.line_bytes_max = 100'000;
    LineServer server(options);
    Client client(server);
    const std::string line(100'000, 'x');

    client.send(line + "\n" + line + "\nshort\n");

    CPPUNIT_ASSERT_EQUAL(in_brackets(line), client.answer());
    CPPUNIT_ASSERT_EQUAL(in_brackets(line), client.answer());
    CPPUNIT_ASSERT_EQUAL("<short>"s, client.answer());
  }

  // What stood before it is answered, what comes after it is not.
  void a_line_that_is_one_byte_too_long_ends_the_connection() {
    auto options = on_any_port();
    options.line_bytes_max = 1000;
    LineServer server(options);
    for (const std::size_t bytes : {1001, 1002, 100'000}) {
      Client client(server);
      client.send("a\n" + std::string(bytes, 'x') + "\nb\n");

      CPPUNIT_ASSERT_EQUAL("<a>"s, client.answer());
      CPPUNIT_ASSERT_EQUAL("too long"s, client.answer());
      CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
    }
  }

  // The client reads its answer only after it has sent all of it; a connection
  // that was closed at once would have been reset before.
  void a_line_that_never_ends_is_drained_and_answered_readably() {
    auto options = on_any_port();
    options.line_bytes_max = 1000;
    LineServer server(options);
    Client client(server);

    const std::string megabyte(1024 * 1024, 'x');
    for (int i = 0; i < 16; ++i) client.send(megabyte);

    CPPUNIT_ASSERT_EQUAL("too long"s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
  }

  // As `nc` and scripts do it: send all, close, read all.
  void after_a_half_close_all_lines_are_answered_first() {
    LineServer& server = shared_server();
    Client client(server);
    client.send("a\nb\nc\n");
    client.end_input();

    CPPUNIT_ASSERT_EQUAL("<a>"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("<b>"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("<c>"s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
  }

  // Half a put would put something else.
  void an_incomplete_last_line_is_ignored() {
    std::atomic<int> calls = 0;
    auto options = on_any_port();
    options.handler = [&calls](std::string_view line) {
      ++calls;
      return in_brackets(line);
    };
    LineServer server(options);
    Client client(server);
    client.send("a\nhalf");
    client.end_input();

    CPPUNIT_ASSERT_EQUAL("<a>"s, client.answer());
    CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
    CPPUNIT_ASSERT_EQUAL(1, calls.load());
  }

  // One byte at a time, and others are answered after each.
  void a_trickling_client_holds_up_nobody() {
    LineServer& server = shared_server();
    Client trickling(server);
    Client other(server);

    for (const char c : "one byte at a time"s) {
      trickling.send({&c, 1});
      CPPUNIT_ASSERT_EQUAL("<x>"s, other.ask("x"));
    }

    CPPUNIT_ASSERT_EQUAL("<one byte at a time>"s, trickling.ask(""));
  }

  // A write waits for a majority, and meanwhile others read.
  void a_slow_handler_holds_up_its_own_connection_only() {
    Gate gate;
    auto options = on_any_port();
    options.handler = [&gate](std::string_view line) {
      if (line == "slow") gate.pass();
      return in_brackets(line);
    };
    LineServer server(options);
    Client slow(server);
    Client other(server);
    slow.send("slow\nnext\n");
    gate.await_arrival();

    CPPUNIT_ASSERT_EQUAL("<x>"s, other.ask("x"));
    gate.open();
    CPPUNIT_ASSERT_EQUAL("<slow>"s, slow.answer());
    CPPUNIT_ASSERT_EQUAL("<next>"s, slow.answer());
  }

  // With a small pool of threads they would.
  void five_hundred_silent_clients_keep_nobody_out() {
    LineServer& server = shared_server();
    std::deque<Client> silent;
    for (int i = 0; i < 500; ++i) silent.emplace_back(server);

    CPPUNIT_ASSERT_EQUAL("<x>"s, Client(server).ask("x"));
    CPPUNIT_ASSERT_EQUAL("<y>"s, silent.front().ask("y"));
    CPPUNIT_ASSERT_EQUAL("<z>"s, silent.back().ask("z"));
  }

  // Many systems give a process 1,024, and more if it asks.
  void the_usual_limit_of_open_files_keeps_nobody_out() {
    rlimit limit{};
    CPPUNIT_ASSERT_EQUAL(0, getrlimit(RLIMIT_NOFILE, &limit));
    limit.rlim_cur = 64;
    CPPUNIT_ASSERT_EQUAL(0, setrlimit(RLIMIT_NOFILE, &limit));

    LineServer server(on_any_port());
    std::deque<Client> clients;
    for (int i = 0; i < 64; ++i) clients.emplace_back(server);

    CPPUNIT_ASSERT_EQUAL("<x>"s, clients.back().ask("x"));
  }

  // It is told why, and the next one is served when a place is free again.
  void one_connection_too_many_is_refused_readably() {
    auto options = on_any_port();
    options.connections_max = 2;
    LineServer server(options);
    Client first(server);
    Client second(server);
    CPPUNIT_ASSERT_EQUAL("<a>"s, first.ask("a"));
    CPPUNIT_ASSERT_EQUAL("<b>"s, second.ask("b"));

    Client third(server);
    third.send("c\n" + std::string(1024 * 1024, 'x'));
    CPPUNIT_ASSERT_EQUAL("too many"s, third.answer());
    CPPUNIT_ASSERT_EQUAL(kClosed, third.answer());

    first.end_input();
    CPPUNIT_ASSERT_EQUAL(kClosed, first.answer());
    CPPUNIT_ASSERT_EQUAL("<d>"s, Client(server).ask("d"));
    CPPUNIT_ASSERT_EQUAL("<e>"s, second.ask("e"));
  }

  // Its answers fill what lies between it and the server, and no more.
  void a_client_that_never_reads_holds_up_nobody() {
    auto options = on_any_port();
    options.handler = [](std::string_view line) {
      return line == "long" ? std::string(1024 * 1024, 'x') : in_brackets(line);
    };
    LineServer server(options);
    Client never_reads(server);
    for (int i = 0; i < 20; ++i) never_reads.send("long\n");
    Client other(server);

    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT_EQUAL("<x>"s, other.ask("x"));
    }
  }

  // Before its answer, and in the middle of a line.
  void a_client_that_vanishes_harms_nobody() {
    LineServer& server = shared_server();
    Client other(server);
    for (const char* data : {"", "half a line", "a\nb\nc\n"}) {
      Client client(server);
      client.send(data);
      client.vanish();
      CPPUNIT_ASSERT_EQUAL("<x>"s, other.ask("x"));
    }
  }

  // So that forgotten connections do not pile up.
  void a_silent_connection_is_closed_after_the_idle_timeout() {
    auto options = on_any_port();
    options.idle_timeout_ms = 10;
    LineServer server(options);
    Client client(server);

    CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
  }

  // Also what lies in the kernel's buffer while a handler works.
  void stop_answers_what_has_arrived() {
    Gate gate;
    auto options = on_any_port();
    options.handler = [&gate](std::string_view line) {
      if (line == "slow") gate.pass();
      return in_brackets(line);
    };
    LineServer server(options);
    Client client(server);
    client.send("slow\na\n");
    gate.await_arrival();
    client.send("b\nc\nhalf");

    std::thread stopping([&server] { server.stop(); });
    gate.open();

    for (const char* line : {"slow", "a", "b", "c"}) {
      CPPUNIT_ASSERT_EQUAL(in_brackets(line), client.answer());
    }
    stopping.join();
  }

  // Long before their idle timeout, which this test would not live to see.
  void stop_ends_idle_connections() {
    LineServer server(on_any_port());
    std::deque<Client> clients;
    for (int i = 0; i < 20; ++i) clients.emplace_back(server);
    for (Client& client : clients) client.ask("x");

    server.stop();

    for (Client& client : clients)
      CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
  }

  // Who was refused and does not go is drained for half a minute otherwise.
  void stop_does_not_wait_for_a_refused_client() {
    auto options = on_any_port();
    options.connections_max = 1;
    options.stop_timeout_ms = 20'000;
    LineServer server(options);
    Client first(server);
    CPPUNIT_ASSERT_EQUAL("<x>"s, first.ask("x"));
    Client second(server);
    CPPUNIT_ASSERT_EQUAL("too many"s, second.answer());

    const auto start = Clock::now();
    server.stop();

    CPPUNIT_ASSERT(Clock::now() - start < std::chrono::seconds(15));
  }

  // It would hold the server until its idle timeout, five minutes later.
  void stop_gives_up_a_client_that_never_reads() {
    auto options = on_any_port();
    options.handler = [](std::string_view) {
      return std::string(16 * 1024 * 1024, 'x');
    };
    options.stop_timeout_ms = 50;
    LineServer server(options);
    Client client(server);
    client.send("a\nb\n");

    server.stop();
  }

  // A new connection finds nobody.
  void stop_may_be_repeated_and_ends_the_listening() {
    LineServer server(on_any_port());
    CPPUNIT_ASSERT_EQUAL("<x>"s, Client(server).ask("x"));

    server.stop();
    server.stop();

    CPPUNIT_ASSERT_THROW(Client{server}.ask("x"), Poco::Exception);
  }

  // With what to do, and without a server that shares the port.
  void a_port_in_use_is_said_in_one_line() {
    LineServer& server = shared_server();
    const std::string address = "127.0.0.1:" + std::to_string(server.port());

    const Finished other =
        run_to_end({.command = {kProgram, "listen", address}});

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(other.status));
    CPPUNIT_ASSERT_EQUAL(""s, other.output);
    CPPUNIT_ASSERT_EQUAL(
        "error: cannot listen on " + address +
            ": the port is in use by another process; nothing was changed. "
            "Stop that process, or choose other ports (--base-port, "
            "--cluster)\n",
        other.error);
    CPPUNIT_ASSERT_EQUAL("<x>"s, Client(server).ask("x"));
  }

  // Though the old connections, ended by the server, linger in the kernel.
  void a_restart_on_the_same_port_works_at_once() {
    auto options = on_any_port();
    std::optional<LineServer> server(std::in_place, options);
    options.address = "127.0.0.1:" + std::to_string(server->port());
    for (int i = 0; i < 3; ++i) {
      Client client(*server);
      CPPUNIT_ASSERT_EQUAL("<x>"s, client.ask("x"));
      server.reset();
      server.emplace(options);
      CPPUNIT_ASSERT_EQUAL(kClosed, client.answer());
      CPPUNIT_ASSERT_EQUAL("<y>"s, Client(*server).ask("y"));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LineServerTest);

}  // namespace
}  // namespace raft
