#include "client.h"

#include <algorithm>
#include <utility>

#include "common/backoff.h"
#include "common/check.h"
#include "common/json.h"

namespace raft {
namespace {

constexpr std::int64_t kFirstPauseMs = 10;
constexpr std::int64_t kLongestPauseMs = 1000;

// A try is not begun with less time than this: late as it is, it would rather
// put the outcome in doubt than be answered.
constexpr std::chrono::milliseconds kLeastTime(100);

// Servers that point at each other, as they can while the leader changes, are
// followed so far before a pause.
constexpr int kHopsMax = 5;

constexpr char kUnknownAdvice[] =
    "; a write may or may not have been executed: read the key before you "
    "write it again";

HttpRequest request(const char* method, const std::string& key) {
  return {.method = method, .target = "/v1/kv/" + percent_encode(key)};
}

HttpRequest request(const std::string& target) {
  return {.target = target};
}

// The outcome that an error of the server stands for.
Outcome outcome_of(const JsonObject& answer) {
  const auto code = answer.string("error");
  if (code == "bad_request" || code == "too_large") return Outcome::kBadRequest;
  if (code == "not_found" || code == "conflict") {
    return Outcome::kNotFoundOrMismatch;
  }
  const auto outcome = answer.string("outcome");
  return outcome == "not_executed" ? Outcome::kNotExecuted : Outcome::kUnknown;
}

// True if no other try can make it a better one.
bool is_settled(const Reply& reply) {
  return reply.outcome != Outcome::kNotExecuted &&
         reply.outcome != Outcome::kUnknown;
}

// True if the cluster will execute no more of what this client numbers: it has
// forgotten the client, or somebody else uses its id.
bool is_session_over(const Reply& reply) {
  return reply.error == "session_expired" || reply.error == "stale_serial";
}

Reply reply_to(const HttpAnswer& answer) {
  const auto json = JsonObject::parse(answer.body);
  if (!json) {
    return {.outcome = Outcome::kUnknown,
            .message = "the server's answer makes no sense: status " +
                       std::to_string(answer.status) + " " + answer.body};
  }
  const bool is_done = answer.status == 200;
  Reply reply{.outcome = is_done ? Outcome::kDone : outcome_of(*json),
              .json = answer.body};
  const auto value = json->string("value");
  if (value) reply.value = *value;
  if (!is_done) {
    reply.error = json->string("error").value_or("");
    reply.message = json->string("message").value_or(answer.body);
  }
  return reply;
}

// What is left to say when the last try was not executed, or not for sure.
Reply in_doubt(Reply reply, bool may_be_executed) {
  if (!may_be_executed) return reply;
  // What the last server said of its try is not true of all of them.
  if (reply.outcome != Outcome::kUnknown) reply.json.clear();
  reply.outcome = Outcome::kUnknown;
  reply.message += kUnknownAdvice;
  return reply;
}

// Adds the entries of a page; true if more pages follow.
Result<bool> take_page(const std::string& json,
                       std::vector<KeyValue>& entries) {
  const auto page = JsonObject::parse(json);
  if (!page) return tl::make_unexpected(page.error());
  JsonFields fields(*page);
  const auto objects = fields.objects("entries");
  for (const JsonObject& object : objects) {
    JsonFields entry(object);
    entries.push_back(
        {.key = entry.string("key"), .value = entry.string("value")});
    fields.note(entry.error());
  }
  const bool has_more = fields.boolean("more") && !objects.empty();
  if (fields.error()) return tl::make_unexpected(*fields.error());
  return has_more;
}

std::string json_of(const std::vector<KeyValue>& entries) {
  std::vector<JsonWriter> objects;
  for (const auto& [key, value] : entries) {
    objects.push_back(JsonWriter().add("key", key).add("value", value));
  }
  return JsonWriter().add_objects("entries", objects).add("more", false).text();
}

}  // namespace

Client::Client(std::vector<std::string> servers, std::int64_t timeout_ms)
    : servers_(std::move(servers)),
      timeout_ms_(timeout_ms),
      share_ms_(timeout_ms / static_cast<std::int64_t>(servers_.size())),
      random_(std::random_device{}()) {
  CHECK(!servers_.empty());
  begin_session();
}

Reply Client::get(const std::string& key) {
  return call(request("GET", key), Kind::kRead, deadline_in_ms(timeout_ms_));
}

Reply Client::put(const std::string& key, const std::string& value) {
  HttpRequest put = request("PUT", key);
  put.body = JsonWriter().add("value", value).text();
  return write(std::move(put));
}

Reply Client::remove(const std::string& key) {
  return write(request("DELETE", key));
}

Reply Client::cas(const std::string& key,
                  const std::optional<std::string>& expected,
                  const std::string& value) {
  HttpRequest cas = request("PUT", key);
  cas.body =
      JsonWriter().add_or_null("expected", expected).add("value", value).text();
  return write(std::move(cas));
}

Reply Client::list(const std::string& prefix) {
  const Deadline deadline = deadline_in_ms(timeout_ms_);
  const std::string target =
      "/v1/kv?limit=1000&prefix=" + percent_encode(prefix);
  Reply all{.outcome = Outcome::kDone};
  std::string after;
  while (true) {
    Reply page = call(request(target + after), Kind::kRead, deadline);
    if (page.outcome != Outcome::kDone) return page;
    const auto has_more = take_page(page.json, all.entries);
    if (!has_more) {
      return {.outcome = Outcome::kNotExecuted,
              .message = "the server's list makes no sense: " +
                         has_more.error().message};
    }
    if (!*has_more) break;
    after = "&after=" + percent_encode(all.entries.back().key);
  }
  all.json = json_of(all.entries);
  return all;
}

Reply Client::status() {
  return call(request("/v1/status"), Kind::kRead, deadline_in_ms(timeout_ms_));
}

Reply Client::write(HttpRequest request) {
  const Deadline deadline = deadline_in_ms(timeout_ms_);
  while (true) {
    // One number for all tries of a write, another one for the next (§8).
    request.headers = {{"Raft-Client-Id", client_id_},
                       {"Raft-Serial", std::to_string(++serial_)}};
    const Reply reply = call(request, Kind::kWrite, deadline);
    if (!is_session_over(reply)) return reply;
    const bool was_new = serial_ == 1;
    begin_session();
    // Under a new id it would be another write, so only if the old one is none.
    if (reply.outcome != Outcome::kNotExecuted || was_new) return reply;
  }
}

Reply Client::call(const HttpRequest& request, Kind kind, Deadline deadline) {
  Backoff backoff(kFirstPauseMs, kLongestPauseMs);
  next_ = random_() % servers_.size();
  std::string server = kind == Kind::kWrite ? leader_ : "";
  if (server.empty()) server = next_server();
  bool may_be_executed = false;
  std::size_t tries = 0;
  int hops = 0;
  while (true) {
    Reply reply = attempt(server, request, deadline);
    if (is_settled(reply)) {
      if (kind == Kind::kWrite) leader_ = server;
      return reply;
    }
    // A read has nothing to execute, so it can't have been executed halfway.
    if (kind == Kind::kRead) reply.outcome = Outcome::kNotExecuted;
    may_be_executed |= reply.outcome == Outcome::kUnknown;
    if (is_session_over(reply)) return in_doubt(reply, may_be_executed);
    const bool is_redirected = reply.error == "not_leader" && !leader_.empty();
    if (is_redirected && ++hops <= kHopsMax) {
      server = leader_;
      continue;
    }
    if (server == leader_) leader_.clear();
    server = next_server();
    hops = 0;
    // After one that is dead the next one is asked at once, up to the last.
    const bool must_pause =
        !reply.error.empty() || ++tries % servers_.size() == 0;
    const Deadline last_start = deadline - kLeastTime;
    if (Clock::now() >= last_start ||
        (must_pause && !backoff.wait(last_start))) {
      reply.message +=
          "; gave up, the limit is " + std::to_string(timeout_ms_) + " ms";
      return in_doubt(reply, may_be_executed);
    }
  }
}

Reply Client::attempt(const std::string& server,
                      const HttpRequest& request,
                      Deadline deadline) {
  // One that is silent does not use up the time of the others.
  deadline = std::min(deadline, deadline_in_ms(share_ms_));
  // A server that restarted has ended the connection: that is better noticed
  // before the request is sent than after, when its outcome is unknown.
  auto found = connections_.find(server);
  if (found != connections_.end() && !found->second.is_quiet()) {
    connections_.erase(std::exchange(found, connections_.end()));
  }
  if (found == connections_.end()) {
    auto connection = HttpConnection::connect(server, deadline);
    if (!connection) {
      return {.outcome = Outcome::kNotExecuted,
              .message = connection.error().message};
    }
    found = connections_.emplace(server, std::move(*connection)).first;
  }
  HttpConnection& connection = found->second;
  const auto sent = connection.send(request, deadline);
  const auto answer =
      sent ? connection.receive(deadline) : tl::make_unexpected(sent.error());
  if (answer && answer->status == 307) {
    leader_ = redirected_to(*answer);
    return {.outcome = Outcome::kNotExecuted,
            .error = "not_leader",
            .message = server + " says that the leader is " + leader_};
  }
  if (answer) return reply_to(*answer);
  // An answer that comes late must not be taken for the next one.
  connections_.erase(found);
  return {.outcome = Outcome::kUnknown,
          .message = server + ": " + answer.error().message};
}

void Client::begin_session() {
  constexpr std::string_view kDigits = "0123456789abcdef";
  constexpr int kDigitsOfAnId = 32;
  std::random_device random;
  client_id_.clear();
  for (int i = 0; i < kDigitsOfAnId; ++i) {
    client_id_ += kDigits[random() % kDigits.size()];
  }
  serial_ = 0;
}

const std::string& Client::next_server() {
  return servers_[next_++ % servers_.size()];
}

}  // namespace raft
