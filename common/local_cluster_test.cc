// Nodes that are started, watched and ended together; //common:test_program is
// both the launcher and the nodes.
#include "common/local_cluster.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>
#include <sstream>
#include <vector>

#include "common/json.h"
#include "common/line_connection.h"
#include "common/line_server.h"
#include "common/temporary_directory.h"
#include "common/test_process.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kProgram[] = "common/test_program";

// Three nodes that behave as `how` says, see test_program.cc, and their
// launcher.
class Launched {
 public:
  explicit Launched(const std::string& how, const std::string& taken = "")
      : ports_(6),
        file_(directory_.write("cluster.json", cluster(taken))),
        launcher_({.command = {kProgram, "launch", file_, how},
                   .captures_stdout = true,
                   .captures_stderr = true}) {}

  ChildProcess& process() { return launcher_; }

  std::string client(std::size_t id) const { return ports_[id - 1].address(); }
  std::string peer(std::size_t id) const { return ports_[id + 2].address(); }

  // Returns once the launcher has said that the nodes answer.
  void await_ready() { await_output(launcher_, output_, "talk to them\n"); }

  // By the launcher's table. REQUIRES: await_ready()
  pid_t pid(std::size_t id) const {
    std::istringstream lines(output_);
    std::string line;
    for (std::size_t i = 0; i <= id; ++i) std::getline(lines, line);
    std::istringstream words(line);
    std::string word;
    for (int i = 0; i < 5; ++i) words >> word;
    return std::stoi(word);
  }

  // How the launcher ended, with all that it wrote.
  Finished finished() {
    Finished result = finish(launcher_);
    result.output.insert(0, output_);
    return result;
  }

  const std::string& output() const { return output_; }

 private:
  // The first node's client address is `taken`, unless that is empty.
  std::string cluster(const std::string& taken) const {
    std::string nodes;
    for (std::size_t id = 1; id <= 3; ++id) {
      nodes += nodes.empty() ? "[" : ",";
      const bool is_taken = id == 1 && !taken.empty();
      nodes += JsonWriter()
                   .add("id", std::uint64_t{id})
                   .add("client", is_taken ? taken : client(id))
                   .add("peer", peer(id))
                   .text();
    }
    return JsonWriter()
        .add("cluster_id", "test")
        .add("leader", std::uint64_t{2})
        .add_json("nodes", nodes + "]")
        .text();
  }

  const TemporaryDirectory directory_;
  const std::vector<ReservedPort> ports_;
  const std::string file_;
  ChildProcess launcher_;
  std::string output_;
};

int times_in(const std::string& part, const std::string& text) {
  int times = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos;
       ++at) {
    ++times;
  }
  return times;
}

class LocalClusterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LocalClusterTest);
  CPPUNIT_TEST(the_nodes_are_listed_and_answer);
  CPPUNIT_TEST(either_signal_ends_all_nodes_in_order);
  CPPUNIT_TEST(a_signal_before_the_nodes_are_ready_ends_them_too);
  CPPUNIT_TEST(each_line_of_a_log_has_its_node_in_front);
  CPPUNIT_TEST(a_dead_node_is_reported_and_the_others_go_on);
  CPPUNIT_TEST(with_the_last_node_the_cluster_ends);
  CPPUNIT_TEST(nodes_that_die_at_once_are_all_noticed);
  CPPUNIT_TEST(no_node_survives_its_launcher);
  CPPUNIT_TEST(an_address_in_use_starts_no_node);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The table, and the client command once each node can be asked.
  void the_nodes_are_listed_and_answer() {
    Launched cluster("serve");
    cluster.await_ready();

    std::istringstream lines(cluster.output());
    std::string line;
    std::getline(lines, line);
    CPPUNIT_ASSERT_EQUAL(
        "id   role      clients               peers                 pid      "
        "data"s,
        line);
    for (std::size_t id = 1; id <= 3; ++id) {
      std::getline(lines, line);
      std::istringstream words(line);
      std::string number, role, client, peer, pid, data;
      words >> number >> role >> client >> peer >> pid;
      std::getline(words >> std::ws, data);
      CPPUNIT_ASSERT_EQUAL(std::to_string(id), number);
      CPPUNIT_ASSERT_EQUAL(id == 2 ? "leader"s : "follower"s, role);
      CPPUNIT_ASSERT_EQUAL(cluster.client(id), client);
      CPPUNIT_ASSERT_EQUAL(cluster.peer(id), peer);
      CPPUNIT_ASSERT_EQUAL("in memory only"s, data);
      auto connection = LineConnection::connect(client, patience());
      CPPUNIT_ASSERT(connection);
      CPPUNIT_ASSERT(connection->send("hello", patience()));
      CPPUNIT_ASSERT_EQUAL("hello"s, *connection->receive(patience()));
    }
    std::getline(lines, line);
    CPPUNIT_ASSERT_EQUAL(
        "ready; Ctrl-C stops all nodes. Try, in another terminal:"s, line);
    std::getline(lines, line);
    CPPUNIT_ASSERT_EQUAL("  talk to them"s, line);
  }

  // Status 0, and no process is left.
  void either_signal_ends_all_nodes_in_order() {
    for (const int signal : {SIGTERM, SIGINT}) {
      Launched cluster("serve");
      cluster.await_ready();

      cluster.process().send_signal(signal);

      const Finished finished = cluster.finished();
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          finished.error, "exited with status 0"s, describe(finished.status));
      for (std::size_t id = 1; id <= 3; ++id) {
        CPPUNIT_ASSERT_EQUAL(-1, kill(cluster.pid(id), 0));
      }
    }
  }

  // It may come at any moment.
  void a_signal_before_the_nodes_are_ready_ends_them_too() {
    Launched cluster("serve");
    std::string table;
    await_output(cluster.process(), table, "pid");

    cluster.process().send_signal(SIGTERM);

    CPPUNIT_ASSERT_EQUAL("exited with status 0"s,
                         describe(cluster.finished().status));
  }

  // Lines are never mixed, and the last one counts without its newline.
  void each_line_of_a_log_has_its_node_in_front() {
    Launched cluster("shout");
    cluster.await_ready();
    cluster.process().send_signal(SIGTERM);

    const std::string log = cluster.finished().error;

    for (const std::string id : {"1", "2", "3"}) {
      CPPUNIT_ASSERT_EQUAL(1, times_in("\n" + id + " | half a line\n", log));
    }
    CPPUNIT_ASSERT_EQUAL(600, times_in(" Information this is a line", log));
    std::istringstream lines(log);
    for (std::string line; std::getline(lines, line);) {
      CPPUNIT_ASSERT_MESSAGE(line, line.substr(1, 3) == " | ");
      CPPUNIT_ASSERT_MESSAGE(line, line[0] >= '1' && line[0] <= '3');
      CPPUNIT_ASSERT_MESSAGE(
          line,
          line.ends_with(" Information this is a line of a node") ||
              line.ends_with(" Information serving") ||
              line.ends_with("| half a line"));
    }
  }

  // How it ended, and how many are left.
  void a_dead_node_is_reported_and_the_others_go_on() {
    Launched cluster("serve");
    cluster.await_ready();

    CPPUNIT_ASSERT_EQUAL(0, kill(cluster.pid(3), SIGKILL));

    std::string log;
    await_error(cluster.process(), log, "nodes go on\n");
    CPPUNIT_ASSERT_EQUAL(
        1,
        times_in("node 3 (pid " + std::to_string(cluster.pid(3)) +
                     ") was killed by signal 9 (Killed); it is not restarted, "
                     "2 of 3 nodes go on\n",
                 log));
    for (const std::size_t id : {1, 2}) {
      CPPUNIT_ASSERT(LineConnection::connect(cluster.client(id), patience()));
    }
    CPPUNIT_ASSERT(!LineConnection::connect(cluster.client(3), patience()));
    cluster.process().send_signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL("exited with status 0"s,
                         describe(cluster.finished().status));
  }

  // There is nothing to stop any more.
  void with_the_last_node_the_cluster_ends() {
    Launched cluster("serve");
    cluster.await_ready();

    for (const std::size_t id : {2, 1, 3}) {
      CPPUNIT_ASSERT_EQUAL(0, kill(cluster.pid(id), SIGKILL));
    }

    const Finished finished = cluster.finished();
    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(3, times_in("; it is not restarted", finished.error));
    CPPUNIT_ASSERT(
        finished.error.ends_with("\nno node is left: the cluster has ended\n"));
  }

  // Once a death was missed when the launcher was busy with another one, and
  // it waited for ever.
  void nodes_that_die_at_once_are_all_noticed() {
    for (int i = 0; i < 8; ++i) {
      Launched cluster("exit");

      const Finished finished = cluster.finished();

      CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          finished.error,
          3,
          times_in(" exited with status 7; it is not restarted",
                   finished.error));
      CPPUNIT_ASSERT_EQUAL(0, times_in("talk to them", finished.output));
    }
  }

  // Nor does its own way to die matter.
  void no_node_survives_its_launcher() {
    Launched cluster("serve");
    cluster.await_ready();

    cluster.process().send_signal(SIGKILL);

    for (std::size_t id = 1; id <= 3; ++id) await_end_of(cluster.pid(id));
  }

  // One line, one cause.
  void an_address_in_use_starts_no_node() {
    LineServer other({.address = "127.0.0.1:0"});
    const std::string taken = "127.0.0.1:" + std::to_string(other.port());
    Launched cluster("serve", taken);

    const Finished finished = cluster.finished();

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(finished.status));
    CPPUNIT_ASSERT_EQUAL(""s, finished.output);
    CPPUNIT_ASSERT_EQUAL(
        "error: cannot listen on " + taken +
            ": the port is in use by another process; nothing was changed. "
            "Stop that process, or choose other ports (--base-port, "
            "--cluster)\n",
        finished.error);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LocalClusterTest);

}  // namespace
}  // namespace raft
