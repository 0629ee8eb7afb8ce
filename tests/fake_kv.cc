#include "tests/fake_kv.h"

#include <cppunit/TestAssert.h>
#include <utility>

#include "common/json.h"
#include "common/test_process.h"

namespace raft {
namespace {

HttpAnswer json_answer(int status, const JsonWriter& body) {
  return {.status = status,
          .headers = {{"Content-Type", "application/json"}},
          .body = body.text()};
}

JsonWriter error_body(const std::string& code) {
  return JsonWriter().add("ok", false).add("error", code).add("message", code);
}

}  // namespace

FakeKv::FakeKv(FakeKvFlaws flaws) : flaws_(flaws) {
  server_.emplace(HttpServerOptions{
      .address = "127.0.0.1:0",
      .handler = [this](HttpRequest request,
                        const Reply& reply) { handle(request, reply); },
      .error_answer =
          [](int status, const std::string& code, const std::string&) {
            return json_answer(status, error_body(code));
          }});
}

FakeKv::~FakeKv() {
  release_held();
  server_->stop();
}

std::string FakeKv::address() const {
  return "127.0.0.1:" + std::to_string(server_->port());
}

void FakeKv::say(HttpAnswer answer) {
  const std::lock_guard lock(mutex_);
  script_.push_back(std::move(answer));
}

void FakeKv::say_error(int status,
                       const std::string& code,
                       const std::string& outcome) {
  JsonWriter body = error_body(code);
  if (!outcome.empty()) body.add("outcome", outcome);
  say(json_answer(status, body));
}

void FakeKv::hold_next_answer() {
  const std::lock_guard lock(mutex_);
  must_hold_ = true;
}

void FakeKv::await_held() const {
  std::unique_lock lock(mutex_);
  const bool is_held =
      changed_.wait_until(lock, patience(), [this] { return !must_hold_; });
  CPPUNIT_ASSERT(is_held);
}

void FakeKv::release_held() {
  std::vector<Reply> held;
  {
    const std::lock_guard lock(mutex_);
    held = std::exchange(held_, {});
  }
  for (const Reply& reply : held) {
    reply(json_answer(504, error_body("timeout").add("outcome", "unknown")));
  }
}

std::vector<HttpRequest> FakeKv::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

void FakeKv::handle(const HttpRequest& request, const Reply& reply) {
  std::unique_lock lock(mutex_);
  requests_.push_back(request);
  HttpAnswer answer;
  if (!script_.empty()) {
    answer = script_.front();
    script_.pop_front();
  } else {
    answer = execute(request);
  }
  if (must_hold_) {
    must_hold_ = false;
    held_.push_back(reply);
    changed_.notify_all();
    return;
  }
  lock.unlock();
  reply(answer);
}

HttpAnswer FakeKv::execute(const HttpRequest& request) {
  const std::string path(request.path());
  const std::string key = path.substr(path.rfind('/') + 1);
  if (request.method == "GET") return get(key);
  const auto client = header_in(request.headers, "Raft-Client-Id");
  const std::string repeated =
      client.value_or("") + " " +
      header_in(request.headers, "Raft-Serial").value_or("");
  const auto before = answered_.find(repeated);
  if (client && before != answered_.end() && !flaws_.executes_repeats) {
    return before->second;
  }
  const HttpAnswer answer =
      request.method == "PUT" ? put(key, request.body) : remove(key);
  answered_[repeated] = answer;
  return answer;
}

HttpAnswer FakeKv::get(const std::string& key) const {
  std::optional<std::string> value = present(key);
  if (flaws_.has_stale_reads && store_.contains(key)) {
    const Values& values = store_.at(key);
    value = values.size() < 2 ? std::nullopt : values[values.size() - 2];
  }
  if (!value) return json_answer(404, error_body("not_found"));
  return json_answer(200, JsonWriter().add("key", key).add("value", *value));
}

HttpAnswer FakeKv::put(const std::string& key, const std::string& body) {
  const auto json = JsonObject::parse(body);
  CPPUNIT_ASSERT(json);
  if (json->has("expected") &&
      json->string_or_null("expected").value() != present(key)) {
    return json_answer(
        409, error_body("conflict").add_or_null("value", present(key)));
  }
  store_[key].push_back(json->string("value").value());
  return json_answer(200, JsonWriter().add("ok", true));
}

HttpAnswer FakeKv::remove(const std::string& key) {
  if (!present(key)) return json_answer(404, error_body("not_found"));
  store_[key].push_back(std::nullopt);
  return json_answer(200, JsonWriter().add("ok", true));
}

std::optional<std::string> FakeKv::present(const std::string& key) const {
  const auto found = store_.find(key);
  return found == store_.end() ? std::nullopt : found->second.back();
}

}  // namespace raft
