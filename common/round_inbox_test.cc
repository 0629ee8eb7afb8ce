// One at a time, nothing lost, and nobody woken for what another one does.
#include "common/round_inbox.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <memory>
#include <thread>
#include <vector>

namespace raft {
namespace {

using Items = std::vector<int>;

class RoundInboxTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RoundInboxTest);
  CPPUNIT_TEST(the_first_round_is_the_owners);
  CPPUNIT_TEST(whoever_brings_an_item_begins_a_round_when_nobody_is_in_one);
  CPPUNIT_TEST(a_round_begins_with_all_that_has_come);
  CPPUNIT_TEST(an_item_that_comes_during_a_round_is_left_to_the_owner);
  CPPUNIT_TEST(the_owner_wakes_for_an_item);
  CPPUNIT_TEST(the_owner_wakes_at_the_time_that_was_named);
  CPPUNIT_TEST(an_earlier_time_ends_the_owners_sleep);
  CPPUNIT_TEST(a_later_time_puts_the_owner_off);
  CPPUNIT_TEST(a_time_that_passes_in_a_round_is_not_missed);
  CPPUNIT_TEST(others_begin_rounds_while_the_owner_is_away);
  CPPUNIT_TEST(the_owner_is_back_when_the_round_of_another_ends);
  CPPUNIT_TEST(what_came_while_the_owner_was_away_is_its_next_round);
  CPPUNIT_TEST(somebody_stands_in_for_an_owner_that_is_away);
  CPPUNIT_TEST(nobody_stands_in_for_an_owner_that_is_there);
  CPPUNIT_TEST(a_closed_inbox_hands_out_what_is_in_it_and_then_nothing);
  CPPUNIT_TEST(closing_ends_the_owners_sleep);
  CPPUNIT_TEST(items_are_moved);
  CPPUNIT_TEST(of_many_threads_one_is_in_a_round_and_nothing_is_lost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void the_first_round_is_the_owners() {
    RoundInbox<int> inbox;

    CPPUNIT_ASSERT(!inbox.push_in(1).has_value());

    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(Items({1}) == *inbox.await());
  }

  void whoever_brings_an_item_begins_a_round_when_nobody_is_in_one() {
    RoundInbox<int> inbox;
    inbox.end_round(Deadline::max());

    CPPUNIT_ASSERT(Items({1}) == *inbox.push_in(1));
    CPPUNIT_ASSERT(!inbox.push_in(2).has_value());
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(Items({2, 3}) == *inbox.push_in(3));
  }

  // In their order, whichever way they came.
  void a_round_begins_with_all_that_has_come() {
    RoundInbox<int> inbox;
    inbox.push(1);
    CPPUNIT_ASSERT(!inbox.push_in(2).has_value());
    inbox.push(3);
    inbox.end_round(Deadline::max());

    CPPUNIT_ASSERT(Items({1, 2, 3}) == *inbox.await());
  }

  void an_item_that_comes_during_a_round_is_left_to_the_owner() {
    RoundInbox<int> inbox;
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(inbox.push_in(1).has_value());
    Items items;
    std::thread owner([&] { items = *inbox.await(); });

    inbox.push(2);
    inbox.end_round(Deadline::max());
    owner.join();

    CPPUNIT_ASSERT(Items({2}) == items);
  }

  // Whichever of the two comes first: the item, or the wait for it.
  void the_owner_wakes_for_an_item() {
    RoundInbox<int> there;
    RoundInbox<int> back;
    std::thread owner([&] {
      for (int i = 0; i < 100; ++i) {
        there.end_round(Deadline::max());
        back.push(there.await()->front() + 1);
      }
    });

    for (int i = 0; i < 100; ++i) {
      there.push(i);
      back.end_round(Deadline::max());
      CPPUNIT_ASSERT(Items({i + 1}) == *back.await());
    }
    owner.join();
  }

  void the_owner_wakes_at_the_time_that_was_named() {
    RoundInbox<int> inbox;
    const Deadline time = deadline_in_ms(20);
    inbox.end_round(time);

    CPPUNIT_ASSERT(Items() == *inbox.await());

    CPPUNIT_ASSERT(Clock::now() >= time);
  }

  // Whether the owner sleeps already, or not yet.
  void an_earlier_time_ends_the_owners_sleep() {
    for (int i = 0; i < 100; ++i) {
      RoundInbox<int> inbox;
      inbox.end_round(deadline_in_ms(3'600'000));
      CPPUNIT_ASSERT(inbox.push_in(1).has_value());
      inbox.end_round(deadline_in_ms(3'600'000));
      Items items = {1};
      std::thread owner([&] { items = *inbox.await(); });

      if (inbox.push_in(2)) inbox.end_round(Clock::now());
      owner.join();

      CPPUNIT_ASSERT(Items() == items);
    }
  }

  void a_later_time_puts_the_owner_off() {
    RoundInbox<int> inbox;
    inbox.end_round(deadline_in_ms(3'600'000));
    CPPUNIT_ASSERT(inbox.push_in(1).has_value());
    inbox.end_round(Clock::now());
    CPPUNIT_ASSERT(inbox.push_in(2).has_value());
    const Deadline later = deadline_in_ms(20);
    inbox.end_round(later);

    CPPUNIT_ASSERT(Items() == *inbox.await());

    CPPUNIT_ASSERT(Clock::now() >= later);
  }

  void a_time_that_passes_in_a_round_is_not_missed() {
    RoundInbox<int> inbox;
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(inbox.push_in(1).has_value());
    Items items = {1};
    std::thread owner([&] { items = *inbox.await(); });

    inbox.end_round(Clock::now());
    owner.join();

    CPPUNIT_ASSERT(Items() == items);
  }

  void others_begin_rounds_while_the_owner_is_away() {
    RoundInbox<int> inbox;
    inbox.leave_round();

    CPPUNIT_ASSERT(Items({1}) == *inbox.push_in(1));
    inbox.end_round(Deadline::max());
    inbox.return_to_round();

    CPPUNIT_ASSERT(!inbox.push_in(2).has_value());
  }

  // Whatever time that one names, and whether the owner is back before or not.
  void the_owner_is_back_when_the_round_of_another_ends() {
    for (int i = 0; i < 100; ++i) {
      RoundInbox<int> inbox;
      inbox.leave_round();
      CPPUNIT_ASSERT(inbox.push_in(1).has_value());
      bool is_over = false;
      bool was_over = false;
      std::thread owner([&] {
        inbox.return_to_round();
        was_over = is_over;
      });

      is_over = true;
      inbox.end_round(Deadline::max());
      owner.join();

      CPPUNIT_ASSERT(was_over);
    }
  }

  void what_came_while_the_owner_was_away_is_its_next_round() {
    RoundInbox<int> inbox;
    inbox.leave_round();
    inbox.push(1);
    inbox.return_to_round();
    inbox.end_round(Deadline::max());

    CPPUNIT_ASSERT(Items({1}) == *inbox.await());
  }

  // However often it is asked.
  // With what was only pushed, and with nothing.
  void somebody_stands_in_for_an_owner_that_is_away() {
    RoundInbox<int> inbox;
    inbox.leave_round();
    inbox.push(1);

    CPPUNIT_ASSERT(Items({1}) == *inbox.stand_in());
    CPPUNIT_ASSERT(!inbox.stand_in().has_value());
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(inbox.stand_in()->empty());
    inbox.end_round(Deadline::max());

    inbox.return_to_round();
    CPPUNIT_ASSERT(!inbox.stand_in().has_value());
  }

  void nobody_stands_in_for_an_owner_that_is_there() {
    RoundInbox<int> inbox;
    CPPUNIT_ASSERT(!inbox.stand_in().has_value());
    inbox.push(1);
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(!inbox.stand_in().has_value());
  }

  void a_closed_inbox_hands_out_what_is_in_it_and_then_nothing() {
    RoundInbox<int> inbox;
    inbox.push(1);
    inbox.close();
    inbox.end_round(Deadline::max());

    CPPUNIT_ASSERT(Items({1}) == *inbox.await());
    inbox.end_round(Deadline::max());
    CPPUNIT_ASSERT(!inbox.await().has_value());
    CPPUNIT_ASSERT(!inbox.await().has_value());
  }

  void closing_ends_the_owners_sleep() {
    RoundInbox<int> inbox;
    inbox.end_round(Deadline::max());
    bool is_over = false;
    std::thread owner([&] { is_over = !inbox.await(); });

    inbox.close();
    owner.join();

    CPPUNIT_ASSERT(is_over);
  }

  // A promise, say, can't be copied.
  void items_are_moved() {
    RoundInbox<std::unique_ptr<int>> inbox;
    inbox.push(std::make_unique<int>(7));
    inbox.end_round(Deadline::max());

    CPPUNIT_ASSERT_EQUAL(7, *inbox.await()->front());
  }

  // What the rounds work on has no lock: tsan tells if it needed one.
  void of_many_threads_one_is_in_a_round_and_nothing_is_lost() {
    constexpr int kThreads = 4;
    constexpr int kItems = 1000;
    RoundInbox<int> inbox;
    long sum = 0;
    const auto work = [&](const Items& items) {
      for (const int item : items) sum += item;
      inbox.end_round(deadline_in_ms(1));
    };
    std::thread owner([&] {
      inbox.end_round(deadline_in_ms(1));
      while (const auto items = inbox.await()) {
        inbox.leave_round();
        inbox.return_to_round();
        work(*items);
      }
    });
    std::vector<std::thread> others;
    for (int i = 0; i < kThreads; ++i) {
      others.emplace_back([&, i] {
        for (int item = 1; item <= kItems; ++item) {
          if (i == 0) {
            inbox.push(item);
          } else if (const auto items = inbox.push_in(item)) {
            work(*items);
          }
        }
      });
    }

    for (std::thread& other : others) other.join();
    inbox.close();
    owner.join();

    CPPUNIT_ASSERT_EQUAL(kThreads * kItems * (kItems + 1L) / 2, sum);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RoundInboxTest);

}  // namespace
}  // namespace raft
