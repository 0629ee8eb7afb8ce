// [since stage3_log_repl]
// The simulated network: what becomes of messages and of links.
#include "tests/sim_network.h"

#include <cppunit/extensions/HelperMacros.h>
#include <set>

namespace raft {
namespace {

class SimNetworkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SimNetworkTest);
  CPPUNIT_TEST(a_message_has_the_same_fate_whatever_else_is_sent);
  CPPUNIT_TEST(links_are_cut_in_every_shape);
  CPPUNIT_TEST(a_triangle_misses_one_side);
  CPPUNIT_TEST(leaves_see_one_node_each);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_message_has_the_same_fate_whatever_else_is_sent() {
    const NetworkWeather weather{
        .loss = 300, .duplication = 300, .straying = 300};
    SimNetwork quiet(weather, 3, 1);
    SimNetwork busy(weather, 3, 1);
    for (int i = 0; i < 100; ++i) {
      busy.delays(2, 1);
      busy.delays(1, 3);
      CPPUNIT_ASSERT(quiet.delays(1, 2) == busy.delays(1, 2));
    }
  }

  void links_are_cut_in_every_shape() {
    for (std::uint64_t shape = 0; shape < kCutShapes; ++shape) {
      std::set<std::set<SimNetwork::Link>> found;
      for (std::uint64_t dice = 1; dice <= 100; ++dice) {
        found.insert(cuts(static_cast<CutShape>(shape), 5, dice));
      }
      // None and a chain are what they are; the others vary.
      const bool is_fixed = shape == 0 || shape == 6;
      CPPUNIT_ASSERT(is_fixed ? found.size() == 1 : found.size() > 2);
      CPPUNIT_ASSERT_EQUAL(shape == 0, found.rbegin()->empty());
    }
  }

  // One link is cut both ways, and the node in the middle sees all (E-16).
  void a_triangle_misses_one_side() {
    for (std::uint64_t dice = 1; dice <= 20; ++dice) {
      const auto found = cuts(CutShape::kTriangle, 3, dice);
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.size());
      const auto [from, to] = *found.begin();
      CPPUNIT_ASSERT(found.contains({to, from}));
      CPPUNIT_ASSERT(from == 1 || to == 1);
    }
  }

  // As servers 4 and 5 do in E-17.
  void leaves_see_one_node_each() {
    bool has_two_leaves = false;
    for (std::uint64_t dice = 1; dice <= 200; ++dice) {
      const auto found = cuts(CutShape::kLeaves, 5, dice);
      int leaves = 0;
      for (NodeId node = 1; node <= 5; ++node) {
        int seen = 0;
        for (NodeId other = 1; other <= 5; ++other) {
          if (other == node) continue;
          CPPUNIT_ASSERT_EQUAL(found.contains({node, other}),
                               found.contains({other, node}));
          if (!found.contains({node, other})) ++seen;
        }
        CPPUNIT_ASSERT(seen >= 1);
        if (seen == 1) ++leaves;
      }
      has_two_leaves = has_two_leaves || leaves == 2;
    }
    CPPUNIT_ASSERT(has_two_leaves);
  }

 private:
  // Around node 1.
  static std::set<SimNetwork::Link> cuts(CutShape shape,
                                         NodeId nodes,
                                         std::uint64_t dice) {
    SimNetwork network({}, nodes, 1);
    network.cut(shape, 1, dice);
    return network.cuts();
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SimNetworkTest);

}  // namespace
}  // namespace raft
