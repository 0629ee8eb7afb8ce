// [since stage6_election]
#include "tests/election_time.h"

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <utility>

#include "common/check.h"
#include "raft_node.h"

namespace raft {
namespace {

// Timeouts are multiples of this, so it must be small against 1 ms, the
// narrowest of the paper's ranges.
constexpr std::int64_t kTickUs = 100;
constexpr std::int64_t kTicksInMs = 1000 / kTickUs;

constexpr NodeId kCrashedLeader = 1;
constexpr NodeId kServers = 5;
constexpr Term kFirstTerm = 1;

std::int64_t draw_from(std::mt19937_64& random, Range range) {
  CHECK(range.min <= range.max);
  const auto span = static_cast<std::uint64_t>(range.max - range.min) + 1;
  return range.min + static_cast<std::int64_t>(random() % span);
}

class Trial {
 public:
  Trial(const ElectionSettings& settings, std::uint64_t number)
      : settings_(settings), random_(settings.seed * 1'000'003 + number) {
    add_servers();
  }

  ElectionTrial run();

 private:
  // When it comes, and its number, for of two at one time the one that was
  // sent first comes first.
  using Arrival = std::pair<std::int64_t, std::uint64_t>;
  struct Server {
    std::unique_ptr<RaftNode> node = {};
    std::int64_t next_tick_us = 0;
    std::int64_t busy_until_us = 0;
    std::map<Arrival, Envelope> inbox = {};

    // When its next input came, and when it gets to it.
    std::int64_t input_us() const {
      if (inbox.empty()) return next_tick_us;
      return std::min(next_tick_us, inbox.begin()->first.first);
    }
    std::int64_t turn_us() const { return std::max(input_us(), busy_until_us); }
  };

  std::int64_t draw(Range range) { return draw_from(random_, range); }
  void add_servers();
  void send_last_heartbeat();
  void send(std::int64_t now_us, const Envelope& envelope);
  void take_turn(Server& server);
  void carry_out(Server& server, std::int64_t now_us);
  Server& next_server();

  const ElectionSettings settings_;
  std::mt19937_64 random_;
  std::map<NodeId, Server> servers_;
  std::uint64_t sent_ = 0;
};

// In a drawn order, the logs have 1, 2, 3 and 4 entries.
void Trial::add_servers() {
  std::vector<std::size_t> lengths = {1, 2, 3, 4};
  for (std::size_t i = lengths.size(); i > 1; --i) {
    std::swap(lengths[i - 1], lengths[random_() % i]);
  }
  for (NodeId id = 1; id <= kServers; ++id) {
    if (id == kCrashedLeader) continue;
    Config config{.id = id};
    config.election_ticks_min =
        static_cast<int>(settings_.timeout_ms.min * kTicksInMs);
    config.election_ticks_max =
        static_cast<int>(settings_.timeout_ms.max * kTicksInMs);
    config.heartbeat_ticks = config.election_ticks_min / 2;
    config.seed = random_();
    for (NodeId peer = 1; peer <= kServers; ++peer) {
      if (peer != id) config.peers.push_back(peer);
    }
    Stored stored;
    stored.hard_state = {kFirstTerm, kCrashedLeader};
    for (Index index = 1; index <= lengths.back(); ++index) {
      stored.log.append({kFirstTerm, index, "x"});
    }
    lengths.pop_back();
    Server& server = servers_[id];
    server.node = std::make_unique<RaftNode>(config, std::move(stored));
    server.next_tick_us = draw({1, kTickUs});
  }
}

// An empty one, so that the logs stay as different as they are.
void Trial::send_last_heartbeat() {
  for (const auto& [id, server] : servers_) {
    send(0,
         {kCrashedLeader,
          id,
          AppendEntries{.term = kFirstTerm, .leader_id = kCrashedLeader}});
  }
}

void Trial::send(std::int64_t now_us, const Envelope& envelope) {
  const std::int64_t delay_us = draw(settings_.one_way_us);
  if (envelope.to == kCrashedLeader) return;
  servers_.at(envelope.to)
      .inbox.emplace(Arrival(now_us + delay_us, sent_++), envelope);
}

Trial::Server& Trial::next_server() {
  return std::min_element(servers_.begin(),
                          servers_.end(),
                          [](const auto& a, const auto& b) {
                            return a.second.turn_us() < b.second.turn_us();
                          })
      ->second;
}

// One input: the oldest. What has come while the server wrote is taken up
// afterwards in its order, ticks included.
void Trial::take_turn(Server& server) {
  const std::int64_t now_us = server.turn_us();
  if (server.input_us() == server.next_tick_us) {
    const Term term = server.node->current_term();
    server.next_tick_us += kTickUs;
    server.node->tick();
    // Most ticks do nothing, and there are many.
    if (server.node->current_term() == term) return;
  } else {
    const auto arrived = server.inbox.extract(server.inbox.begin());
    server.node->receive(arrived.mapped());
  }
  carry_out(server, now_us);
}

void Trial::carry_out(Server& server, std::int64_t now_us) {
  while (true) {
    const Output output = server.node->take_output();
    if (output.empty() || server.node->role() == Role::kLeader) break;
    CHECK(output.early_messages.empty());
    if (output.hard_state) now_us += draw(settings_.write_us);
    for (const Envelope& envelope : output.messages) send(now_us, envelope);
  }
  server.busy_until_us = now_us;
}

ElectionTrial Trial::run() {
  const std::int64_t crash_us =
      draw({0, settings_.timeout_ms.min * 1000 / 2 - 1});
  const std::int64_t end_us = crash_us + settings_.give_up_ms * 1000;
  send_last_heartbeat();
  ElectionTrial result;
  while (true) {
    Server& server = next_server();
    const std::int64_t now_us = server.turn_us();
    if (now_us > end_us) return result;
    take_turn(server);
    const Term term = server.node->current_term();
    result.terms = std::max(result.terms, term - kFirstTerm);
    if (server.node->role() != Role::kLeader) continue;
    result.time_us = now_us - crash_us;
    return result;
  }
}

}  // namespace

ElectionTrial run_election_trial(const ElectionSettings& settings,
                                 std::uint64_t number) {
  return Trial(settings, number).run();
}

double broadcast_ms(const ElectionSettings& settings) {
  constexpr int kBroadcasts = 10'000;
  std::mt19937_64 random(settings.seed);
  const Range one_way_us = settings.one_way_us;
  std::int64_t sum_us = 0;
  for (int i = 0; i < kBroadcasts; ++i) {
    std::int64_t slowest_us = 0;
    for (NodeId peer = 2; peer <= kServers; ++peer) {
      slowest_us = std::max(slowest_us,
                            draw_from(random, one_way_us) +
                                draw_from(random, settings.write_us) +
                                draw_from(random, one_way_us));
    }
    sum_us += draw_from(random, settings.write_us) + slowest_us;
  }
  return static_cast<double>(sum_us) / kBroadcasts / 1000;
}

std::vector<ElectionTrial> run_election_trials(const ElectionSettings& settings,
                                               std::uint64_t count) {
  std::vector<ElectionTrial> trials;
  for (std::uint64_t number = 0; number < count; ++number) {
    trials.push_back(run_election_trial(settings, number));
  }
  return trials;
}

}  // namespace raft
