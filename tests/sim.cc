#include "tests/sim.h"

#include <cstdio>

#include "tests/logs.h"

namespace raft {
namespace {

constexpr Microseconds kTick = 10'000;
constexpr Microseconds kChaos = 3'000'000;

}  // namespace

Sim::Sim(std::uint64_t seed, bool is_traced)
    : random_(seed),
      weather_(draw_weather(random_)),
      is_traced_(is_traced),
      network_(weather_.network, weather_.nodes, random_()),
      invariants_(servers_) {
  const auto logs = draw_logs();
  servers_.reserve(weather_.nodes);
  for (NodeId id = 1; id <= weather_.nodes; ++id) {
    servers_.emplace_back(
        NodeSpec{.id = id,
                 .nodes = weather_.nodes,
                 .term = weather_.term,
                 .message_bytes_max = weather_.message_bytes_max},
        logs[id - 1],
        weather_.file_bytes,
        random_());
  }
}

SimReport Sim::run() {
  for (SimServer& server : servers_) {
    at(soon(kTick), [this, &server] { start(server); });
    at(soon(kTick), [this, &server] { tick(server); });
  }
  at(soon(weather_.proposal_interval), [this] { propose(); });
  if (weather_.cut_interval > 0) {
    at(soon(weather_.cut_interval), [this] { change_cuts(); });
  }
  if (weather_.crash_interval > 0) {
    at(soon(weather_.crash_interval), [this] { crash_some_server(); });
  }
  run_until(kChaos);
  calm_down();
  run_until(now_ + time_to_agree());
  invariants_.check_agreement();
  report_.committed = invariants_.committed().size();
  for (const SimServer& server : servers_) {
    report_.crashes += server.crashes();
    report_.overwrites += server.overwrites();
  }
  return report_;
}

Sim::Weather Sim::draw_weather(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t end) {
    return random_below(random, end);
  };
  const auto maybe = [&](std::uint64_t value) {
    return below(2) == 0 ? value : 0;
  };
  Weather weather;
  weather.nodes = std::vector<NodeId>{1, 2, 3, 3, 3, 4, 5, 5, 7}[below(9)];
  weather.term = 1 + maybe(below(8));
  weather.network = {.loss = maybe(below(300)),
                     .duplication = maybe(below(300)),
                     .straying = maybe(below(100)),
                     .delay_max = 1 + below(20'000)};
  weather.cut_interval = maybe(20'000 + below(500'000));
  weather.crash_interval = maybe(20'000 + below(300'000));
  weather.proposal_interval = 2'000 + below(100'000);
  weather.wake_delay_max = 1 + below(10'000);
  weather.command_bytes_max = 1 + below(2) * below(600);
  weather.message_bytes_max = below(2) == 0 ? 1 + below(100) : 1024 * 1024;
  weather.file_bytes = std::uint64_t{1024} << below(8);
  return weather;
}

// Logs that leaders of earlier terms may have left: each term had one leader,
// which began with a part of some log, and wrote its own entries behind it.
std::vector<std::vector<Entry>> Sim::draw_logs() {
  std::vector<std::vector<Entry>> histories = {{}};
  const auto part_of_some = [&] {
    auto log = histories[random_below(random_, histories.size())];
    log.resize(random_below(random_, log.size() + 1));
    return log;
  };
  for (Term term = 1; term < weather_.term; ++term) {
    auto log = part_of_some();
    for (auto entries = random_below(random_, 8); entries > 0; --entries) {
      log.push_back(entry_of(log.size() + 1, term));
    }
    histories.push_back(log);
  }
  std::vector<std::vector<Entry>> logs;
  for (NodeId id = 1; id <= weather_.nodes; ++id)
    logs.push_back(part_of_some());
  return logs;
}

void Sim::at(Microseconds delay, std::function<void()> event) {
  schedule_[{now_ + delay, ++events_}] = std::move(event);
}

void Sim::run_until(Microseconds end) {
  while (!schedule_.empty() && schedule_.begin()->first.first <= end) {
    auto next = schedule_.extract(schedule_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  now_ = end;
}

void Sim::start(SimServer& server) {
  if (server.is_running()) return;
  if (!is_calm_ && weather_.crash_interval > 0 &&
      random_below(random_, 8) == 0) {
    server.crash_at_change(1 + random_below(random_, 4));
  }
  server.start();
  note("start " + std::to_string(server.id()) + " with " +
       std::to_string(server.stored().size()));
  if (!server.refusal().empty()) {
    throw Violation{.property =
                        "a crash is no corruption (Fig. 2, \"stable "
                        "storage\")",
                    .detail = server.refusal()};
  }
  if (!server.is_running()) {
    at(soon(kTick), [this, &server] { start(server); });
    return;
  }
  invariants_.check_start(server);
  wake(server);
}

void Sim::tick(SimServer& server) {
  if (server.is_running()) {
    server.node().tick();
    wake(server);
  }
  at(kTick, [this, &server] { tick(server); });
}

void Sim::wake(SimServer& server) {
  if (!woken_.insert(server.id()).second) return;
  at(soon(weather_.wake_delay_max), [this, &server] { step(server); });
}

// One round of the server's thread.
void Sim::step(SimServer& server) {
  woken_.erase(server.id());
  if (!server.is_running()) return;
  ++report_.steps;
  const SimServer::Round round = server.carry_out();
  for (const Envelope& envelope : round.messages) {
    invariants_.check_message(server, envelope);
    send(envelope);
  }
  invariants_.check_step(server);
  if (!server.is_running()) {
    note("crash " + std::to_string(server.id()));
    at(soon(10 * kTick), [this, &server] { start(server); });
  } else if (!round.is_idle) {
    wake(server);
  }
}

void Sim::send(const Envelope& envelope) {
  const auto* result = std::get_if<AppendEntriesResult>(&envelope.message);
  if (result != nullptr && !result->success) ++report_.refusals;
  note("send", envelope);
  for (Microseconds delay : network_.delays(envelope.from, envelope.to)) {
    at(delay, [this, envelope] { deliver(envelope); });
  }
}

void Sim::deliver(const Envelope& envelope) {
  SimServer& server = servers_[envelope.to - 1];
  if (!server.is_running()) return;
  note("deliver", envelope);
  ++report_.delivered;
  server.node().receive(envelope);
  wake(server);
}

void Sim::propose() {
  SimServer& leader = servers_[kLeader - 1];
  if (leader.is_running()) {
    std::string command = "p" + std::to_string(++proposals_) + ":";
    command.resize(
        command.size() + random_below(random_, weather_.command_bytes_max),
        'x');
    leader.node().propose(command);
    note("propose " + std::to_string(command.size()) + " bytes");
    wake(leader);
  }
  if (is_calm_) return;
  at(soon(weather_.proposal_interval), [this] { propose(); });
}

void Sim::change_cuts() {
  if (is_calm_) return;
  network_.change_cuts();
  note("cuts");
  at(soon(weather_.cut_interval), [this] { change_cuts(); });
}

// Now, or in one of the next writes, or between two messages of one round.
void Sim::crash_some_server() {
  if (is_calm_) return;
  at(soon(weather_.crash_interval), [this] { crash_some_server(); });
  SimServer& server = servers_[random_below(random_, servers_.size())];
  if (!server.is_running()) return;
  const std::uint64_t n = 1 + random_below(random_, 6);
  switch (random_below(random_, 3)) {
    case 0:
      return server.crash_at_change(n);
    case 1:
      return server.crash_at_message(n);
    default:
      server.crash();
      invariants_.check_step(server);
      note("crash " + std::to_string(server.id()));
      at(soon(20 * kTick), [this, &server] { start(server); });
  }
}

void Sim::calm_down() {
  is_calm_ = true;
  network_.calm_down();
  note("calm");
  for (SimServer& server : servers_) {
    server.crash_at_change(0);
    server.crash_at_message(0);
    start(server);
  }
  propose();
}

// A follower is probed at most once a term, and then each request brings it an
// entry at least. A few heartbeats come on top, for what was lost on the eve,
// and what strays.
Microseconds Sim::time_to_agree() const {
  const RaftNode& leader = servers_[kLeader - 1].node();
  const Microseconds trip =
      2 * (weather_.network.delay_max + 2 * weather_.wake_delay_max);
  const Microseconds strays = 100 * weather_.network.delay_max;
  return (leader.log().last_index() + weather_.term) * trip + strays +
         10 * kHeartbeatTicks * kTick;
}

Microseconds Sim::soon(Microseconds interval) {
  return 1 + random_below(random_, interval);
}

void Sim::note(const std::string& event) {
  const std::string line = std::to_string(now_) + " " + event;
  for (const char c : line) {
    report_.trace_hash ^= static_cast<unsigned char>(c);
    report_.trace_hash *= 0x100000001b3;  // FNV-1a
  }
  if (is_traced_) std::printf("%s\n", line.c_str());
}

void Sim::note(const std::string& event, const Envelope& envelope) {
  std::string text = event + " " + std::to_string(envelope.from) + ">" +
                     std::to_string(envelope.to);
  if (const auto* args = std::get_if<AppendEntries>(&envelope.message)) {
    text += " append " + std::to_string(args->entries.size()) + " behind " +
            std::to_string(args->prev_log_index) + "." +
            std::to_string(args->prev_log_term) + " commit " +
            std::to_string(args->leader_commit);
  } else {
    const auto& result = std::get<AppendEntriesResult>(envelope.message);
    text += (result.success ? " success " : " refusal ") +
            std::to_string(result.match_index) + "." +
            std::to_string(result.match_term);
  }
  note(text);
}

}  // namespace raft
