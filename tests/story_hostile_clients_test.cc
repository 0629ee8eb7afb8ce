// Clients that behave badly, and one that behaves well beside them and notices
// nothing.
#include <chrono>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdio>
#include <fstream>
#include <list>
#include <optional>
#include <random>
#include <string>

#include "common/deadline.h"
#include "tests/raw_connection.h"
#include "tests/test_cluster.h"
#include "tests/verdict.h"

namespace raft {
namespace {

constexpr char kPut[] = R"({"op":"put","key":"k","value":"v"})";
constexpr char kGet[] = R"({"op":"get","key":"k"})";
constexpr std::size_t kMib = 1024 * 1024;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

// Far more than the end of a server takes when nothing holds it up.
constexpr double kStopSecondsMax = 8;

double seconds_since(Deadline start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// The most memory that process `pid` has ever used, in MiB.
std::size_t peak_memory_mib(pid_t pid) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  std::size_t kib = 0;
  CPPUNIT_ASSERT(status >> kib);
  return kib / 1024;
}

// Bytes of all sorts, but none that ends a line.
std::string random_line(std::mt19937_64& random) {
  std::string line(random() % 100, '\0');
  for (char& c : line) {
    do {
      c = static_cast<char>(random());
    } while (c == '\n');
  }
  return line;
}

class StoryHostileClients : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryHostileClients);
  CPPUNIT_TEST(ten_thousand_lines_of_noise_get_one_answer_each);
  CPPUNIT_TEST(an_endless_line_costs_no_memory);
  CPPUNIT_TEST(a_client_that_trickles_is_served_without_harm_to_others);
  CPPUNIT_TEST(five_hundred_silent_connections_leave_room_for_another);
  CPPUNIT_TEST(after_a_half_close_all_complete_lines_are_answered);
  CPPUNIT_TEST(a_client_that_vanishes_halfway_changes_nothing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    cluster_.start();
    good_.emplace(cluster_.client_address(1));
    CPPUNIT_ASSERT_EQUAL(std::string("ok"), verdict(good_->ask(kPut)));
  }

  // Each test ends here: the good client's connection has lived through it, and
  // no bad one holds up the server's end.
  void tearDown() override {
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(good_->ask(kGet)));
    good_.reset();
    const auto start = Clock::now();
    cluster_.stop();
    const double took = seconds_since(start);
    if (!kIsSanitized) CPPUNIT_ASSERT_LESS(kStopSecondsMax, took);
  }

  // A bad line never ends the connection: each gets its answer, in order.
  void ten_thousand_lines_of_noise_get_one_answer_each() {
    constexpr int kRounds = 100;
    constexpr int kLines = 100;
    constexpr std::uint64_t kSeed = 2014;
    std::mt19937_64 random(kSeed);
    RawConnection bad(cluster_.client_address(1));
    for (int round = 0; round < kRounds; ++round) {
      std::string lines;
      for (int i = 0; i < kLines; ++i) lines += random_line(random) + '\n';
      bad.send(lines);
      for (int i = 0; i < kLines; ++i) {
        CPPUNIT_ASSERT_EQUAL(std::string("bad_request not_executed"),
                             verdict(bad.receive_line()));
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(bad.ask(kGet)));
  }

  // A line beyond the limit is drained and not stored.
  void an_endless_line_costs_no_memory() {
    RawConnection bad(cluster_.client_address(1));
    const std::string mib(kMib, 'x');

    for (int i = 0; i < 100; ++i) bad.send(mib);
    bad.half_close();

    CPPUNIT_ASSERT_EQUAL(std::string("too_large not_executed"),
                         verdict(bad.receive_line()));
    CPPUNIT_ASSERT_EQUAL(std::string(), bad.receive_rest());
    const std::size_t peak_mib = peak_memory_mib(cluster_.node(1).pid());
    std::printf("the server's memory peaked at %zu MiB\n", peak_mib);
    if (kIsSanitized) {
      std::printf("not judged: a sanitizer needs memory of its own\n");
    } else {
      CPPUNIT_ASSERT_LESS(std::size_t{100}, peak_mib);
    }
  }

  // Half a request takes nothing from others, and is a request in the end.
  void a_client_that_trickles_is_served_without_harm_to_others() {
    RawConnection slow(cluster_.client_address(1));
    for (const char c : std::string(kGet) + "\n") {
      slow.send({&c, 1});
      CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(good_->ask(kGet)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(slow.receive_line()));
  }

  // Connections that say nothing leave room for one that does.
  void five_hundred_silent_connections_leave_room_for_another() {
    constexpr int kSilent = 500;
    constexpr double kSecondsMax = 5;
    std::list<RawConnection> silent;
    for (int i = 0; i < kSilent; ++i) {
      silent.emplace_back(cluster_.client_address(1));
    }

    const auto start = Clock::now();
    RawConnection another(cluster_.client_address(1));
    CPPUNIT_ASSERT_EQUAL(std::string("ok v"), verdict(another.ask(kGet)));
    const double took = seconds_since(start);

    std::printf("beside %d silent connections an answer took %.1f ms\n",
                kSilent,
                took * 1000);
    if (!kIsSanitized) CPPUNIT_ASSERT_LESS(kSecondsMax, took);
  }

  // The end of the input is not the end of the answers; a line without its end
  // is no request.
  void after_a_half_close_all_complete_lines_are_answered() {
    RawConnection client(cluster_.client_address(1));

    client.send(std::string(kGet) + "\n" + kGet + "\nx\n" +
                R"({"op":"put","key":"k","value":"half"})");
    client.half_close();

    for (const char* expected : {"ok v", "ok v", "bad_request not_executed"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(expected),
                           verdict(client.receive_line()));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), client.receive_rest());
  }

  // Half a line is never carried out.
  void a_client_that_vanishes_halfway_changes_nothing() {
    for (int i = 0; i < 20; ++i) {
      RawConnection client(cluster_.client_address(1));
      client.send(R"({"op":"put","key":"k","value":"half"})");
    }
  }

 private:
  TestCluster cluster_{RAFT_STAGE};
  std::optional<RawConnection> good_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryHostileClients);

}  // namespace
}  // namespace raft
