// [since stage3_log_repl]
// How a leader brings the logs of its followers into line with its own, and in
// how many messages: Figure 7 and the last paragraphs of §5.3 (L-14, L-15).
#include <cppunit/extensions/HelperMacros.h>

#include "tests/hand_driven.h"

namespace raft {
namespace {

using Terms = std::vector<Term>;

Terms repeated(std::size_t times, Term term) {
  return Terms(times, term);
}

Terms operator+(Terms left, const Terms& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// Figure 7's leader has just won term 8.
constexpr Term kFigure7Term = 8;
const Terms kLeaderLog = {1, 1, 1, 4, 4, 5, 5, 6, 6, 6};

// The leader's first entry in its term; where it is elected, it has one.
void open_term(HandDriven& cluster, Term term) {
  if (cluster.leader().log().last_term() != term) cluster.propose("first");
}

// How many requests it takes until the logs are the same. They must not be
// more than `requests_max`, the successful one included.
void assert_repaired(Terms leader, Terms follower, std::size_t requests_max) {
  HandDriven cluster({.term = 9, .logs = {leader, follower}});
  cluster.settle();
  CPPUNIT_ASSERT_EQUAL(terms_in(cluster.leader().log()), cluster.terms(2));
  CPPUNIT_ASSERT(cluster.disk(1) == cluster.disk(2));
  CPPUNIT_ASSERT(cluster.sent(1, 2) <= requests_max);
}

// Figure 7: the follower's log becomes the leader's with the first entry of
// term 8, on disk too, and what is applied is the same.
void assert_figure_7(Terms follower, std::size_t probes_max) {
  HandDriven cluster({.term = kFigure7Term, .logs = {kLeaderLog, follower}});
  open_term(cluster, kFigure7Term);
  cluster.settle();
  CPPUNIT_ASSERT(cluster.sent(1, 2) <= probes_max + 1);
  cluster.settle_heartbeats(1);
  CPPUNIT_ASSERT_EQUAL(std::string("1 1 1 4 4 5 5 6 6 6 8"), cluster.terms(2));
  CPPUNIT_ASSERT(cluster.disk(1) == cluster.disk(2));
  CPPUNIT_ASSERT(cluster.applied(1) == cluster.disk(1));
  CPPUNIT_ASSERT(cluster.applied(2) == cluster.disk(1));
}

class LogRepairTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogRepairTest);
  CPPUNIT_TEST(L_14_figure_7_a_lacks_one_entry);
  CPPUNIT_TEST(L_14_figure_7_b_lacks_many);
  CPPUNIT_TEST(L_14_figure_7_c_has_one_too_many);
  CPPUNIT_TEST(L_14_figure_7_d_has_a_later_term);
  CPPUNIT_TEST(L_14_figure_7_e_lacks_some_and_has_others);
  CPPUNIT_TEST(L_14_figure_7_f_has_two_terms_of_its_own);
  CPPUNIT_TEST(L_14_figure_7_all_at_once);
  CPPUNIT_TEST(an_equal_log_takes_one_request);
  CPPUNIT_TEST(an_empty_log_takes_two_requests);
  CPPUNIT_TEST(L_15_a_long_conflict_of_one_term_takes_three_requests);
  CPPUNIT_TEST(L_15_alternating_terms_take_one_request_a_term);
  CPPUNIT_TEST(L_15_no_pair_of_logs_takes_more_than_one_request_a_term);
  CPPUNIT_TEST_SUITE_END();

 public:
  void L_14_figure_7_a_lacks_one_entry() {
    assert_figure_7({1, 1, 1, 4, 4, 5, 5, 6, 6}, 2);
  }

  void L_14_figure_7_b_lacks_many() { assert_figure_7({1, 1, 1, 4}, 2); }

  void L_14_figure_7_c_has_one_too_many() {
    assert_figure_7({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6}, 2);
  }

  void L_14_figure_7_d_has_a_later_term() {
    assert_figure_7({1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7}, 2);
  }

  void L_14_figure_7_e_lacks_some_and_has_others() {
    assert_figure_7({1, 1, 1, 4, 4, 4, 4}, 3);
  }

  void L_14_figure_7_f_has_two_terms_of_its_own() {
    assert_figure_7({1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}, 3);
  }

  void L_14_figure_7_all_at_once() {
    HandDriven cluster({.term = kFigure7Term,
                        .logs = {kLeaderLog,
                                 {1, 1, 1, 4, 4, 5, 5, 6, 6},
                                 {1, 1, 1, 4},
                                 {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6},
                                 {1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7},
                                 {1, 1, 1, 4, 4, 4, 4},
                                 {1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3}}});
    open_term(cluster, kFigure7Term);
    cluster.settle_heartbeats(1);
    for (NodeId id = 2; id <= 7; ++id) {
      CPPUNIT_ASSERT(cluster.disk(id) == cluster.disk(1));
      CPPUNIT_ASSERT(cluster.applied(id) == cluster.disk(1));
    }
  }

  void an_equal_log_takes_one_request() {
    assert_repaired(kLeaderLog, kLeaderLog, 1);
  }

  void an_empty_log_takes_two_requests() {
    assert_repaired(kLeaderLog, {}, 2);
    assert_repaired(repeated(1000, 3), {}, 2);
  }

  void L_15_a_long_conflict_of_one_term_takes_three_requests() {
    assert_repaired(
        repeated(1000, 1) + Terms{9}, repeated(10, 1) + repeated(990, 2), 3);
  }

  // The worst case: the terms of each lie between those of the other.
  void L_15_alternating_terms_take_one_request_a_term() {
    Terms leader = {1};
    Terms follower = {1};
    for (Term term = 2; term <= 8; term += 2) {
      leader = leader + repeated(20, term + 1);
      follower = follower + repeated(20, term);
    }
    const std::size_t terms = 9;
    assert_repaired(leader, follower, terms + 1);
  }

  // Every pair of logs of at most four entries of at most four terms in which
  // one index and term mean one history, as Log Matching (Fig. 3) wants it.
  void L_15_no_pair_of_logs_takes_more_than_one_request_a_term() {
    std::vector<Terms> logs = {{}};
    for (std::size_t i = 0; i < logs.size(); ++i) {
      if (logs[i].size() == 4) continue;
      const Term last = logs[i].empty() ? 1 : logs[i].back();
      for (Term term = last; term <= 4; ++term) {
        logs.push_back(logs[i] + Terms{term});
      }
    }
    for (const Terms& leader : logs) {
      for (const Terms& follower : logs) {
        if (!has_log_matching(leader, follower)) continue;
        assert_repaired_to_prefix(leader, follower);
      }
    }
  }

 private:
  static bool has_log_matching(const Terms& a, const Terms& b) {
    bool must_match = false;
    for (std::size_t i = std::min(a.size(), b.size()); i > 0; --i) {
      must_match = must_match || a[i - 1] == b[i - 1];
      if (must_match && a[i - 1] != b[i - 1]) return false;
    }
    return true;
  }

  // A longer follower keeps its tail: no entry of the leader's conflicts yet.
  static void assert_repaired_to_prefix(const Terms& leader,
                                        const Terms& follower) {
    HandDriven cluster({.term = 5, .logs = {leader, follower}});
    cluster.settle();
    const std::size_t four_terms = 4;
    CPPUNIT_ASSERT(cluster.sent(1, 2) <= four_terms + 1);
    open_term(cluster, 5);
    cluster.settle();
    CPPUNIT_ASSERT(cluster.disk(1) == cluster.disk(2));
    CPPUNIT_ASSERT_EQUAL(leader.size() + 1, cluster.disk(2).size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogRepairTest);

}  // namespace
}  // namespace raft
