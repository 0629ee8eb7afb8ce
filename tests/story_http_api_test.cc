// [since stage4_cluster_client]
// The client protocol over HTTP, row by row, against a running cluster: what a
// request is answered with, on each node. Whoever leads is asked for, so that
// it does not matter who that is.
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <set>
#include <string>
#include <vector>

#include "common/options.h"
#include "tests/http_cluster.h"
#include "tests/test_cluster.h"
#include "tests/wait_until.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::uint64_t kNodes = 3;
constexpr std::size_t kMiB = 1024 * 1024;

// From this stage on any node may lead, and serves linearizable reads.
constexpr int kFirstElectingStage = 6;

bool has_header(const HttpAnswer& answer,
                const std::string& name,
                const std::string& value) {
  return header_in(answer.headers, name) == value;
}

struct Page {
  std::vector<std::string> keys = {};
  bool has_more = false;
};

class StoryHttpApi : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoryHttpApi);
  CPPUNIT_TEST(a_put_a_get_and_a_delete);
  CPPUNIT_TEST(a_cas_replaces_only_what_it_names);
  CPPUNIT_TEST(a_follower_sends_a_write_to_the_leader);
  CPPUNIT_TEST(a_linearizable_read_sees_every_acknowledged_write);
  CPPUNIT_TEST(every_node_answers_a_stale_read_itself);
  CPPUNIT_TEST(a_list_has_its_keys_in_byte_order_and_page_by_page);
  CPPUNIT_TEST(a_list_stops_early_when_it_gets_large);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_put_a_get_and_a_delete() {
    start();
    const HttpAnswer absent = ask_leader(get_request(path_of("k")));
    CPPUNIT_ASSERT_EQUAL("404 not_found"s, verdict_of(absent));

    const HttpAnswer put = ask_leader(put_request("k", "v"));
    CPPUNIT_ASSERT_EQUAL("200 ok"s, verdict_of(put));
    CPPUNIT_ASSERT(has_header(put, "Content-Type", "application/json"));
    const std::uint64_t index = json_of(put).number("index").value();
    CPPUNIT_ASSERT(index >= 1);
    CPPUNIT_ASSERT(json_of(put).number("term").value() >= 1);

    const HttpAnswer got = ask_leader(get_request(path_of("k")));
    CPPUNIT_ASSERT_EQUAL(200, got.status);
    CPPUNIT_ASSERT(has_header(got, "Content-Type", "application/json"));
    CPPUNIT_ASSERT_EQUAL("k"s, json_of(got).string("key").value());
    CPPUNIT_ASSERT_EQUAL("v"s, json_of(got).string("value").value());
    CPPUNIT_ASSERT(json_of(got).number("index").value() >= index);

    const HttpAnswer deleted = ask_leader(delete_request("k"));
    CPPUNIT_ASSERT_EQUAL("200 ok"s, verdict_of(deleted));
    CPPUNIT_ASSERT(json_of(deleted).number("index").value() > index);
    CPPUNIT_ASSERT(json_of(deleted).number("term").value() >= 1);
    CPPUNIT_ASSERT_EQUAL("404 not_found not_executed"s,
                         verdict_of(ask_leader(delete_request("k"))));
    CPPUNIT_ASSERT_EQUAL("404 not_found"s,
                         verdict_of(ask_leader(get_request(path_of("k")))));
  }

  void a_cas_replaces_only_what_it_names() {
    start();
    expect("409 conflict not_executed, value null", cas_request("k", "v", "w"));
    expect("200 ok", cas_request("k", {}, "v"));
    expect("409 conflict not_executed, value v", cas_request("k", {}, "w"));
    expect("409 conflict not_executed, value v", cas_request("k", "x", "w"));
    expect("200 ok", cas_request("k", "v", ""));
    expect("409 conflict not_executed, value ", cas_request("k", {}, "w"));
    expect("200 ok", cas_request("k", "", "w"));
    CPPUNIT_ASSERT(http_.value_at(http_.leader(), "k") == "w");
  }

  // 307 to the same path at the leader: what `curl -L` follows.
  void a_follower_sends_a_write_to_the_leader() {
    start();
    expect("200 ok", put_request("a/b c", "v"));
    HttpRequest put = put_request("a/b c", "w");
    put.target += "?x=%20y";
    for (const HttpRequest& write : {put, delete_request("a/b c")}) {
      const HttpAnswer answer = http_.ask_follower(write);
      CPPUNIT_ASSERT_EQUAL("307 not_leader not_executed"s, verdict_of(answer));
      const std::string leader = json_of(answer).string("leader").value();
      CPPUNIT_ASSERT(
          has_header(answer, "Location", "http://" + leader + write.target));
      CPPUNIT_ASSERT_EQUAL("200 ok"s, verdict_of(ask(leader, write)));
    }
  }

  // By the leader, and by any node once leaders are elected; a node that does
  // not serve such reads says who does.
  void a_linearizable_read_sees_every_acknowledged_write() {
    start();
    for (int i = 0; i < 20; ++i) {
      const std::string value = std::to_string(i);
      expect("200 ok", put_request("k", value));
      for (NodeId id = 1; id <= kNodes; ++id) {
        const HttpRequest read =
            get_request(path_of("k") + "?consistency=linearizable");
        HttpAnswer answer = http_.ask(id, read);
        const bool is_follower = id != http_.leader();
        if (is_follower && stage_number(RAFT_STAGE) < kFirstElectingStage) {
          CPPUNIT_ASSERT_EQUAL("307 not_leader not_executed"s,
                               verdict_of(answer));
          const std::string leader = json_of(answer).string("leader").value();
          CPPUNIT_ASSERT(
              has_header(answer, "Location", "http://" + leader + read.target));
          answer = ask(leader, read);
        }
        CPPUNIT_ASSERT_EQUAL(200, answer.status);
        CPPUNIT_ASSERT_EQUAL(value, json_of(answer).string("value").value());
      }
    }
  }

  void every_node_answers_a_stale_read_itself() {
    start();
    expect("200 ok", put_request("k", "v"));
    for (NodeId id = 1; id <= kNodes; ++id) {
      http_.wait_for_value(id, "k", "v");
      const HttpAnswer list =
          http_.ask(id, get_request("/v1/kv?consistency=stale"));
      CPPUNIT_ASSERT_EQUAL(
          R"({"entries":[{"key":"k","value":"v"}],)"s + R"("more":false})",
          list.body);
    }
    const NodeId follower = http_.follower();
    for (NodeId id = 1; id <= kNodes; ++id) {
      if (id != follower) cluster_.node(id).kill();
    }
    CPPUNIT_ASSERT(http_.value_at(follower, "k") == "v");
  }

  void a_list_has_its_keys_in_byte_order_and_page_by_page() {
    start();
    const std::set<std::string> keys = many_keys();
    for (const std::string& key : keys) {
      expect("200 ok", put_request(key, "v"));
    }
    const std::vector<std::string> all(keys.begin(), keys.end());

    const Page first = list("");
    CPPUNIT_ASSERT(first.keys == std::vector(all.begin(), all.begin() + 100));
    CPPUNIT_ASSERT(first.has_more);
    const Page whole = list("limit=1000");
    CPPUNIT_ASSERT(whole.keys == all);
    CPPUNIT_ASSERT(!whole.has_more);
    const Page exact = list("limit=" + std::to_string(all.size()));
    CPPUNIT_ASSERT(exact.keys == all);
    CPPUNIT_ASSERT(!exact.has_more);
    CPPUNIT_ASSERT(pages("", 7) == all);

    const std::vector<std::string> with_prefix = {"é", "é/1", "é/2"};
    CPPUNIT_ASSERT(list("prefix=%C3%A9").keys == with_prefix);
    CPPUNIT_ASSERT(pages("prefix=%C3%A9&", 1) == with_prefix);
    CPPUNIT_ASSERT(list("prefix=nothing-has-it").keys.empty());
    CPPUNIT_ASSERT(list("after=%C3%A9%2F2").keys.empty());
  }

  // 6 MiB do not go into one answer, but all of them come.
  void a_list_stops_early_when_it_gets_large() {
    start();
    std::vector<std::string> keys;
    for (std::uint64_t i = 1; i <= 24; ++i) {
      keys.push_back("large" + std::to_string(100 + i));
      const HttpRequest put = in_session(
          put_request(keys.back(), std::string(kMiB / 4, 'v')), "large", i);
      // On a slow machine so much work may cost a leader its office.
      wait_until("a large value is stored",
                 [&] { return verdict_of(ask_leader(put)) == "200 ok"; });
    }
    const Page first = list("");
    CPPUNIT_ASSERT(first.has_more);
    CPPUNIT_ASSERT(first.keys.size() < keys.size());
    CPPUNIT_ASSERT(pages("", 1000) == keys);
  }

 private:
  void start() {
    cluster_.start();
    http_.wait_until_ready();
  }

  HttpAnswer ask_leader(const HttpRequest& request) {
    return http_.ask_leader(request);
  }

  void expect(const std::string& verdict, const HttpRequest& request) {
    CPPUNIT_ASSERT_EQUAL(verdict, verdict_of(ask_leader(request)));
  }

  Page list(const std::string& query) {
    const HttpAnswer answer = ask_leader(get_request("/v1/kv?" + query));
    CPPUNIT_ASSERT_EQUAL(200, answer.status);
    Page page{.has_more = json_of(answer).boolean("more").value()};
    const auto entries = json_of(answer).objects("entries").value();
    for (const JsonObject& entry : entries) {
      page.keys.push_back(entry.string("key").value());
    }
    return page;
  }

  // All keys, `limit` at a time.
  std::vector<std::string> pages(const std::string& query, int limit) {
    std::vector<std::string> keys;
    Page page{.has_more = true};
    while (page.has_more) {
      const std::string after =
          keys.empty() ? "" : "&after=" + percent_encode(keys.back());
      page = list(query + "limit=" + std::to_string(limit) + after);
      CPPUNIT_ASSERT(!page.keys.empty());
      keys.insert(keys.end(), page.keys.begin(), page.keys.end());
    }
    return keys;
  }

  // More than one page by default. A set has them in byte order.
  static std::set<std::string> many_keys() {
    std::set<std::string> keys = {
        "!", "A", "a", "a/b", "a b", "aa", "~", "é", "é/1", "é/2", "%2F", "+"};
    for (int i = 0; i < 100; ++i) keys.insert("key" + std::to_string(i));
    return keys;
  }

  TestCluster cluster_{RAFT_STAGE, {.nodes = kNodes}};
  HttpCluster http_{cluster_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoryHttpApi);

}  // namespace
}  // namespace raft
