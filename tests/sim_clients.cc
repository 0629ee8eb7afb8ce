#include "tests/sim_clients.h"

#include <algorithm>
#include <map>
#include <utility>

namespace raft {
namespace {

constexpr Microseconds kTripMax = 2'000;  // to a server, and back
constexpr Microseconds kPatience = 400'000;
constexpr Microseconds kRetryDelayMax = 40'000;

[[noreturn]] void violate(const char* property,
                          const ClientAnswer& answer,
                          const std::string& what) {
  throw Violation{.property = property,
                  .detail = "client " + std::to_string(answer.request.client) +
                            ": " + what};
}

}  // namespace

SimClients::SimClients(SimSchedule& schedule,
                       const Weather& weather,
                       const Invariants& invariants,
                       std::uint64_t seed,
                       Send send)
    : schedule_(schedule),
      weather_(weather),
      invariants_(invariants),
      send_(std::move(send)) {
  known_.serials.resize(weather.clients);
  for (ClientId id = 1; id <= weather.clients; ++id) {
    clients_.push_back({.id = id, .luck = Luck({seed, id})});
  }
}

void SimClients::start() {
  for (Client& client : clients_) think(client);
}

void SimClients::answer(const ClientAnswer& answer) {
  // It was said, whether it will be heard or not.
  const bool is_write = !answer.request.is_read;
  if (is_write && answer.status == AnswerStatus::kDone) check_write(answer);
  if (answer.request.client == 0) return;
  Client& client = clients_[answer.request.client - 1];
  if (is_lost(client)) return;
  schedule_.at(1 + client.luck.below(kTripMax),
               [this, answer] { receive(answer); });
}

void SimClients::calm_down() {
  is_calm_ = true;
  for (Client& client : clients_) {
    client.left = (has_reads() ? 2 : 1) + (client.is_busy ? 1 : 0);
    if (!client.is_busy) begin(client);
  }
}

bool SimClients::are_done() const {
  return std::all_of(clients_.begin(), clients_.end(), [](const auto& client) {
    return client.left == 0 && !client.is_busy;
  });
}

void SimClients::check_end(const std::vector<SimServer>& servers) const {
  std::map<std::string, int> times;
  for (const Entry& entry : invariants_.committed()) {
    const bool is_again = !entry.command.empty() && ++times[entry.command] > 1;
    if (!is_again || has_sessions()) continue;
    throw Violation{.property = "a write that is sent once is done once (§5.3)",
                    .detail = "index " + std::to_string(entry.index) +
                              " holds one for the second time"};
  }
  for (const SimServer& server : servers) {
    for (const Client& client : clients_) {
      const Serial found = server.serial_of(client.id);
      if (found == client.serial || !has_sessions()) continue;
      throw Violation{.property = "an acknowledged write is never lost (§8)",
                      .detail = "server " + std::to_string(server.id()) +
                                " has write " + std::to_string(found) +
                                " of client " + std::to_string(client.id) +
                                " and not " + std::to_string(client.serial)};
    }
  }
}

void SimClients::think(Client& client) {
  schedule_.at(1 + client.luck.below(weather_.think_time_max),
               [this, &client] { begin(client); });
}

void SimClients::begin(Client& client) {
  if (client.is_busy || (is_calm_ && client.left == 0)) return;
  client.is_busy = true;
  // In the end, the last one is a read.
  const bool is_read =
      has_reads() && (is_calm_ ? client.left == 1 : client.luck.happens(400));
  client.request.is_read = is_read;
  if (is_read) {
    client.floor = known_;
    client.target = kNobody;  // any node will do
  } else {
    client.request.serial = ++client.serial;
    client.request.command =
        command_of(client.id, client.serial, weather_.command_bytes_max);
  }
  client.request.client = client.id;
  send(client);
}

void SimClients::send(Client& client) {
  const std::uint64_t number = ++client.request.number;
  if (client.target == kNobody) {
    client.target = 1 + client.luck.below(weather_.nodes);
  }
  if (!is_lost(client)) {
    schedule_.at(1 + client.luck.below(kTripMax),
                 [this, to = client.target, request = client.request] {
                   send_(to, request);
                 });
  }
  schedule_.at(kPatience, [this, &client, number] {
    const bool is_late = client.is_busy && client.request.number == number;
    if (!is_late) return;
    client.target = kNobody;
    // It may be carried out: to send it again would be to do it twice.
    const bool must_give_up = !client.request.is_read && !has_sessions();
    if (must_give_up) return end(client, false);
    send(client);
  });
}

void SimClients::try_again(Client& client, NodeId target) {
  const std::uint64_t number = client.request.number;
  client.target = target;
  schedule_.at(1 + client.luck.below(kRetryDelayMax), [this, &client, number] {
    if (client.is_busy && client.request.number == number) send(client);
  });
}

void SimClients::receive(const ClientAnswer& answer) {
  Client& client = clients_[answer.request.client - 1];
  if (!client.is_busy || client.request.number != answer.request.number) {
    return;
  }
  if (answer.status == AnswerStatus::kRefused) {
    return try_again(client, answer.leader);
  }
  if (answer.status == AnswerStatus::kUnknown) {
    if (!has_sessions()) return end(client, false);
    return try_again(client, kNobody);
  }
  client.target = kNobody;
  if (answer.request.is_read) {
    check_read(client, answer);
    ++reads_;
  } else {
    client.target = client.luck.happens(900) ? answer.leader : kNobody;
    known_.index = std::max(known_.index, answer.index);
    Serial& known = known_.serials[client.id - 1];
    known = std::max(known, client.serial);
    ++writes_;
  }
  end(client, true);
}

void SimClients::check_write(const ClientAnswer& answer) {
  const std::vector<Entry>& committed = invariants_.committed();
  const bool is_committed =
      1 <= answer.index && answer.index <= committed.size() &&
      committed[answer.index - 1].command == answer.request.command;
  if (!is_committed) {
    violate("an acknowledged write is committed (§5.3)",
            answer,
            "its write is not at index " + std::to_string(answer.index));
  }
  // A late copy of what was answered before comes to nothing, and may.
  if (!answer.fault.empty() && waits_for(answer.request)) {
    violate("a write is carried out exactly once (§8)", answer, answer.fault);
  }
}

void SimClients::check_read(const Client& client, const ClientAnswer& answer) {
  if (answer.index < client.floor.index) {
    violate("a read sees what was acknowledged before it (§8)",
            answer,
            "the state of index " + std::to_string(answer.index) +
                " and not of " + std::to_string(client.floor.index));
  }
  known_.index = std::max(known_.index, answer.index);
  // Without sessions, a late write may undo a later one.
  for (std::size_t i = 0; has_sessions() && i < answer.serials.size(); ++i) {
    const Serial found = answer.serials[i];
    known_.serials[i] = std::max(known_.serials[i], found);
    if (found >= client.floor.serials[i]) continue;
    violate("a read sees what was acknowledged before it (§8)",
            answer,
            "write " + std::to_string(found) + " of client " +
                std::to_string(i + 1) + " and not " +
                std::to_string(client.floor.serials[i]));
  }
}

bool SimClients::waits_for(const ClientRequest& request) const {
  if (request.client == 0) return false;
  const Client& client = clients_[request.client - 1];
  return client.is_busy && !client.request.is_read &&
         client.serial == request.serial;
}

void SimClients::end(Client& client, bool is_done) {
  client.is_busy = false;
  if (!is_calm_) return think(client);
  if (is_done && client.left > 0) --client.left;
  begin(client);
}

bool SimClients::is_lost(Client& client) {
  return !is_calm_ && client.luck.happens(weather_.network.loss);
}

}  // namespace raft
