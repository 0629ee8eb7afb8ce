// Requests and their answers. Late answers are in http_server_late_test.cc,
// what clients do to harm it in http_server_hostile_test.cc, its end in
// http_server_stop_test.cc, what a request is in http_request_reader_test.cc.
#include "common/http_server.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <vector>

#include "common/http_test_client.h"
#include "common/http_test_server.h"
#include "common/test_process.h"

namespace raft {
namespace {

using namespace std::string_literals;

using Client = HttpTestClient;
using Reply = HttpServerOptions::Reply;

constexpr char kProgram[] = "common/test_program";

class HttpServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HttpServerTest);
  CPPUNIT_TEST(requests_are_answered_in_order);
  CPPUNIT_TEST(a_thousand_requests_in_one_write_are_answered_in_order);
  CPPUNIT_TEST(an_answer_has_its_headers_and_ours);
  CPPUNIT_TEST(an_answer_to_head_has_no_body);
  CPPUNIT_TEST(a_body_may_be_large_in_both_directions);
  CPPUNIT_TEST(a_client_that_waits_for_a_word_gets_it);
  CPPUNIT_TEST(a_client_that_waits_for_a_word_may_be_refused_at_once);
  CPPUNIT_TEST(who_asks_for_the_end_gets_it_behind_the_answer);
  CPPUNIT_TEST(http_1_0_gets_its_answer_and_the_end);
  CPPUNIT_TEST(a_refusal_is_readable);
  CPPUNIT_TEST(requests_before_a_refusal_are_answered);
  CPPUNIT_TEST(a_port_in_use_is_said_in_one_line);
  CPPUNIT_TEST_SUITE_END();

 public:
  void requests_are_answered_in_order() {
    HttpServer server(http_on_any_port());
    Client client(server.port());

    CPPUNIT_ASSERT(server.port() != 0);
    CPPUNIT_ASSERT_EQUAL("200 GET /a "s, client.ask(http_get("/a")));
    CPPUNIT_ASSERT_EQUAL("200 PUT /b x"s, client.ask(http_put("/b", "x")));
    CPPUNIT_ASSERT_EQUAL("200 GET /c "s, client.ask(http_get("/c")));
  }

  // A client need not wait for its answers.
  void a_thousand_requests_in_one_write_are_answered_in_order() {
    HttpServer server(http_on_any_port());
    Client client(server.port());
    std::string requests;
    for (int i = 0; i < 1000; ++i) {
      requests += http_put("/" + std::to_string(i), std::to_string(-i));
    }

    client.send(requests);

    for (int i = 0; i < 1000; ++i) {
      const std::string number = std::to_string(i);
      CPPUNIT_ASSERT_EQUAL("200 PUT /" + number + " " + std::to_string(-i),
                           client.answer());
    }
  }

  // The framing is the server's; the date is one for caches.
  void an_answer_has_its_headers_and_ours() {
    auto options = http_on_any_port();
    options.handler = [](const HttpRequest&, const Reply& reply) {
      reply({.status = 404, .headers = {{"A", "b"}}, .body = "text"});
    };
    HttpServer server(options);
    Client client(server.port());

    client.send(http_get("/"));
    const HttpAnswer answer = client.whole_answer();

    CPPUNIT_ASSERT_EQUAL(404, answer.status);
    CPPUNIT_ASSERT_EQUAL("text"s, answer.body);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, answer.headers.size());
    CPPUNIT_ASSERT_EQUAL("b"s, *header_in(answer.headers, "A"));
    CPPUNIT_ASSERT_EQUAL("4"s, *header_in(answer.headers, "Content-Length"));
    CPPUNIT_ASSERT(header_in(answer.headers, "Date")->ends_with(" GMT"));
  }

  // But its length (RFC 9110 §9.3.2), and the next answer follows.
  void an_answer_to_head_has_no_body() {
    HttpServer server(http_on_any_port());
    Client client(server.port());

    client.send("HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + http_get("/b"));
    client.half_close();

    const std::string answers = client.rest();
    const std::size_t end = answers.find("\r\n\r\n") + 4;
    CPPUNIT_ASSERT(answers.find("Content-Length: 8\r\n") < end);
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 200 OK\r\n"s, answers.substr(end, 17));
    CPPUNIT_ASSERT(answers.ends_with("\r\n\r\nGET /b "));
  }

  // As large as may be, with a next request behind it.
  void a_body_may_be_large_in_both_directions() {
    const auto options = http_on_any_port();
    HttpServer server(options);
    Client client(server.port());
    std::string body(options.body_bytes_max, 'x');
    for (std::size_t i = 0; i < body.size(); i += 99) body[i] = '\n';

    client.send(http_put("/a", body) + http_get("/b"));

    CPPUNIT_ASSERT(client.answer() == "200 PUT /a " + body);
    CPPUNIT_ASSERT_EQUAL("200 GET /b "s, client.answer());
  }

  // As curl does before a large body (RFC 9110 §10.1.1).
  void a_client_that_waits_for_a_word_gets_it() {
    HttpServer server(http_on_any_port());
    Client client(server.port());
    client.send(
        "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
        "Content-Length: 2\r\nConnection: close\r\n\r\n");
    while (!client.has_something()) {
    }

    client.send("hi");

    const std::string answers = client.rest();
    CPPUNIT_ASSERT_EQUAL("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"s,
                         answers.substr(0, 42));
    CPPUNIT_ASSERT(answers.ends_with("\r\n\r\nPUT /a hi"));
  }

  // So it need not send the body.
  void a_client_that_waits_for_a_word_may_be_refused_at_once() {
    HttpServer server(http_on_any_port());
    Client client(server.port());
    client.send(
        "PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
        "Content-Length: 99999999\r\n\r\n");

    CPPUNIT_ASSERT(client.rest().starts_with("HTTP/1.1 413 "));
  }

  // And what it has sent behind its last request does not destroy the answer.
  void who_asks_for_the_end_gets_it_behind_the_answer() {
    HttpServer server(http_on_any_port());
    Client client(server.port());
    client.send(http_get("/a") +
                "GET /b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n" +
                http_get("/c") + std::string(1024 * 1024, 'x'));

    CPPUNIT_ASSERT(!header_in(client.whole_answer().headers, "Connection"));
    const HttpAnswer last = client.whole_answer();
    CPPUNIT_ASSERT_EQUAL("GET /b "s, last.body);
    CPPUNIT_ASSERT_EQUAL("close"s, *header_in(last.headers, "Connection"));
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  void http_1_0_gets_its_answer_and_the_end() {
    HttpServer server(http_on_any_port());
    Client client(server.port());

    CPPUNIT_ASSERT_EQUAL("200 GET / "s, client.ask("GET / HTTP/1.0\r\n\r\n"));
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // While the client is still sending, and whatever it sends.
  void a_refusal_is_readable() {
    HttpServer server(http_on_any_port());
    const std::string rest(4 * 1024 * 1024, 'x');
    const std::string head = "PUT / HTTP/1.1\r\nHost: h\r\n";

    for (const auto& [bytes, expected] :
         std::vector<std::pair<std::string, std::string>>{
             {"nonsense\r\n\r\n", "400 bad_request"},
             {head + "Content-Length: x\r\n\r\n", "400 bad_request"},
             {head + "Content-Length: 2097153\r\n\r\n", "413 too_large"},
             {head + "Transfer-Encoding: chunked\r\n\r\n200001\r\n",
              "413 too_large"},
             {head + "X: ", "431 bad_request"},
             {"GET / HTTP/2.0\r\n\r\n", "505 bad_request"}}) {
      Client client(server.port());
      CPPUNIT_ASSERT_EQUAL(expected, client.ask(bytes + rest));
      CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
    }
  }

  void requests_before_a_refusal_are_answered() {
    HttpServer server(http_on_any_port());
    Client client(server.port());

    client.send(http_get("/a") + http_put("/b", "x") + "nonsense\r\n\r\n" +
                http_get("/c"));

    CPPUNIT_ASSERT_EQUAL("200 GET /a "s, client.answer());
    CPPUNIT_ASSERT_EQUAL("200 PUT /b x"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("400 bad_request"s, client.answer());
    CPPUNIT_ASSERT_EQUAL("closed"s, client.answer());
  }

  // With what to do, and without a server that shares the port.
  void a_port_in_use_is_said_in_one_line() {
    HttpServer server(http_on_any_port());
    const std::string address = "127.0.0.1:" + std::to_string(server.port());

    const Finished other =
        run_to_end({.command = {kProgram, "http_listen", address}});

    CPPUNIT_ASSERT_EQUAL("exited with status 1"s, describe(other.status));
    CPPUNIT_ASSERT_EQUAL(""s, other.output);
    CPPUNIT_ASSERT_EQUAL(
        "error: cannot listen on " + address +
            ": the port is in use by another process; nothing was changed. "
            "Stop that process, or choose other ports (--base-port, "
            "--cluster)\n",
        other.error);
    CPPUNIT_ASSERT_EQUAL("200 GET / "s,
                         Client(server.port()).ask(http_get("/")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HttpServerTest);

}  // namespace
}  // namespace raft
