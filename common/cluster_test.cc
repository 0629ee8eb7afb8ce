// Who is in the cluster: built in, or from a file that is checked.
#include "common/cluster.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <utility>

#include "common/temporary_directory.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr char kNodes[] = R"([{"id":3,"client":"h:3","peer":"h:13"},)"
                          R"({"id":1,"client":"h:1","peer":"h:11"}])";

// A cluster file with `nodes`, and with `more` fields.
std::string file_with(const std::string& nodes, const std::string& more = "") {
  return R"({"cluster_id":"demo","nodes":)" + nodes + more + "}";
}

std::string complaint_about(const std::string& text) {
  const auto cluster = parse_cluster(text);
  return cluster ? "none" : cluster.error().message;
}

class ClusterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClusterTest);
  CPPUNIT_TEST(the_built_in_cluster_counts_up_from_its_base_port);
  CPPUNIT_TEST(a_file_names_the_nodes_in_any_order);
  CPPUNIT_TEST(the_lowest_id_leads_unless_the_file_says_otherwise);
  CPPUNIT_TEST(a_node_is_found_by_its_id);
  CPPUNIT_TEST(unknown_fields_are_ignored);
  CPPUNIT_TEST(every_flaw_of_a_file_is_named);
  CPPUNIT_TEST(an_address_needs_a_host_and_a_port);
  CPPUNIT_TEST(a_file_is_read_and_named_in_a_complaint);
  CPPUNIT_TEST(a_file_that_is_not_there_is_named);
  CPPUNIT_TEST_SUITE_END();

 public:
  // Client port P+id, peer port P+100+id.
  void the_built_in_cluster_counts_up_from_its_base_port() {
    const Cluster cluster = built_in_cluster(2, 7000);

    const std::vector<NodeAddress> expected = {
        {.id = 1, .client = "127.0.0.1:7001", .peer = "127.0.0.1:7101"},
        {.id = 2, .client = "127.0.0.1:7002", .peer = "127.0.0.1:7102"}};
    CPPUNIT_ASSERT_EQUAL("local"s, cluster.cluster_id);
    CPPUNIT_ASSERT_EQUAL(NodeId{1}, cluster.leader);
    CPPUNIT_ASSERT(expected == cluster.nodes);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, built_in_cluster(1, 0).nodes.size());
    CPPUNIT_ASSERT_EQUAL(kNodesMax,
                         built_in_cluster(kNodesMax, 0).nodes.back().id);
  }

  // They are kept by ascending id.
  void a_file_names_the_nodes_in_any_order() {
    const auto cluster = parse_cluster(file_with(kNodes));

    const std::vector<NodeAddress> expected = {
        {.id = 1, .client = "h:1", .peer = "h:11"},
        {.id = 3, .client = "h:3", .peer = "h:13"}};
    CPPUNIT_ASSERT_EQUAL("demo"s, cluster->cluster_id);
    CPPUNIT_ASSERT(expected == cluster->nodes);
  }

  // Where the leader is fixed.
  void the_lowest_id_leads_unless_the_file_says_otherwise() {
    CPPUNIT_ASSERT_EQUAL(NodeId{1}, parse_cluster(file_with(kNodes))->leader);
    CPPUNIT_ASSERT_EQUAL(
        NodeId{3}, parse_cluster(file_with(kNodes, R"(,"leader":3)"))->leader);
  }

  // And no other one.
  void a_node_is_found_by_its_id() {
    const auto cluster = parse_cluster(file_with(kNodes));

    CPPUNIT_ASSERT_EQUAL("h:3"s, cluster->find(3)->client);
    CPPUNIT_ASSERT(cluster->find(2) == nullptr);
    CPPUNIT_ASSERT(cluster->find(kNobody) == nullptr);
  }

  // A file may carry more than we know.
  void unknown_fields_are_ignored() {
    CPPUNIT_ASSERT_EQUAL("none"s,
                         complaint_about(file_with(kNodes, R"(,"note":"x")")));
  }

  // Each by what is wrong with it.
  void every_flaw_of_a_file_is_named() {
    const std::string one = R"({"id":1,"client":"h:1","peer":"h:11"})";
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"", "empty, not JSON"},
        {"[]", "must be a JSON object, not an array"},
        {"{}", "field \"cluster_id\" is missing"},
        {R"({"cluster_id":7})",
         "field \"cluster_id\" must be a string, not a number"},
        {R"({"cluster_id":"","nodes":[]})", "\"cluster_id\" is empty"},
        {R"({"cluster_id":"x"})", "field \"nodes\" is missing"},
        {file_with("{}"), "field \"nodes\" must be an array, not an object"},
        {file_with("[1]"),
         "field \"nodes\" must hold only objects, not a number"},
        {file_with("[]"), "\"nodes\" is empty"},
        {file_with("[{}]"), "field \"id\" is missing"},
        {file_with(R"([{"id":"1"}])"),
         "field \"id\" must be an integer from 0 to 18446744073709551615, not "
         "a string"},
        {file_with(R"([{"id":0,"client":"h:1","peer":"h:2"}])"),
         "a node's id must be 1 or more"},
        {file_with(R"([{"id":1,"peer":"h:2"}])"),
         "field \"client\" is missing"},
        {file_with(R"([{"id":1,"client":"h:1"}])"),
         "field \"peer\" is missing"},
        {file_with("[" + one + R"(,{"id":1,"client":"h:2","peer":"h:12"}])"),
         "id 1 stands there twice"},
        {file_with("[" + one + R"(,{"id":2,"client":"h:1","peer":"h:12"}])"),
         "address h:1 stands there twice"},
        {file_with("[" + one + R"(,{"id":2,"client":"h:2","peer":"h:11"}])"),
         "address h:11 stands there twice"},
        {file_with("[" + one + R"(,{"id":2,"client":"h:11","peer":"h:12"}])"),
         "address h:11 stands there twice"},
        {file_with(R"([{"id":1,"client":"h:1","peer":"h:1"}])"),
         "address h:1 stands there twice"},
        {file_with("[" + one + "]", R"(,"leader":2)"),
         "\"leader\" is 2, which is not among the nodes"},
        {file_with("[" + one + "]", R"(,"leader":"1")"),
         "field \"leader\" must be an integer from 0 to 18446744073709551615, "
         "not a string"},
    };
    for (const auto& [text, expected] : texts) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, expected, complaint_about(text));
    }
  }

  // For clients and for peers, with a port that can be told to others.
  void an_address_needs_a_host_and_a_port() {
    for (const std::string bad : {"",
                                  "h",
                                  ":1",
                                  "h:",
                                  "h:0",
                                  "h:65536",
                                  "h:99999",
                                  "h:100000",
                                  "h:-1",
                                  "h:1x",
                                  "h: 1",
                                  "h:http"}) {
      const std::string expected = "\"" + bad + "\" is no HOST:PORT";
      CPPUNIT_ASSERT_EQUAL(
          expected,
          complaint_about(file_with(R"([{"id":1,"peer":"h:2","client":")" +
                                    bad + R"("}])")));
      CPPUNIT_ASSERT_EQUAL(
          expected,
          complaint_about(file_with(R"([{"id":1,"client":"h:2","peer":")" +
                                    bad + R"("}])")));
    }
    for (const std::string good : {"h:1", "10.0.0.1:65535", "[::1]:7001"}) {
      CPPUNIT_ASSERT_EQUAL(
          "none"s,
          complaint_about(file_with(R"([{"id":1,"peer":"p:2","client":")" +
                                    good + R"("}])")));
    }
  }

  // So that the reader knows which file to mend.
  void a_file_is_read_and_named_in_a_complaint() {
    const TemporaryDirectory directory;
    const std::string good = directory.write("good", file_with(kNodes) + "\n");
    const std::string bad = directory.write("bad", "{}");

    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, read_cluster(good)->nodes.size());
    CPPUNIT_ASSERT_EQUAL(
        "cluster file " + bad + ": field \"cluster_id\" is missing",
        read_cluster(bad).error().message);
  }

  // A directory can't be read either.
  void a_file_that_is_not_there_is_named() {
    const TemporaryDirectory directory;
    for (const std::string& file : {directory.file("gone"), directory.path()}) {
      CPPUNIT_ASSERT_EQUAL("cannot read the cluster file " + file,
                           read_cluster(file).error().message);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClusterTest);

}  // namespace
}  // namespace raft
