// Faults on purpose: what a document may say, and what it then does.
#include "common/faults.h"

#include <atomic>
#include <cppunit/extensions/HelperMacros.h>
#include <string>
#include <thread>
#include <vector>

namespace raft {
namespace {

using namespace std::string_literals;

const std::string kNone =
    R"({"drop_to":[],"drop_from":[],"loss":0,"delay_ms":0})";

// What setting `document` complains about; empty when it is taken.
std::string set(Faults& faults, const std::string& document) {
  const auto json = JsonObject::parse(document);
  CPPUNIT_ASSERT_MESSAGE(document, json);
  const auto done = faults.set(*json);
  return done ? "" : done.error().message;
}

// How many of `messages` to node 1 are lost.
int lost_of(Faults& faults, int messages) {
  int lost = 0;
  for (int i = 0; i < messages; ++i) lost += faults.drops_to(1) ? 1 : 0;
  return lost;
}

class FaultsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FaultsTest);
  CPPUNIT_TEST(there_are_none_at_first);
  CPPUNIT_TEST(a_document_comes_back_as_it_was_set);
  CPPUNIT_TEST(one_fault_is_not_none);
  CPPUNIT_TEST(a_field_that_is_not_there_is_no_fault);
  CPPUNIT_TEST(clear_ends_all);
  CPPUNIT_TEST(messages_of_the_named_peers_are_lost_in_the_named_direction);
  CPPUNIT_TEST(loss_is_a_probability);
  CPPUNIT_TEST(a_wrong_field_is_named_and_changes_nothing);
  CPPUNIT_TEST(many_threads_may_ask_while_others_set);
  CPPUNIT_TEST_SUITE_END();

 public:
  void there_are_none_at_first() {
    Faults faults;
    CPPUNIT_ASSERT_EQUAL(kNone, faults.document());
    CPPUNIT_ASSERT(faults.is_none());
    CPPUNIT_ASSERT_EQUAL(0, lost_of(faults, 1000));
    CPPUNIT_ASSERT(!faults.drops_from(1));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, faults.delay_ms());
  }

  // The ids as a set: sorted, each once.
  void a_document_comes_back_as_it_was_set() {
    Faults faults;
    for (const std::string& document :
         {R"({"drop_to":[1,2],"drop_from":[3],"loss":0.1,"delay_ms":5})"s,
          R"({"drop_to":[],"drop_from":[],"loss":1,"delay_ms":60000})"s,
          R"({"drop_to":[18446744073709551615],"drop_from":[],"loss":1e-05,)"
          R"("delay_ms":1})"s,
          kNone}) {
      CPPUNIT_ASSERT_EQUAL(""s, set(faults, document));
      CPPUNIT_ASSERT_EQUAL(document, faults.document());
      CPPUNIT_ASSERT_MESSAGE(document, JsonObject::parse(faults.document()));
    }
    CPPUNIT_ASSERT_EQUAL(""s, set(faults, R"({"drop_to":[3,1,3]})"));
    CPPUNIT_ASSERT(faults.document().starts_with(R"({"drop_to":[1,3],)"));
  }

  void one_fault_is_not_none() {
    for (const std::string& document : {R"({"drop_to":[1]})"s,
                                        R"({"drop_from":[1]})"s,
                                        R"({"loss":0.1})"s,
                                        R"({"delay_ms":1})"s}) {
      Faults faults;
      CPPUNIT_ASSERT_EQUAL(""s, set(faults, document));
      CPPUNIT_ASSERT_MESSAGE(document, !faults.is_none());
      faults.clear();
      CPPUNIT_ASSERT(faults.is_none());
    }
  }

  void a_field_that_is_not_there_is_no_fault() {
    Faults faults;
    set(faults, R"({"drop_to":[1],"drop_from":[1],"loss":1,"delay_ms":5})");
    CPPUNIT_ASSERT_EQUAL(""s, set(faults, R"({"unknown":1})"));
    CPPUNIT_ASSERT_EQUAL(kNone, faults.document());
  }

  void clear_ends_all() {
    Faults faults;
    set(faults, R"({"drop_to":[1],"drop_from":[1],"loss":1,"delay_ms":5})");
    faults.clear();
    CPPUNIT_ASSERT_EQUAL(kNone, faults.document());
    CPPUNIT_ASSERT_EQUAL(0, lost_of(faults, 1000));
  }

  void messages_of_the_named_peers_are_lost_in_the_named_direction() {
    Faults faults;
    set(faults, R"({"drop_to":[1,2],"drop_from":[2,3]})");
    const auto dropped = [&](NodeId peer) {
      return (faults.drops_to(peer) ? "to "s : ""s) +
             (faults.drops_from(peer) ? "from" : "");
    };
    CPPUNIT_ASSERT_EQUAL("to "s, dropped(1));
    CPPUNIT_ASSERT_EQUAL("to from"s, dropped(2));
    CPPUNIT_ASSERT_EQUAL("from"s, dropped(3));
    CPPUNIT_ASSERT_EQUAL(""s, dropped(4));
  }

  // Seven standard deviations off would be a bug.
  void loss_is_a_probability() {
    Faults faults;
    set(faults, R"({"loss":1})");
    CPPUNIT_ASSERT_EQUAL(1000, lost_of(faults, 1000));
    CPPUNIT_ASSERT(faults.drops_from(9));
    set(faults, R"({"loss":0.0})");
    CPPUNIT_ASSERT_EQUAL(0, lost_of(faults, 1000));
    set(faults, R"({"loss":0.25})");
    const int lost = lost_of(faults, 10'000);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(lost), 2200 < lost && lost < 2800);
  }

  void a_wrong_field_is_named_and_changes_nothing() {
    Faults faults;
    const std::string before =
        R"({"drop_to":[1],"drop_from":[2],"loss":0.5,"delay_ms":3})";
    set(faults, before);
    const auto expect = [&](const std::string& complaint,
                            const std::string& document) {
      CPPUNIT_ASSERT_EQUAL(complaint, set(faults, document));
      CPPUNIT_ASSERT_EQUAL(before, faults.document());
    };
    expect("field \"drop_to\" must be an array, not a number",
           R"({"drop_to":1})");
    expect("field \"drop_to\" must be an array, not null",
           R"({"drop_to":null})");
    expect("field \"drop_from\" must hold only integers, not a string",
           R"({"drop_to":[],"drop_from":["1"]})");
    expect("field \"drop_from\" must hold only integers, not a number",
           R"({"drop_from":[1.5]})");
    expect("field \"drop_to\" holds a number below 0", R"({"drop_to":[-1]})");
    expect("field \"loss\" must be a number, not true or false",
           R"({"loss":true})");
    for (const char* loss : {"1.1", "-0.1", "1e300", "2"}) {
      expect("field \"loss\" must be from 0.0 to 1.0",
             "{\"loss\":"s + loss + "}");
    }
    expect("field \"delay_ms\" must be from 0 to 60000",
           R"({"drop_to":[],"delay_ms":60001})");
    for (const char* delay : {"-1", "0.5", "\"5\"", "null", "[]"}) {
      const std::string complaint =
          set(faults, "{\"delay_ms\":"s + delay + "}");
      CPPUNIT_ASSERT_MESSAGE(
          complaint,
          complaint.starts_with("field \"delay_ms\" must be an integer"));
      CPPUNIT_ASSERT_EQUAL(before, faults.document());
    }
  }

  void many_threads_may_ask_while_others_set() {
    Faults faults;
    std::atomic<int> half_set = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 2; ++i) {
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) {
          set(faults, R"({"drop_to":[1],"loss":0.5,"delay_ms":7})");
          faults.clear();
        }
      });
      threads.emplace_back([&] {
        for (int j = 0; j < 1000; ++j) {
          faults.drops_to(1);
          faults.drops_from(2);
          const std::int64_t delay = faults.delay_ms();
          if (delay != 0 && delay != 7) ++half_set;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0, half_set.load());
    CPPUNIT_ASSERT_EQUAL(kNone, faults.document());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FaultsTest);

}  // namespace
}  // namespace raft
