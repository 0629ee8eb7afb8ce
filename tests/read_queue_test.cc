// [since stage6_election]
// The queue of reads: what confirms which, and what is moved out when.
#include "read_queue.h"

#include <cppunit/extensions/HelperMacros.h>
#include <string>

namespace raft {
namespace {

std::string ids_in(const std::vector<Read>& reads) {
  std::string text;
  for (const Read& read : reads) {
    text += (text.empty() ? "" : " ") + std::to_string(read.id);
  }
  return text;
}

ReadQueue queue_of(std::uint64_t count) {
  ReadQueue queue;
  for (std::uint64_t id = 1; id <= count; ++id) queue.add(kNobody, id, 10);
  return queue;
}

class ReadQueueTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReadQueueTest);
  CPPUNIT_TEST(a_read_joins_the_next_round);
  CPPUNIT_TEST(a_later_round_confirms_earlier_reads_and_no_others);
  CPPUNIT_TEST(a_read_waits_for_the_index_of_its_round);
  CPPUNIT_TEST(a_confirmation_may_bring_a_later_index);
  CPPUNIT_TEST(a_followers_read_waits_for_no_index_here);
  CPPUNIT_TEST(a_restart_takes_back_rounds_and_no_confirmation);
  CPPUNIT_TEST(late_reads_are_moved_out_confirmed_or_not);
  CPPUNIT_TEST(what_is_moved_out_is_in_order_and_gone);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_read_joins_the_next_round() {
    ReadQueue queue = queue_of(1);
    CPPUNIT_ASSERT(queue.has_waiting());
    queue.confirm(9);
    CPPUNIT_ASSERT(queue.take_done(9).empty());
    queue.start(10, 0);
    CPPUNIT_ASSERT(!queue.has_waiting());
    queue.confirm(9);
    CPPUNIT_ASSERT(queue.take_done(9).empty());
    queue.confirm(10);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ids_in(queue.take_done(9)));
  }

  void a_later_round_confirms_earlier_reads_and_no_others() {
    ReadQueue queue = queue_of(1);
    queue.start(1, 0);
    queue.add(kNobody, 2, 10);
    queue.start(2, 0);
    queue.add(kNobody, 3, 10);
    queue.start(3, 0);
    queue.confirm(2);
    CPPUNIT_ASSERT_EQUAL(std::string("1 2"), ids_in(queue.take_done(0)));
    CPPUNIT_ASSERT_EQUAL(std::string("3"), ids_in(queue.take_unconfirmed()));
  }

  void a_read_waits_for_the_index_of_its_round() {
    ReadQueue queue = queue_of(1);
    queue.start(1, 5);
    queue.confirm(1);
    CPPUNIT_ASSERT(queue.take_done(4).empty());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ids_in(queue.take_done(5)));
  }

  void a_confirmation_may_bring_a_later_index() {
    ReadQueue queue = queue_of(1);
    queue.start(1, 0);
    queue.confirm(1, 7);
    CPPUNIT_ASSERT(queue.take_done(6).empty());
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ids_in(queue.take_done(7)));
  }

  void a_followers_read_waits_for_no_index_here() {
    ReadQueue queue;
    queue.add(2, 77, 10);
    queue.start(1, 5);
    queue.confirm(1);
    const auto done = queue.take_done(0);
    CPPUNIT_ASSERT_EQUAL(std::string("77"), ids_in(done));
    CPPUNIT_ASSERT_EQUAL(NodeId{2}, done.front().from);
    CPPUNIT_ASSERT_EQUAL(Index{5}, done.front().read_index);
  }

  void a_restart_takes_back_rounds_and_no_confirmation() {
    ReadQueue queue = queue_of(1);
    queue.start(1, 5);
    queue.confirm(1);
    queue.add(kNobody, 2, 10);
    queue.start(2, 5);
    queue.restart();
    CPPUNIT_ASSERT(queue.has_waiting());
    queue.confirm(2);
    CPPUNIT_ASSERT_EQUAL(std::string("1"), ids_in(queue.take_done(5)));
  }

  void late_reads_are_moved_out_confirmed_or_not() {
    ReadQueue queue = queue_of(2);
    queue.start(1, 5);
    queue.confirm(1);
    for (int i = 0; i < 9; ++i) queue.tick();
    queue.add(kNobody, 3, 10);
    CPPUNIT_ASSERT(queue.take_late().empty());
    queue.tick();
    CPPUNIT_ASSERT_EQUAL(std::string("1 2"), ids_in(queue.take_late()));
    CPPUNIT_ASSERT(queue.has_waiting());
  }

  void what_is_moved_out_is_in_order_and_gone() {
    ReadQueue queue = queue_of(5);
    CPPUNIT_ASSERT_EQUAL(std::string("1 2 3 4 5"),
                         ids_in(queue.take_unconfirmed()));
    CPPUNIT_ASSERT(queue.take_unconfirmed().empty());
    CPPUNIT_ASSERT(!queue.has_waiting());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReadQueueTest);

}  // namespace
}  // namespace raft
