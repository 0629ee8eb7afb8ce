#include "tests/chaos_load.h"

#include <algorithm>
#include <chrono>
#include <optional>

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

std::string key_name(std::uint64_t number) {
  return "key-" + std::to_string(number);
}

// What one client asks for. Each value is written once, so that whoever sees
// it knows which write it came from.
class Wishes {
 public:
  Wishes(std::uint64_t client, std::uint64_t keys, std::uint64_t seed)
      : client_(client), keys_(keys), random_(seed) {}

  Operation next() {
    Operation operation{.key = key_name(random_() % keys_)};
    const std::uint64_t dice = random_() % 10;
    operation.kind = dice < 4   ? Kind::kGet
                     : dice < 7 ? Kind::kPut
                     : dice < 9 ? Kind::kCas
                                : Kind::kDelete;
    if (operation.kind == Kind::kCas) operation.expected = seen_[operation.key];
    if (operation.kind == Kind::kCas || operation.kind == Kind::kPut) {
      operation.value =
          "v" + std::to_string(client_) + "-" + std::to_string(++values_);
    }
    return operation;
  }

  // What the key has now, as far as this client knows: the next cas on it may
  // well succeed.
  void learn(const Operation& done) {
    switch (done.outcome) {
      case Outcome::kOk:
        seen_[done.key] = done.kind == Kind::kGet ? done.result
                          : done.kind == Kind::kDelete
                              ? std::nullopt
                              : std::optional(done.value);
        return;
      case Outcome::kNotFound:
      case Outcome::kConflict:
        seen_[done.key] = done.result;
        return;
      case Outcome::kNotExecuted:
      case Outcome::kUnknown:
        return;
    }
  }

 private:
  const std::uint64_t client_;
  const std::uint64_t keys_;
  std::mt19937_64 random_;
  std::uint64_t values_ = 0;
  std::map<std::string, std::optional<std::string>> seen_;
};

}  // namespace

ChaosLoad::ChaosLoad(ChaosLoadOptions options) : options_(std::move(options)) {
  for (std::uint64_t number = 1; number <= options_.clients; ++number) {
    threads_.emplace_back([this, number] { work(number); });
  }
}

ChaosLoad::~ChaosLoad() {
  stop();
}

void ChaosLoad::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void ChaosLoad::read_all() {
  ChaosClient reader = make_client(options_.clients + 1, false);
  for (std::uint64_t key = 0; key < options_.keys; ++key) {
    note(reader.run({.kind = Kind::kGet, .key = key_name(key)}));
  }
  add(reader.counts());
}

bool ChaosLoad::await_finished(std::uint64_t operations, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(
      lock, deadline, [&] { return finished_ >= operations; });
}

bool ChaosLoad::await_acknowledged(std::uint64_t writes, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(
      lock, deadline, [&] { return acknowledged_ >= writes; });
}

ChaosClient::Counts ChaosLoad::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void ChaosLoad::work(std::uint64_t number) {
  ChaosClient client = make_client(number, number % 2 == 0);
  Wishes wishes(number, options_.keys, options_.seed * 1'000 + number);
  std::chrono::microseconds pause(0);
  if (options_.operations_per_second > 0) {
    pause = std::chrono::microseconds(options_.clients * 1'000'000 /
                                      options_.operations_per_second);
  }
  Deadline next = Clock::now();
  while (true) {
    {
      std::unique_lock lock(mutex_);
      if (changed_.wait_until(lock, next, [this] { return is_ending_; })) break;
    }
    const Operation done = client.run(wishes.next());
    wishes.learn(done);
    note(done);
    // What was missed in an outage is not made up for.
    next = std::max(next + pause, Clock::now());
  }
  add(client.counts());
}

ChaosClient ChaosLoad::make_client(std::uint64_t number, bool has_serials) {
  const std::string name = std::to_string(number);
  return ChaosClient({.number = number,
                      .servers = options_.servers,
                      .session = has_serials ? "chaos-" + name : "",
                      .consistency = options_.consistency,
                      .seed = options_.seed * 2'000 + number},
                     history_);
}

void ChaosLoad::note(const Operation& operation) {
  {
    const std::lock_guard lock(mutex_);
    ++finished_;
    if (operation.kind != Kind::kGet && operation.outcome == Outcome::kOk) {
      ++acknowledged_;
    }
  }
  changed_.notify_all();
}

void ChaosLoad::add(const ChaosClient::Counts& counts) {
  const std::lock_guard lock(mutex_);
  counts_.tries += counts.tries;
  counts_.redirections += counts.redirections;
  counts_.repeats += counts.repeats;
  if (counts_.nonsense == 0) counts_.first_nonsense = counts.first_nonsense;
  counts_.nonsense += counts.nonsense;
}

}  // namespace raft
