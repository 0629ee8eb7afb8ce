// From many threads to one, in order, and to an end.
#include "common/inbox.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <memory>
#include <thread>
#include <vector>

namespace raft {
namespace {

struct Item {
  std::size_t sender = 0;
  int number = 0;
};

class InboxTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(InboxTest);
  CPPUNIT_TEST(items_come_out_in_their_order);
  CPPUNIT_TEST(pop_waits_for_an_item);
  CPPUNIT_TEST(a_closed_inbox_hands_out_what_is_in_it_and_then_nothing);
  CPPUNIT_TEST(closing_ends_the_wait_for_an_item);
  CPPUNIT_TEST(of_many_senders_nothing_is_lost_or_overtaken);
  CPPUNIT_TEST(items_are_moved);
  CPPUNIT_TEST_SUITE_END();

 public:
  // The oldest first.
  void items_come_out_in_their_order() {
    Inbox<int> inbox;
    for (int i = 0; i < 5; ++i) inbox.push(i);

    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_EQUAL(i, *inbox.pop());
  }

  // Whichever of the two comes first.
  void pop_waits_for_an_item() {
    Inbox<int> there;
    Inbox<int> back;
    std::thread other([&] {
      for (int i = 0; i < 100; ++i) back.push(*there.pop() + 1);
    });

    for (int i = 0; i < 100; ++i) {
      there.push(i);
      CPPUNIT_ASSERT_EQUAL(i + 1, *back.pop());
    }
    other.join();
  }

  // However often it is asked.
  void a_closed_inbox_hands_out_what_is_in_it_and_then_nothing() {
    Inbox<int> inbox;
    inbox.push(1);
    inbox.push(2);
    inbox.close();

    CPPUNIT_ASSERT_EQUAL(1, *inbox.pop());
    CPPUNIT_ASSERT_EQUAL(2, *inbox.pop());
    CPPUNIT_ASSERT(!inbox.pop());
    CPPUNIT_ASSERT(!inbox.pop());
  }

  // The loop that waits has nothing to look forward to.
  void closing_ends_the_wait_for_an_item() {
    Inbox<int> inbox;
    std::optional<int> popped = 1;
    std::thread other([&] { popped = inbox.pop(); });

    inbox.close();
    other.join();

    CPPUNIT_ASSERT(!popped);
  }

  // The items of each come in its order.
  void of_many_senders_nothing_is_lost_or_overtaken() {
    constexpr int kItems = 1000;
    Inbox<Item> inbox;
    std::vector<std::thread> senders;
    for (std::size_t i = 0; i < 4; ++i) {
      senders.emplace_back([&inbox, i] {
        for (int j = 0; j < kItems; ++j) inbox.push({.sender = i, .number = j});
      });
    }

    std::vector<int> next(4, 0);
    for (int i = 0; i < 4 * kItems; ++i) {
      const auto item = inbox.pop();
      CPPUNIT_ASSERT_EQUAL(next[item->sender]++, item->number);
    }
    for (std::thread& sender : senders) sender.join();
    inbox.close();
    CPPUNIT_ASSERT(!inbox.pop());
  }

  // A promise, say, can't be copied.
  void items_are_moved() {
    Inbox<std::unique_ptr<int>> inbox;
    inbox.push(std::make_unique<int>(7));

    CPPUNIT_ASSERT_EQUAL(7, **inbox.pop());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(InboxTest);

}  // namespace
}  // namespace raft
