// What is counted is what is said, in Prometheus's text format.
#include "common/metrics.h"

#include <cppunit/extensions/HelperMacros.h>
#include <thread>
#include <vector>

namespace raft {
namespace {

using namespace std::string_literals;

void expect_line(const Metrics& metrics, const std::string& line) {
  const std::string text = metrics.text();
  CPPUNIT_ASSERT_MESSAGE(
      line + " is not in\n" + text,
      ("\n" + text).find("\n" + line + "\n") != std::string::npos);
}

class MetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsTest);
  CPPUNIT_TEST(requests_are_counted_by_method_and_status);
  CPPUNIT_TEST(durations_fall_into_buckets);
  CPPUNIT_TEST(a_gauge_has_its_last_value);
  CPPUNIT_TEST(each_metric_is_explained_once);
  CPPUNIT_TEST(a_label_with_special_characters_is_escaped);
  CPPUNIT_TEST(no_count_of_many_threads_is_lost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void requests_are_counted_by_method_and_status() {
    Metrics metrics("stage4_x", 7);
    metrics.count_request("GET", 200, 0.1);
    metrics.count_request("GET", 200, 0.1);
    metrics.count_request("GET", 404, 0.1);
    metrics.count_request("PUT", 200, 0.1);
    const std::string begin = "raft_http_requests_total{";
    const std::string node = "node=\"7\",stage=\"stage4_x\",";
    expect_line(metrics, begin + node + R"(method="GET",status="200"} 2)");
    expect_line(metrics, begin + node + R"(method="GET",status="404"} 1)");
    expect_line(metrics, begin + node + R"(method="PUT",status="200"} 1)");
  }

  // Each bucket counts what is in those below it, too.
  void durations_fall_into_buckets() {
    Metrics metrics("s", 1);
    metrics.count_request("PUT", 200, 0.00025);
    metrics.count_request("PUT", 503, 0.75);
    metrics.count_request("PUT", 504, 60);
    const std::string begin = "raft_http_request_duration_seconds";
    const std::string labels = R"({node="1",stage="s",method="PUT")";
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"0.0001\"} 0");
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"0.00025\"} 1");
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"0.5\"} 1");
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"1\"} 2");
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"5\"} 2");
    expect_line(metrics, begin + "_bucket" + labels + ",le=\"+Inf\"} 3");
    expect_line(metrics, begin + "_count" + labels + "} 3");
    expect_line(metrics, begin + "_sum" + labels + "} 60.75025");
  }

  void a_gauge_has_its_last_value() {
    Metrics metrics("s", 1);
    metrics.set("term", "Current term.", 1);
    expect_line(metrics, R"(raft_term{node="1",stage="s"} 1)");
    metrics.set("term", "Current term.", 3);
    expect_line(metrics, R"(raft_term{node="1",stage="s"} 3)");
    metrics.set("term", "Current term.", 0);
    expect_line(metrics, R"(raft_term{node="1",stage="s"} 0)");
  }

  void each_metric_is_explained_once() {
    Metrics metrics("s", 1);
    for (int i = 0; i < 3; ++i) {
      metrics.set("keys", "Keys with a value.", i);
      metrics.count_request("GET", 200 + i, 0.1);
    }
    const std::string text = metrics.text();
    for (const std::string line : {"# HELP raft_keys Keys with a value.\n",
                                   "# TYPE raft_keys gauge\n",
                                   "# TYPE raft_http_requests_total counter\n",
                                   "# TYPE raft_http_request_duration_seconds "
                                   "histogram\n"}) {
      const std::size_t at = text.find(line);
      CPPUNIT_ASSERT_MESSAGE(line, at != std::string::npos);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          line, std::string::npos, text.find(line, at + 1));
    }
  }

  void a_label_with_special_characters_is_escaped() {
    Metrics metrics("a\"b\\c\nd", 1);
    metrics.set("term", "Current term.", 1);
    expect_line(metrics, R"(raft_term{node="1",stage="a\"b\\c\nd"} 1)");
  }

  void no_count_of_many_threads_is_lost() {
    Metrics metrics("s", 1);
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&, i] {
        for (int j = 0; j < 1000; ++j) {
          metrics.count_request("GET", 200 + j % 2, 0.001);
          if (j % 100 == 0) metrics.set("term", "Current term.", i);
          if (j % 100 == 0) static_cast<void>(metrics.text());
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string status : {"200", "201"}) {
      expect_line(metrics,
                  R"(raft_http_requests_total{node="1",stage="s",)"
                  R"(method="GET",status=")" +
                      status + "\"} 2000");
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsTest);

}  // namespace
}  // namespace raft
