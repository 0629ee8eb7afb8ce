// [since stage3_log_repl]
// A node's data directory as its operators meet it: where it is, whose it is,
// and what becomes of a node that can't trust what it finds there.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "common/temporary_directory.h"
#include "tests/client_program.h"
#include "tests/program.h"
#include "tests/reserved_port.h"

namespace raft {
namespace {

using Words = std::vector<std::string>;

class StoryDataDirectory : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryDataDirectory);
  CPPUNIT_TEST(a_node_has_its_data_where_it_was_started_unless_told_otherwise);
  CPPUNIT_TEST(a_directory_in_use_is_refused_and_its_user_goes_on);
  CPPUNIT_TEST(a_directory_of_another_node_or_cluster_is_refused);
  CPPUNIT_TEST(a_corrupt_log_is_refused_and_left_as_it_is);
  CPPUNIT_TEST_SUITE_END();

 public:
  // `bazel run` starts programs elsewhere, and names the user's directory.
  void a_node_has_its_data_where_it_was_started_unless_told_otherwise() {
    for (int start = 0; start < 2; ++start) {
      Program server(command("test", 1, ""),
                     {{"BUILD_WORKING_DIRECTORY", directory_.path()}});
      server.wait_for_output("serves clients");
      if (start == 0) {
        put("k", "v");
      } else {
        CPPUNIT_ASSERT_EQUAL(printed("v\n"), await_value("k"));
      }
      end(server);
    }
    CPPUNIT_ASSERT(std::filesystem::is_directory(
        directory_.file("raft-data/" RAFT_STAGE "/node-1")));
  }

  // Two writers of one log would ruin it. The second one does not touch it,
  // wherever it would serve.
  void a_directory_in_use_is_refused_and_its_user_goes_on() {
    const std::string data = directory_.file("data");
    Program server(command("test", 1, data));
    server.wait_for_output("serves clients");
    put("k", "v");

    const ReservedPort client;
    const ReservedPort peer;
    const std::string error =
        expect_refusal(command("test", 1, data, client, peer));

    expect_part("in use by another process", error);
    expect_part(data, error);
    put("k", "w");
    end(server);
  }

  // Whose votes and promises a log holds is no matter of its place.
  void a_directory_of_another_node_or_cluster_is_refused() {
    const std::string data = directory_.file("data");
    found(data);
    const auto before = files_in(data);

    const std::string other_cluster = expect_refusal(command("other", 1, data));

    expect_part("node 1 of cluster test", other_cluster);
    expect_part("node 1 of cluster other", other_cluster);
    CPPUNIT_ASSERT(files_in(data) == before);

    std::filesystem::rename(data + "/node-1", data + "/node-2");
    const auto renamed = files_in(data);
    const std::string other_node = expect_refusal(command("test", 2, data));
    expect_part("node 1 of cluster test", other_node);
    expect_part("node 2 of cluster test", other_node);
    CPPUNIT_ASSERT(files_in(data) == renamed);
  }

  // A node that has lost what it promised to hold must not take part: one byte
  // is enough. It names the place, and the byte can be mended.
  void a_corrupt_log_is_refused_and_left_as_it_is() {
    const std::string data = directory_.file("data");
    found(data);
    const std::string log = data + "/node-1/00000001.log";
    const std::size_t place = text_of_file(log).find("precious");
    CPPUNIT_ASSERT(place != std::string::npos);
    write_byte(log, place, 'P');
    const auto before = files_in(data);

    const std::string error = expect_refusal(command("test", 1, data));

    expect_part("corrupt", error);
    expect_part(log + " at offset ", error);
    CPPUNIT_ASSERT(files_in(data) == before);

    write_byte(log, place, 'p');
    Program server(command("test", 1, data));
    server.wait_for_output("serves clients");
    CPPUNIT_ASSERT_EQUAL(printed("precious\n"), await_value("k"));
    end(server);
  }

 private:
  // Of a server that is a cluster by itself; without `data`, it is not told
  // where its data is.
  Words command(const std::string& cluster_id,
                int id,
                const std::string& data,
                const ReservedPort& client,
                const ReservedPort& peer) const {
    const std::string file = directory_.write(
        "cluster.json",
        R"({"cluster_id":")" + cluster_id + R"(","nodes":[{"id":)" +
            std::to_string(id) + R"(,"client":")" + client.address() +
            R"(","peer":")" + peer.address() + "\"}]}");
    Words words = {
        RAFT_STAGE "/server", "--id", std::to_string(id), "--cluster", file};
    if (!data.empty()) words.insert(words.end(), {"--data-dir", data});
    return words;
  }

  Words command(const std::string& cluster_id,
                int id,
                const std::string& data) const {
    return command(cluster_id, id, data, client_, peer_);
  }

  // A data directory of node 1 that holds something.
  void found(const std::string& data) const {
    Program server(command("test", 1, data));
    server.wait_for_output("serves clients");
    put("k", "precious");
    put("other", "v");
    end(server);
  }

  void put(const std::string& key, const std::string& value) const {
    CPPUNIT_ASSERT_EQUAL(
        printed(""),
        run_client(RAFT_STAGE, client_.address(), {"put", key, value}));
  }

  // A write is applied after those before it.
  ClientResult await_value(const std::string& key) const {
    put("later", "v");
    return run_client(RAFT_STAGE, client_.address(), {"get", key});
  }

  static void end(Program& server) {
    server.send_signal(SIGTERM);
    CPPUNIT_ASSERT_EQUAL(std::string("exited with status 0"),
                         describe(server.wait()));
  }

  // Returns the last line that it prints.
  static std::string expect_refusal(const Words& words) {
    Program server(words);
    CPPUNIT_ASSERT_EQUAL(std::string("exited with status 1"),
                         describe(server.wait()));
    CPPUNIT_ASSERT_EQUAL(std::string(), server.output());
    std::string error = server.error();
    CPPUNIT_ASSERT_MESSAGE(error, error.ends_with('\n'));
    error.pop_back();
    return error.substr(error.rfind('\n') + 1);
  }

  static void expect_part(const std::string& part, const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE("no \"" + part + "\" in: " + text,
                           text.find(part) != std::string::npos);
  }

  static std::map<std::string, std::string> files_in(const std::string& path) {
    std::map<std::string, std::string> files;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(path)) {
      const std::string file = entry.path();
      files[file] = entry.is_regular_file() ? text_of_file(file) : "";
    }
    return files;
  }

  static void write_byte(const std::string& file,
                         std::size_t offset,
                         char byte) {
    std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(static_cast<std::streamoff>(offset));
    stream.put(byte);
    stream.close();
    CPPUNIT_ASSERT(stream.good());
  }

  const TemporaryDirectory directory_;
  const ReservedPort client_;
  const ReservedPort peer_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryDataDirectory);

}  // namespace
}  // namespace raft
