// A whole cluster by one command, without --id: the first thing that a learner
// runs, and the last that may leave something running behind.
#include <chrono>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <list>
#include <optional>
#include <set>
#include <sstream>
#include <vector>

#include "common/line_connection.h"
#include "common/options.h"
#include "common/temporary_directory.h"
#include "common/test_process.h"
#include "tests/client_program.h"
#include "tests/program.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

constexpr int kNodes = 3;

// A base port of which all ports that a cluster uses are ours.
class PortBlock {
 public:
  PortBlock() {
    while (!take_all()) ports_.clear();
  }

  int base() const { return ports_.front().number() - 1; }

 private:
  bool take_all() {
    ports_.emplace_back();
    for (int id = 1; id <= kNodes; ++id) {
      if (id > 1 && !take(base() + id)) return false;
      if (!take(base() + 100 + id)) return false;
    }
    return true;
  }

  bool take(int number) {
    if (number > 65535) return false;
    auto port = ReservedPort::take(static_cast<std::uint16_t>(number));
    if (port) ports_.push_back(std::move(*port));
    return port.has_value();
  }

  std::list<ReservedPort> ports_;
};

// A line of the table that the launcher prints.
struct Row {
  std::string id = {};
  std::string role = {};
  std::string client = {};
  std::string peer = {};
  pid_t pid = 0;
  std::string data = {};
};

std::vector<Row> rows_of(const std::string& output) {
  std::istringstream lines(output);
  std::string line;
  std::getline(lines, line);  // the headings
  std::vector<Row> rows;
  for (int i = 0; i < kNodes && std::getline(lines, line); ++i) {
    Row& row = rows.emplace_back();
    std::istringstream words(line);
    words >> row.id >> row.role >> row.client >> row.peer >> row.pid >> std::ws;
    std::getline(words, row.data);
  }
  return rows;
}

std::string address(int port) {
  return "127.0.0.1:" + std::to_string(port);
}

class StoryLocalCluster : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryLocalCluster);
  CPPUNIT_TEST(one_command_starts_all_nodes_and_says_where_they_are);
  CPPUNIT_TEST(a_signal_ends_all_nodes_in_order);
  CPPUNIT_TEST(a_second_start_names_the_port_and_starts_nothing);
  CPPUNIT_TEST(a_node_that_dies_is_reported_and_the_others_go_on);
  CPPUNIT_TEST(no_node_outlives_its_launcher);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The table has every field of every node, and each node answers within
  // seconds: it is an invitation.
  void one_command_starts_all_nodes_and_says_where_they_are() {
    const auto start = Clock::now();
    launch();
    for (const Row& row : rows_) {
      CPPUNIT_ASSERT(LineConnection::connect(row.client, patience()));
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    std::printf("%d nodes answered after %.3f s\n", kNodes, took.count());

    std::set<pid_t> pids;
    for (int id = 1; id <= kNodes; ++id) {
      const Row& row = rows_.at(static_cast<std::size_t>(id) - 1);
      CPPUNIT_ASSERT_EQUAL(std::to_string(id), row.id);
      if (has_fixed_leader()) {
        const std::string role = id == 1 ? "leader" : "follower";
        CPPUNIT_ASSERT_EQUAL(role, row.role);
      }
      CPPUNIT_ASSERT_EQUAL(address(ports_.base() + id), row.client);
      CPPUNIT_ASSERT_EQUAL(address(ports_.base() + 100 + id), row.peer);
      check_data_column(row);
      CPPUNIT_ASSERT_EQUAL(0, ::kill(row.pid, 0));
      pids.insert(row.pid);
      CPPUNIT_ASSERT_EQUAL(
          0, run_client(RAFT_STAGE, row.client, {"status"}).status);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{kNodes}, pids.size());
    launcher_->wait_for_output("bazel run //" RAFT_STAGE ":client -- ");
  }

  // Ctrl-C and SIGTERM stop the children too, and that is no failure.
  void a_signal_ends_all_nodes_in_order() {
    for (const int signal : {SIGINT, SIGTERM}) {
      launch();

      launcher_->send_signal(signal);

      const ExitStatus status = launcher_->wait();
      CPPUNIT_ASSERT_MESSAGE(describe(status) + launcher_->error(),
                             status == ExitStatus{});
      for (const Row& row : rows_) await_end_of(row.pid);
    }
  }

  // While one cluster runs, another one on its ports says so in one line, and
  // harms nothing.
  void a_second_start_names_the_port_and_starts_nothing() {
    launch();

    Program second(command(), environment());

    CPPUNIT_ASSERT(second.wait() == ExitStatus{.code = 1});
    const std::string error = second.error();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(error, error.size() - 1, error.find('\n'));
    CPPUNIT_ASSERT(error.find(rows_.front().client) != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(), second.output());
    CPPUNIT_ASSERT_EQUAL(is_durable() ? 1 : 0, files_in(directory_.path()));
    put_and_get("k", "v");
  }

  // A dead node is not restarted: the launcher tells how it ended, and ends
  // itself only when nobody is left.
  void a_node_that_dies_is_reported_and_the_others_go_on() {
    launch();

    ::kill(rows_.at(2).pid, SIGKILL);
    launcher_->wait_for_error("node 3 (pid " + std::to_string(rows_.at(2).pid) +
                              ") was killed by signal 9");
    launcher_->wait_for_error("2 of 3 nodes go on");
    put_and_get("k", "v");

    ::kill(rows_.at(0).pid, SIGKILL);
    ::kill(rows_.at(1).pid, SIGKILL);
    CPPUNIT_ASSERT(launcher_->wait() == ExitStatus{.code = 1});
  }

  // kill -9 gives the launcher no chance to stop its nodes: they see to their
  // end themselves.
  void no_node_outlives_its_launcher() {
    launch();

    launcher_->send_signal(SIGKILL);

    for (const Row& row : rows_) await_end_of(row.pid);
    CPPUNIT_ASSERT(launcher_->wait() == ExitStatus{.signal = SIGKILL});
  }

 private:
  static bool has_fixed_leader() { return stage_number(RAFT_STAGE) < 6; }

  std::vector<std::string> command() const {
    return {RAFT_STAGE "/server",
            "--nodes",
            std::to_string(kNodes),
            "--base-port",
            std::to_string(ports_.base())};
  }

  static bool is_durable() { return stage_number(RAFT_STAGE) >= 3; }

  static int files_in(const std::string& directory) {
    const std::filesystem::directory_iterator files(directory);
    return static_cast<int>(std::distance(begin(files), end(files)));
  }

  // A node's state is in a directory of its own, below a fresh one.
  void check_data_column(const Row& row) const {
    if (!is_durable()) {
      CPPUNIT_ASSERT_EQUAL(std::string("in memory only"), row.data);
      return;
    }
    CPPUNIT_ASSERT(row.data.starts_with(directory_.path() + "/" RAFT_STAGE));
    CPPUNIT_ASSERT(row.data.ends_with("/node-" + row.id));
    CPPUNIT_ASSERT(std::filesystem::is_directory(row.data));
  }

  Program::Environment environment() const {
    return {{"TMPDIR", directory_.path()}};
  }

  // Starts a cluster, and returns when its nodes answer.
  void launch() {
    launcher_.emplace(command(), environment());
    launcher_->wait_for_output("ready");
    rows_ = rows_of(launcher_->output());
    CPPUNIT_ASSERT_EQUAL(std::size_t{kNodes}, rows_.size());
  }

  // Through the first node, which is the leader where that is fixed.
  void put_and_get(const std::string& key, const std::string& value) const {
    const std::string& leader = rows_.front().client;
    CPPUNIT_ASSERT_EQUAL(printed(""),
                         run_client(RAFT_STAGE, leader, {"put", key, value}));
    CPPUNIT_ASSERT_EQUAL(printed(value + "\n"),
                         run_client(RAFT_STAGE, leader, {"get", key}));
  }

  const TemporaryDirectory directory_;  // for the data of the nodes
  const PortBlock ports_;
  std::optional<Program> launcher_;
  std::vector<Row> rows_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryLocalCluster);

}  // namespace
}  // namespace raft
