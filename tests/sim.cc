#include "tests/sim.h"

#include <algorithm>

#include "tests/logs.h"

namespace raft {

Sim::Sim(const SimOptions& options,
         bool is_traced,
         const std::string& trace_file)
    : options_(options),
      weather_(draw_weather(options)),
      plan_(draw_plan(options, weather_)),
      luck_({options.seed}),
      trace_(is_traced),
      trace_file_(trace_file.empty() ? nullptr
                                     : std::make_unique<SimTraceFile>(
                                           trace_file,
                                           weather_.nodes,
                                           [this] { return schedule_.now(); })),
      network_(weather_.network, weather_.nodes, luck_.next()),
      conditions_(weather_.nodes),
      invariants_(servers_),
      clients_(schedule_,
               weather_,
               invariants_,
               luck_.next(),
               [this](NodeId id, const ClientRequest& request) {
                 ask(id, request);
               }) {
  const auto logs = draw_logs();
  servers_.reserve(weather_.nodes);
  for (NodeId id = 1; id <= weather_.nodes; ++id) {
    SimServer::Spec spec = spec_of(id);
    const Ballot ballot{spec.core.term, 1};
    servers_.emplace_back(std::move(spec),
                          Durable{.ballot = ballot, .entries = logs[id - 1]});
  }
}

SimServer::Spec Sim::spec_of(NodeId id) {
  SimServer::Spec spec{
      .core = {.id = id,
               .nodes = weather_.nodes,
               .term = 1 + weather_.old_terms,
               .message_bytes_max = weather_.message_bytes_max},
      .clients = weather_.clients,
      .file_bytes = weather_.file_bytes,
      .has_power_loss = weather_.has_power_loss,
      .seed = luck_.next()};
  if (trace_file_) {
    spec.watch = [this, id](const RaftNode& node, const CoreWork& work) {
      trace_file_->change(id, node, work);
    };
  }
  return spec;
}

SimReport Sim::run() {
  for (SimServer& server : servers_) {
    const std::uint64_t drift = luck_.below(weather_.drift + 1);
    condition(server).tick = kTick * (1000 - weather_.drift / 2 + drift) / 1000;
    schedule_.at(soon(kTick), [this, &server] { start(server); });
    schedule_.at(soon(kTick), [this, &server] { tick(server); });
  }
  for (const FaultEvent& event : plan_) {
    schedule_.at(event.at, [this, &event] { happen(event); });
  }
  clients_.start();
  schedule_.run_until(weather_.chaos);
  calm_down();
  const Microseconds end = schedule_.now() + time_to_agree();
  while (schedule_.now() < end) {
    schedule_.run_until(schedule_.now() + kTick);
    if (clients_.are_done() && invariants_.may_agree()) break;
  }
  check_end();
  return report();
}

void Sim::check_end() const {
  invariants_.check_agreement();
  if (!clients_.are_done()) {
    throw Violation{.property = "liveness (§8, clients are answered)",
                    .detail = "all is well, but a client has no answer"};
  }
  clients_.check_end(servers_);
}

SimReport Sim::report() const {
  SimReport report = report_;
  report.trace_hash = trace_.hash();
  report.committed = invariants_.committed().size();
  report.terms = invariants_.leaders();
  report.writes = clients_.writes();
  report.reads = clients_.reads();
  for (const SimServer& server : servers_) {
    report.crashes += server.crashes();
    report.overwrites += server.overwrites();
  }
  return report;
}

// Logs that leaders of earlier terms may have left: each term had one leader,
// which began with a part of some log, and wrote its own entries behind it.
std::vector<std::vector<Entry>> Sim::draw_logs() {
  std::vector<std::vector<Entry>> histories = {{}};
  const auto part_of_some = [&] {
    auto log = histories[luck_.below(histories.size())];
    log.resize(luck_.below(log.size() + 1));
    return log;
  };
  for (Term term = 1; term <= weather_.old_terms; ++term) {
    auto log = part_of_some();
    for (auto entries = luck_.below(8); entries > 0; --entries) {
      log.push_back(entry_of(log.size() + 1, term));
    }
    histories.push_back(log);
  }
  std::vector<std::vector<Entry>> logs;
  for (NodeId id = 1; id <= weather_.nodes; ++id) {
    logs.push_back(part_of_some());
  }
  return logs;
}

void Sim::start(SimServer& server) {
  if (server.is_running()) return;
  // A recovery that is cut short must leave what it has found.
  Luck luck({options_.seed, server.id(), server.crashes()});
  const bool has_crashes = !is_calm_ && weather_.crash_interval > 0 &&
                           !options_.without.contains(Fault::kCrashes);
  if (has_crashes && luck.happens(125)) {
    server.crash_at_change(1 + luck.below(4));
  }
  server.start();
  note({.what = "start",
        .fields = {{"node", server.id()},
                   {"entries", server.durable().entries.size()}}});
  if (!server.refusal().empty()) {
    throw Violation{.property =
                        "a crash is no corruption (Fig. 2, \"stable "
                        "storage\")",
                    .detail = server.refusal()};
  }
  if (!server.is_running()) {
    schedule_.at(soon(kTick), [this, &server] { start(server); });
    return;
  }
  if (trace_file_) trace_file_->start(server);
  invariants_.check_start(server);
  wake(server);
}

void Sim::tick(SimServer& server) {
  Condition& its = condition(server);
  if (its.ticks_to_skip > 0) {
    --its.ticks_to_skip;
  } else if (server.is_running()) {
    server.tick();
    wake(server);
  }
  schedule_.at(its.tick, [this, &server] { tick(server); });
}

void Sim::wake(SimServer& server) {
  Condition& its = condition(server);
  if (its.is_woken) return;
  its.is_woken = true;
  const Microseconds now = schedule_.now();
  const Microseconds pause = std::max(its.paused_until, now) - now;
  schedule_.at(pause + soon(weather_.wake_delay_max), [this, &server] {
    condition(server).is_woken = false;
    step(server);
  });
}

// A round of the server's thread, up to its write.
void Sim::step(SimServer& server) {
  Condition& its = condition(server);
  if (!server.is_running()) return;
  if (its.paused_until > schedule_.now()) return wake(server);
  if (std::exchange(its.forgets_ticks, false)) server.forget_ticks();
  ++report_.steps;
  if (server.is_writing()) return work_beside_disk(server);
  if (works_beside_disk() && luck_.happens(250)) {
    return work_beside_disk(server);
  }
  const std::vector<Envelope> messages = server.begin_round();
  invariants_.check_step(server);
  send(server, messages);
  if (!server.is_running()) return end_life(server);
  if (!server.has_write() || weather_.disk_delay_max == 0 || is_calm_) {
    return finish(server);
  }
  const std::uint64_t write = ++its.writes;
  schedule_.at(soon(weather_.disk_delay_max), [this, &server, write] {
    // Another life of the server would not know of it.
    const bool is_under_way =
        server.is_writing() && condition(server).writes == write;
    if (is_under_way) finish(server);
  });
}

// A round that doesn't write, for others do so, or may.
void Sim::work_beside_disk(SimServer& server) {
  const auto done = server.work_beside_disk();
  if (done) carry_on(server, *done);
}

void Sim::finish(SimServer& server) {
  carry_on(server, server.finish_round());
}

void Sim::carry_on(SimServer& server, const SimServer::Done& done) {
  send(server, done.messages);
  if (trace_file_) trace_file_->apply(server);
  invariants_.check_step(server);
  for (const ClientAnswer& answer : done.answers) clients_.answer(answer);
  if (!server.is_running()) return end_life(server);
  if (!done.is_idle) wake(server);
}

void Sim::end_life(SimServer& server) {
  ++condition(server).writes;
  note({.what = "crash", .fields = {{"node", server.id()}}});
  schedule_.at(soon(20 * kTick), [this, &server] { start(server); });
}

void Sim::send(const SimServer& server, const std::vector<Envelope>& messages) {
  for (const Envelope& envelope : messages) {
    invariants_.check_message(server, envelope);
    if (is_refusal(envelope.message)) ++report_.refusals;
    note("send", envelope);
    const auto copies = network_.delays(envelope.from, envelope.to);
    SimTraceFile::Sent sent;
    if (trace_file_) sent = trace_file_->send(server, envelope, copies.size());
    if (copies.empty()) continue;
    const auto shared = std::make_shared<const Envelope>(envelope);
    for (Microseconds delay : copies) {
      schedule_.at(delay, [this, shared, sent] { deliver(shared, sent); });
    }
  }
}

void Sim::deliver(const std::shared_ptr<const Envelope>& envelope,
                  const SimTraceFile::Sent& sent) {
  SimServer& server = servers_[envelope->to - 1];
  if (!server.is_running()) {
    const SimServer& sender = servers_[envelope->from - 1];
    if (trace_file_) trace_file_->lose(sender, *envelope, sent);
    return;
  }
  note("deliver", *envelope);
  if (trace_file_) trace_file_->receive(*envelope, sent);
  ++report_.delivered;
  server.push(envelope);
  wake(server);
}

void Sim::ask(NodeId id, const ClientRequest& request) {
  SimServer& server = servers_[id - 1];
  if (!server.is_running()) return;
  note({.what = request.is_read ? "read" : "write",
        .fields = {{"at", id},
                   {"client", request.client},
                   {"bytes", request.command.size()}}});
  server.push(request);
  wake(server);
}

// A follower is probed at most once a term, and then each request brings it an
// entry at least. A few heartbeats come on top, for what was lost on the eve,
// and what strays; and where there are elections, a number of them that only a
// bug can use up: each fails with a probability well below a half (§9.3).
Microseconds Sim::time_to_agree() const {
  Index entries = 0;
  for (const SimServer& server : servers_) {
    entries = std::max<Index>(entries, server.durable().entries.size());
  }
  const Microseconds trip =
      2 * (weather_.network.delay_max + 2 * weather_.wake_delay_max);
  const Microseconds strays = 100 * weather_.network.delay_max;
  const auto ticks = static_cast<Microseconds>(100 * heartbeat_ticks() +
                                               40 * election_ticks_max());
  return (entries + invariants_.leaders() + 20) * trip + strays + ticks * kTick;
}

void Sim::note(std::string_view what, const Envelope& envelope) {
  TraceLine line = trace_of(envelope.message);
  line.fields.insert(line.fields.begin(),
                     {{what, envelope.from}, {"to", envelope.to}});
  note(line);
}

}  // namespace raft
