#include "tests/simulated_register.h"

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <utility>

#include "common/check.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

struct Event {
  Operation operation = {};
  std::uint64_t effect_ns = 0;
  bool has_effect = true;
  bool is_known = true;  // its client gets an answer
  bool is_cas_to_match = false;
};

// Two puts and a get of one key, one after the other and with no write in
// between. What they see of each other is certain.
struct Place {
  std::size_t first = 0;
  std::size_t second = 0;
  std::size_t read = 0;
};

std::vector<Event> random_events(const SimulatedHistory& options) {
  std::mt19937_64 random(options.seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  std::vector<std::uint64_t> free_ns(options.clients);
  std::vector<Event> events;
  for (std::uint64_t i = 0; i < options.operations; ++i) {
    const std::uint64_t client = i % options.clients;
    Event event;
    Operation& operation = event.operation;
    operation.client = client;
    operation.key = "key-" + std::to_string(below(options.keys));
    operation.kind = std::array{Kind::kGet,
                                Kind::kGet,
                                Kind::kPut,
                                Kind::kPut,
                                Kind::kCas,
                                Kind::kDelete}[below(6)];
    operation.value = "value-" + std::to_string(i);
    operation.invoked_ns = free_ns[client] + 1 + below(100);
    event.effect_ns = operation.invoked_ns + below(100);
    operation.returned_ns = event.effect_ns + below(100);
    free_ns[client] = operation.returned_ns;
    event.is_cas_to_match = below(2) == 0;
    if (below(20) == 0) event.has_effect = false;
    if (below(20) == 0) {
      event.is_known = false;
      event.effect_ns += below(2) * below(10'000);
    }
    events.push_back(event);
  }
  std::ranges::stable_sort(events, {}, &Event::effect_ns);
  return events;
}

using Store = std::map<std::string, std::string>;

// Does it, and fills in what was not known before.
void take_effect(Event& event, Store& store) {
  Operation& operation = event.operation;
  const auto found = store.find(operation.key);
  std::optional<std::string> present;
  if (found != store.end()) present = found->second;
  operation.outcome = Outcome::kOk;
  switch (operation.kind) {
    case Kind::kGet:
      operation.result = present;
      if (!present) operation.outcome = Outcome::kNotFound;
      return;
    case Kind::kPut:
      store[operation.key] = operation.value;
      return;
    case Kind::kCas:
      operation.expected = present;
      if (event.is_cas_to_match) {
        store[operation.key] = operation.value;
        return;
      }
      operation.expected = "another one than " + operation.value;
      operation.outcome = Outcome::kConflict;
      operation.result = present;
      return;
    case Kind::kDelete:
      if (!present) operation.outcome = Outcome::kNotFound;
      store.erase(operation.key);
      return;
  }
}

// What is executed, in the order of `events`. A write that has no effect and
// gets an answer is answered "not executed".
void execute(std::vector<Event>& events) {
  Store store;
  for (Event& event : events) {
    if (event.has_effect) {
      take_effect(event, store);
    } else {
      event.operation.outcome = Outcome::kNotExecuted;
    }
    if (event.is_known) continue;
    event.operation.outcome = Outcome::kUnknown;
    event.operation.result.reset();
    event.operation.returned_ns = 0;
  }
}

bool is_known_and_done(const Event& event) {
  return event.is_known && event.has_effect &&
         event.operation.outcome == Outcome::kOk;
}

bool is_before(const Event& a, const Event& b) {
  return a.operation.returned_ns < b.operation.invoked_ns;
}

// All of `events` have been executed.
Place find_place(const std::vector<Event>& events) {
  std::map<std::string, std::pair<std::size_t, std::size_t>> last_writes;
  std::vector<Place> places;
  for (std::size_t i = 0; i < events.size(); ++i) {
    const Operation& operation = events[i].operation;
    auto& [first, second] =
        last_writes.try_emplace(operation.key, events.size(), events.size())
            .first->second;
    if (!events[i].has_effect) continue;
    if (operation.kind != Kind::kGet) {
      first = std::exchange(second, i);
      continue;
    }
    if (first == events.size() || !is_known_and_done(events[i])) continue;
    const auto is_put = [&](std::size_t each) {
      return is_known_and_done(events[each]) &&
             events[each].operation.kind == Kind::kPut;
    };
    if (is_put(first) && is_put(second) &&
        is_before(events[first], events[second]) &&
        is_before(events[second], events[i])) {
      places.push_back({.first = first, .second = second, .read = i});
    }
  }
  CHECK(!places.empty());
  return places[places.size() / 2];
}

void make_flaw(RegisterFlaw flaw, std::vector<Event>& events) {
  const Place place = find_place(events);
  if (flaw == RegisterFlaw::kStaleRead) {
    events[place.read].operation.result = events[place.first].operation.value;
    return;
  }
  const Operation lost = events[place.second].operation;
  if (flaw == RegisterFlaw::kLostWrite) {
    events[place.second].has_effect = false;
    execute(events);
    events[place.second].operation = lost;
    return;
  }
  const auto read = events.begin() + static_cast<std::ptrdiff_t>(place.read);
  const Event again = events[place.first];
  const auto extra = events.insert(read, again) - events.begin();
  execute(events);
  events.erase(events.begin() + extra);
}

}  // namespace

std::vector<Operation> simulated_history(const SimulatedHistory& options) {
  std::vector<Event> events = random_events(options);
  execute(events);
  if (options.flaw != RegisterFlaw::kNone) make_flaw(options.flaw, events);
  std::vector<Operation> history;
  for (const Event& event : events) history.push_back(event.operation);
  return history;
}

}  // namespace raft
