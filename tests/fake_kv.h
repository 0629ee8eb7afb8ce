// A key/value server in this process that speaks the HTTP API: correct, or with
// a flaw that a chaos run must find. A test can also put words into its mouth.
//
// Any thread may call.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/http_server.h"

namespace raft {

struct FakeKvFlaws {
  bool has_stale_reads = false;  // a get sees the value before the present one
  bool executes_repeats = false;  // a serial number twice is executed twice
};

class FakeKv {
 public:
  explicit FakeKv(FakeKvFlaws flaws = {});

  // Releases what it holds.
  ~FakeKv();

  FakeKv(const FakeKv&) = delete;
  FakeKv& operator=(const FakeKv&) = delete;

  std::string address() const;

  // The next request is answered so, and not executed; the one after it by the
  // answer of the next call.
  void say(HttpAnswer answer);
  void say_error(int status,
                 const std::string& code,
                 const std::string& outcome = "");

  // The next request is executed, and its client hears nothing.
  void hold_next_answer();

  // Returns when that has happened. The test fails if it doesn't.
  void await_held() const;

  // The clients of such requests hear that the outcome is unknown.
  void release_held();

  // All requests so far, those that were not executed included.
  std::vector<HttpRequest> requests() const;

 private:
  using Reply = HttpServerOptions::Reply;

  void handle(const HttpRequest& request, const Reply& reply);
  HttpAnswer execute(const HttpRequest& request);
  HttpAnswer get(const std::string& key) const;
  HttpAnswer put(const std::string& key, const std::string& body);
  HttpAnswer remove(const std::string& key);

  // Each key's values, nothing for none, the present one last.
  using Values = std::vector<std::optional<std::string>>;
  std::optional<std::string> present(const std::string& key) const;

  const FakeKvFlaws flaws_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::map<std::string, Values> store_;
  std::map<std::string, HttpAnswer> answered_;  // by client id and serial
  std::deque<HttpAnswer> script_;
  bool must_hold_ = false;
  std::vector<Reply> held_;
  std::vector<HttpRequest> requests_;
  std::optional<HttpServer> server_;  // last: its thread calls the rest
};

}  // namespace raft
