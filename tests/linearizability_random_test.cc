// [since stage4_cluster_client]
// The checker, on random histories: small ones judged by trying every order,
// and large ones of a register that is correct, or not.
#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>
#include <cstdio>
#include <random>

#include "common/deadline.h"
#include "tests/linearizability.h"
#include "tests/operations.h"
#include "tests/register_search.h"
#include "tests/register_step.h"
#include "tests/seeds.h"
#include "tests/simulated_register.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

// The judgement by definition: tries every order of the operations, in which
// those with an unknown outcome may be missing.
bool has_an_order(const std::vector<Operation>& history,
                  std::vector<bool>& is_placed,
                  const Value& state) {
  bool is_done = true;
  for (std::size_t i = 0; i < history.size(); ++i) {
    const auto step = step_of(history[i]);
    if (!step || is_placed[i]) continue;
    if (history[i].outcome != Outcome::kUnknown) is_done = false;
    const bool is_late = [&] {
      for (std::size_t j = 0; j < history.size(); ++j) {
        if (step_of(history[j]) && !is_placed[j] &&
            history[j].outcome != Outcome::kUnknown &&
            history[j].returned_ns < history[i].invoked_ns) {
          return true;
        }
      }
      return false;
    }();
    if (is_late || !step->fits(state)) continue;
    is_placed[i] = true;
    const bool is_found =
        has_an_order(history, is_placed, step->is_write ? step->made : state);
    is_placed[i] = false;
    if (is_found) return true;
  }
  return is_done;
}

bool has_an_order(const std::vector<Operation>& history) {
  std::vector<bool> is_placed(history.size(), false);
  return has_an_order(history, is_placed, std::nullopt);
}

// A history of few operations and fewer values, most likely nonsense.
std::vector<Operation> nonsense(std::mt19937_64& random) {
  const auto below = [&](std::uint64_t n) { return random() % n; };
  const auto value = [&] { return std::string(1, "ab"[below(2)]); };
  const auto value_or_not = [&] {
    return below(3) == 0 ? Value() : Value(value());
  };
  std::vector<Operation> history;
  const std::size_t size = 2 + below(5);
  while (history.size() < size) {
    const std::uint64_t from = below(12);
    const Span span{.from = from, .to = from + below(6)};
    Operation operation;
    switch (below(8)) {
      case 0:
      case 1:
        operation = put(span, value());
        break;
      case 2:
      case 3:
        operation = get(span, value_or_not());
        break;
      case 4:
        operation = cas(span, value_or_not(), value());
        break;
      case 5:
        operation = conflict(span, value_or_not(), value_or_not());
        break;
      case 6:
        operation = erase(span);
        break;
      default:
        operation = erase_of_nothing(span);
        break;
    }
    const bool is_write =
        operation.kind != Kind::kGet && operation.outcome == Outcome::kOk;
    if (is_write && below(3) == 0) operation = unknown(operation);
    history.push_back(operation);
  }
  return history;
}

// Fails unless `search` has found an order that a register could have gone
// through.
void assert_proof(const std::vector<Operation>& history,
                  const RegisterSearch& search) {
  CPPUNIT_ASSERT(search.end == RegisterSearch::End::kLinearizable);
  Value state;
  std::uint64_t now_ns = 0;
  std::vector<int> placed(history.size(), 0);
  for (const std::size_t i : search.order) {
    const Operation& operation = history[i];
    const auto step = step_of(operation);
    CPPUNIT_ASSERT(step->fits(state));
    if (step->is_write) state = step->made;
    now_ns = std::max(now_ns, operation.invoked_ns);
    if (operation.outcome != Outcome::kUnknown) {
      CPPUNIT_ASSERT(now_ns <= operation.returned_ns);
    }
    ++placed[i];
  }
  for (std::size_t i = 0; i < history.size(); ++i) {
    const bool must_be =
        step_of(history[i]) && history[i].outcome != Outcome::kUnknown;
    CPPUNIT_ASSERT(placed[i] <= 1);
    if (must_be) CPPUNIT_ASSERT_EQUAL(1, placed[i]);
  }
}

class LinearizabilityRandomTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LinearizabilityRandomTest);
  CPPUNIT_TEST(the_judgement_is_that_of_trying_every_order);
  CPPUNIT_TEST(a_correct_register_passes);
  CPPUNIT_TEST(a_stale_read_is_caught);
  CPPUNIT_TEST(a_lost_write_is_caught);
  CPPUNIT_TEST(a_retry_applied_twice_is_caught);
  CPPUNIT_TEST(a_long_history_is_judged_quickly);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_judgement_is_that_of_trying_every_order() {
    int linearizable = 0;
    int refuted = 0;
    for_each_seed(15'000, [&](std::uint64_t seed) {
      std::mt19937_64 random(seed);
      const auto history = nonsense(random);

      const RegisterSearch search = search_register(history, 1'000'000);
      const bool is_good = has_an_order(history);

      std::string text;
      for (const Operation& each : history) text += describe(each) + "\n";
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          text, is_good, search.end == RegisterSearch::End::kLinearizable);
      if (is_good) assert_proof(history, search);
      ++(is_good ? linearizable : refuted);
    });
    // Both occur, or this would prove nothing.
    if (linearizable + refuted > 1) {
      CPPUNIT_ASSERT(linearizable > 1000);
      CPPUNIT_ASSERT(refuted > 1000);
    }
  }

  void a_correct_register_passes() {
    for_each_seed(100, [](std::uint64_t seed) {
      const auto history = simulated_history({.seed = seed});
      const Verdict verdict = check_linearizable(history);
      CPPUNIT_ASSERT_MESSAGE(verdict.explanation, verdict.is_linearizable());
    });
  }

  void a_stale_read_is_caught() { assert_caught(RegisterFlaw::kStaleRead); }

  void a_lost_write_is_caught() { assert_caught(RegisterFlaw::kLostWrite); }

  void a_retry_applied_twice_is_caught() {
    assert_caught(RegisterFlaw::kDoubleApply);
  }

  // The figure is for a person to look at: a slow machine is no bug.
  void a_long_history_is_judged_quickly() {
    const auto history = simulated_history({.seed = 1, .operations = 10'000});
    const auto start = Clock::now();

    const Verdict verdict = check_linearizable(history);

    const std::chrono::duration<double, std::milli> took = Clock::now() - start;
    std::fprintf(stderr,
                 "%zu operations of 8 clients on 5 keys: %.1f ms, "
                 "%llu configurations\n",
                 history.size(),
                 took.count(),
                 static_cast<unsigned long long>(verdict.configurations));
    CPPUNIT_ASSERT_MESSAGE(verdict.explanation, verdict.is_linearizable());
  }

 private:
  static void assert_caught(RegisterFlaw flaw) {
    for_each_seed(100, [&](std::uint64_t seed) {
      const auto history = simulated_history({.seed = seed, .flaw = flaw});
      const Verdict verdict = check_linearizable(history);
      CPPUNIT_ASSERT(verdict.kind == Verdict::Kind::kNotLinearizable);
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LinearizabilityRandomTest);

}  // namespace
}  // namespace raft
