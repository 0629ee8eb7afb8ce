// [since stage4_cluster_client]
// The checker, on small histories that a person can judge.
#include "tests/linearizability.h"

#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>

#include "tests/operations.h"
#include "tests/simulated_register.h"

namespace raft {
namespace {

bool is_linearizable(const std::vector<Operation>& history) {
  return check_linearizable(history).kind == Verdict::Kind::kLinearizable;
}

bool is_refuted(const std::vector<Operation>& history) {
  return check_linearizable(history).kind == Verdict::Kind::kNotLinearizable;
}

class LinearizabilityTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LinearizabilityTest);
  CPPUNIT_TEST(nothing_at_all_is_linearizable);
  CPPUNIT_TEST(one_client_sees_what_it_did);
  CPPUNIT_TEST(a_read_sees_the_last_write_that_had_returned);
  CPPUNIT_TEST(a_read_beside_a_write_sees_either_value);
  CPPUNIT_TEST(once_seen_a_value_does_not_go_back);
  CPPUNIT_TEST(writes_that_overlap_have_one_order_for_all);
  CPPUNIT_TEST(what_ends_when_another_begins_overlaps_it);
  CPPUNIT_TEST(a_cas_succeeds_once);
  CPPUNIT_TEST(a_conflict_is_a_read);
  CPPUNIT_TEST(a_delete_needs_a_value);
  CPPUNIT_TEST(a_write_not_executed_is_never_seen);
  CPPUNIT_TEST(an_unknown_write_may_take_effect_late_or_never);
  CPPUNIT_TEST(an_unknown_write_takes_effect_once);
  CPPUNIT_TEST(an_unknown_write_does_nothing_before_it_is_sent);
  CPPUNIT_TEST(unknown_writes_build_on_each_other);
  CPPUNIT_TEST(a_read_without_an_answer_says_nothing);
  CPPUNIT_TEST(keys_are_judged_one_by_one);
  CPPUNIT_TEST(the_order_of_the_list_is_of_no_importance);
  CPPUNIT_TEST(many_unknown_writes_cost_little);
  CPPUNIT_TEST(too_much_at_a_time_is_undecided_and_that_is_no_pass);
  CPPUNIT_TEST(an_explanation_shows_the_contradiction_and_little_else);
  CPPUNIT_TEST_SUITE_END();

 public:
  void nothing_at_all_is_linearizable() { CPPUNIT_ASSERT(is_linearizable({})); }

  void one_client_sees_what_it_did() {
    CPPUNIT_ASSERT(is_linearizable({get({0, 1}, {}),
                                    put({2, 3}, "a"),
                                    get({4, 5}, "a"),
                                    cas({6, 7}, "a", "b"),
                                    get({8, 9}, "b"),
                                    erase({10, 11}),
                                    erase_of_nothing({12, 13}),
                                    get({14, 15}, {})}));
    CPPUNIT_ASSERT(is_refuted({get({0, 1}, "a"), put({2, 3}, "a")}));
    CPPUNIT_ASSERT(is_refuted({put({0, 1}, "a"), get({2, 3}, {})}));
  }

  void a_read_sees_the_last_write_that_had_returned() {
    CPPUNIT_ASSERT(
        is_refuted({put({0, 1}, "a"), put({2, 3}, "b"), get({4, 5}, "a")}));
    CPPUNIT_ASSERT(is_linearizable(
        {put({0, 1}, "a"), put({2, 3}, "b"), get({4, 5}, "b")}));
  }

  void a_read_beside_a_write_sees_either_value() {
    for (const char* seen : {"a", "b"}) {
      CPPUNIT_ASSERT(is_linearizable(
          {put({0, 1}, "a"), put({2, 9}, "b"), get({4, 5}, seen)}));
    }
    CPPUNIT_ASSERT(
        is_refuted({put({0, 1}, "a"), put({2, 9}, "b"), get({4, 5}, "c")}));
  }

  // One client has seen the write, so another one can't miss it afterwards.
  void once_seen_a_value_does_not_go_back() {
    const std::vector<Operation> writes = {put({0, 1}, "a"), put({2, 9}, "b")};
    const auto with = [&](const Value& first, const Value& second) {
      auto history = writes;
      history.push_back(get({3, 4}, first));
      history.push_back(get({5, 6}, second));
      return history;
    };
    CPPUNIT_ASSERT(is_refuted(with("b", "a")));
    CPPUNIT_ASSERT(is_linearizable(with("a", "b")));
    CPPUNIT_ASSERT(is_linearizable(with("a", "a")));
    CPPUNIT_ASSERT(is_linearizable(with("b", "b")));
  }

  void writes_that_overlap_have_one_order_for_all() {
    CPPUNIT_ASSERT(is_linearizable({put({0, 9}, "a"),
                                    put({0, 9}, "b"),
                                    get({1, 2}, "a"),
                                    get({3, 4}, "b"),
                                    get({10, 11}, "b")}));
    CPPUNIT_ASSERT(is_refuted({put({0, 9}, "a"),
                               put({0, 9}, "b"),
                               get({1, 2}, "a"),
                               get({3, 4}, "b"),
                               get({10, 11}, "a")}));
  }

  void what_ends_when_another_begins_overlaps_it() {
    CPPUNIT_ASSERT(is_linearizable({put({0, 5}, "a"), get({5, 6}, {})}));
    CPPUNIT_ASSERT(is_refuted({put({0, 4}, "a"), get({5, 6}, {})}));
  }

  void a_cas_succeeds_once() {
    CPPUNIT_ASSERT(is_refuted({cas({0, 9}, {}, "a"), cas({0, 9}, {}, "b")}));
    CPPUNIT_ASSERT(
        is_linearizable({cas({0, 9}, {}, "a"), cas({0, 9}, "a", "b")}));
    CPPUNIT_ASSERT(is_linearizable(
        {cas({0, 9}, {}, "a"), cas({0, 9}, {}, "b"), erase({0, 9})}));
  }

  void a_conflict_is_a_read() {
    CPPUNIT_ASSERT(
        is_linearizable({put({0, 1}, "a"), conflict({2, 3}, {}, "a")}));
    CPPUNIT_ASSERT(
        is_linearizable({conflict({0, 1}, "a", {}), put({2, 3}, "a")}));
    CPPUNIT_ASSERT(is_refuted(
        {put({0, 1}, "a"), put({2, 3}, "b"), conflict({4, 5}, {}, "a")}));
    // It would have succeeded.
    CPPUNIT_ASSERT(is_refuted({put({0, 1}, "a"), conflict({2, 3}, "a", "a")}));
  }

  void a_delete_needs_a_value() {
    CPPUNIT_ASSERT(is_refuted({erase({0, 1})}));
    CPPUNIT_ASSERT(is_refuted({put({0, 1}, "a"), erase_of_nothing({2, 3})}));
    CPPUNIT_ASSERT(
        is_refuted({put({0, 1}, "a"), erase({2, 9}), erase({2, 9})}));
    CPPUNIT_ASSERT(is_linearizable(
        {put({0, 1}, "a"), erase({2, 9}), erase_of_nothing({2, 9})}));
  }

  void a_write_not_executed_is_never_seen() {
    CPPUNIT_ASSERT(is_refuted(
        {put({0, 1}, "a"), not_executed(put({2, 3}, "b")), get({4, 5}, "b")}));
    CPPUNIT_ASSERT(is_linearizable(
        {put({0, 1}, "a"), not_executed(put({2, 3}, "b")), get({4, 5}, "a")}));
  }

  void an_unknown_write_may_take_effect_late_or_never() {
    const Operation lost = unknown(put({2, 3}, "b"));
    CPPUNIT_ASSERT(
        is_linearizable({put({0, 1}, "a"), lost, get({40, 41}, "a")}));
    CPPUNIT_ASSERT(is_linearizable({put({0, 1}, "a"),
                                    lost,
                                    get({40, 41}, "a"),
                                    put({42, 43}, "c"),
                                    get({44, 45}, "b")}));
  }

  void an_unknown_write_takes_effect_once() {
    CPPUNIT_ASSERT(is_refuted({unknown(put({0, 1}, "b")),
                               get({2, 3}, "b"),
                               put({4, 5}, "a"),
                               get({6, 7}, "b")}));
    CPPUNIT_ASSERT(is_linearizable({unknown(put({0, 1}, "b")),
                                    unknown(put({0, 1}, "b")),
                                    get({2, 3}, "b"),
                                    put({4, 5}, "a"),
                                    get({6, 7}, "b")}));
  }

  void an_unknown_write_does_nothing_before_it_is_sent() {
    CPPUNIT_ASSERT(is_refuted({get({0, 1}, "b"), unknown(put({2, 3}, "b"))}));
  }

  void unknown_writes_build_on_each_other() {
    const std::vector<Operation> chain = {unknown(cas({0, 1}, "c", "d")),
                                          unknown(cas({0, 1}, "b", "c")),
                                          unknown(put({0, 1}, "b")),
                                          unknown(erase({0, 1})),
                                          unknown(cas({0, 1}, {}, "e"))};
    const auto then = [&](const std::vector<Operation>& operations) {
      auto history = chain;
      history.insert(history.end(), operations.begin(), operations.end());
      return history;
    };
    CPPUNIT_ASSERT(is_linearizable(then({get({2, 3}, "d")})));
    CPPUNIT_ASSERT(is_linearizable(then({get({2, 3}, "d"), get({4, 5}, "e")})));
    CPPUNIT_ASSERT(is_refuted(
        then({get({2, 3}, "d"), get({4, 5}, "e"), get({6, 7}, {})})));
    CPPUNIT_ASSERT(is_refuted(then({get({2, 3}, "d"), get({4, 5}, "c")})));
    CPPUNIT_ASSERT(is_linearizable(then({erase({2, 3}), erase({4, 5})})));
    CPPUNIT_ASSERT(
        is_refuted(then({erase({2, 3}), erase({4, 5}), erase({6, 7})})));
  }

  void a_read_without_an_answer_says_nothing() {
    CPPUNIT_ASSERT(is_linearizable({unknown(get({0, 1}, "a")),
                                    not_executed(get({0, 1}, "b")),
                                    get({2, 3}, {})}));
  }

  void keys_are_judged_one_by_one() {
    const std::vector<Operation> good = {on("x", put({0, 1}, "a")),
                                         on("y", get({2, 3}, {})),
                                         on("x", get({2, 3}, "a"))};
    CPPUNIT_ASSERT(is_linearizable(good));

    auto bad = good;
    bad.push_back(on("y", get({4, 5}, "a")));
    const Verdict verdict = check_linearizable(bad);
    CPPUNIT_ASSERT(verdict.kind == Verdict::Kind::kNotLinearizable);
    CPPUNIT_ASSERT(verdict.explanation.starts_with("key \"y\""));
  }

  void the_order_of_the_list_is_of_no_importance() {
    std::vector<Operation> good = {
        get({4, 5}, "b"), put({2, 3}, "b"), put({0, 1}, "a")};
    CPPUNIT_ASSERT(is_linearizable(good));
  }

  // After an outage there are many. Each of them could be the next to take
  // effect, at every moment, and almost none is ever seen.
  void many_unknown_writes_cost_little() {
    std::vector<Operation> history;
    for (std::uint64_t i = 0; i < 500; ++i) {
      const std::string number = std::to_string(i);
      history.push_back(unknown(put({i, i}, "lost-" + number)));
      history.push_back(unknown(erase({i, i})));
      history.push_back(unknown(cas({i, i}, "lost-" + number, "x" + number)));
    }
    std::uint64_t now = 1000;
    for (std::uint64_t i = 0; i < 500; ++i, now += 10) {
      const std::string value = "good-" + std::to_string(i);
      history.push_back(put({now, now + 1}, value));
      history.push_back(get({now + 2, now + 3}, value));
      if (i % 10 != 0) continue;
      history.push_back(get({now + 4, now + 5}, "x" + std::to_string(i)));
    }

    const Verdict good = check_linearizable(history);
    history.push_back(get({now, now}, "good-0"));
    const Verdict bad = check_linearizable(history);

    CPPUNIT_ASSERT(good.is_linearizable());
    CPPUNIT_ASSERT(good.configurations < 10'000);
    CPPUNIT_ASSERT(bad.kind == Verdict::Kind::kNotLinearizable);
  }

  void too_much_at_a_time_is_undecided_and_that_is_no_pass() {
    std::vector<Operation> history;
    for (int i = 0; i < 30; ++i) {
      history.push_back(put({0, 9}, std::to_string(i)));
    }
    history.push_back(get({10, 11}, "nobody's"));

    const Verdict budget = check_linearizable(history, 1000);
    for (int i = 0; i < 40; ++i) history.push_back(put({0, 9}, "v"));
    const Verdict overlap = check_linearizable(history);

    for (const Verdict& verdict : {budget, overlap}) {
      CPPUNIT_ASSERT(verdict.kind == Verdict::Kind::kUndecided);
      CPPUNIT_ASSERT(!verdict.is_linearizable());
      CPPUNIT_ASSERT(verdict.explanation.find("undecided") !=
                     std::string::npos);
    }
  }

  void an_explanation_shows_the_contradiction_and_little_else() {
    auto history = simulated_history({.seed = 1, .keys = 1});
    std::uint64_t end = 0;
    for (const Operation& each : history) {
      end = std::max({end, each.invoked_ns, each.returned_ns});
    }
    const std::string key = history.front().key;
    history.push_back(on(key, put({end + 1, end + 2}, "old")));
    history.push_back(on(key, put({end + 3, end + 4}, "new")));
    history.push_back(on(key, get({end + 5, end + 6}, "old")));
    history.push_back(on(key, get({end + 7, end + 8}, "new")));

    const std::string text = check_linearizable(history).explanation;

    const auto lines = std::ranges::count(text, '\n');
    CPPUNIT_ASSERT_MESSAGE(text, lines <= 8);
    for (const char* part : {"\"old\"", "\"new\"", "then the key is \"new\""}) {
      CPPUNIT_ASSERT_MESSAGE(text, text.find(part) != std::string::npos);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LinearizabilityTest);

}  // namespace
}  // namespace raft
