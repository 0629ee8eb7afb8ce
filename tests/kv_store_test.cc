// The state machine: each command in each situation, and from many threads.
#include "kv_store.h"

#include <atomic>
#include <cppunit/extensions/HelperMacros.h>
#include <thread>
#include <vector>

namespace raft {
namespace {

constexpr ApplyStatus kDone = ApplyStatus::kDone;
constexpr ApplyStatus kNotFound = ApplyStatus::kNotFound;
constexpr ApplyStatus kConflict = ApplyStatus::kConflict;

Command put(const std::string& key, const std::string& value) {
  return {.operation = Operation::kPut, .key = key, .value = value};
}

Command remove(const std::string& key) {
  return {.operation = Operation::kDelete, .key = key};
}

Command cas(const std::string& key,
            const std::optional<std::string>& expected,
            const std::string& value) {
  return {.operation = Operation::kCas,
          .key = key,
          .value = value,
          .expected = expected};
}

// Adds one to the number at `key`, as often as it takes; by cas alone.
void add_one(KvStore& store, const std::string& key) {
  auto present = store.get(key);
  while (true) {
    const int number = present ? std::stoi(*present) : 0;
    const auto result =
        store.apply(cas(key, present, std::to_string(number + 1)));
    if (result.status == kDone) return;
    present = result.value;
  }
}

class KvStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KvStoreTest);
  CPPUNIT_TEST(a_new_store_is_empty);
  CPPUNIT_TEST(get_finds_what_the_last_put_wrote);
  CPPUNIT_TEST(keys_and_values_are_bytes_and_nothing_else);
  CPPUNIT_TEST(delete_removes_a_key_once);
  CPPUNIT_TEST(cas_of_an_absent_key_needs_absent_as_expected);
  CPPUNIT_TEST(cas_of_a_present_key_needs_its_value_as_expected);
  CPPUNIT_TEST(an_empty_value_is_not_an_absent_one);
  CPPUNIT_TEST(put_and_delete_do_not_look_at_expected);
  CPPUNIT_TEST(a_key_may_come_back_after_its_delete);
  CPPUNIT_TEST(equal_commands_in_equal_order_give_equal_results_and_maps);
  CPPUNIT_TEST(size_counts_keys_not_writes);
  CPPUNIT_TEST(no_cas_of_many_threads_is_lost);
  CPPUNIT_TEST(many_threads_may_read_while_others_write);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_new_store_is_empty() {
    const KvStore store;
    CPPUNIT_ASSERT(store.get("k") == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store.size());
  }

  void get_finds_what_the_last_put_wrote() {
    KvStore store;
    CPPUNIT_ASSERT(store.apply(put("k", "v")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "v");
    CPPUNIT_ASSERT(store.apply(put("k", "w")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "w");
    CPPUNIT_ASSERT(store.get("K") == std::nullopt);
  }

  void keys_and_values_are_bytes_and_nothing_else() {
    const std::string zeros("\0a\0", 3);
    const std::string long_text(1024 * 1024, 'x');
    KvStore store;
    store.apply(put(zeros, "1"));
    store.apply(put(std::string("\0a", 2), "2"));
    store.apply(put("ключ", zeros));
    store.apply(put("long", long_text));
    CPPUNIT_ASSERT(store.get(zeros) == "1");
    CPPUNIT_ASSERT(store.get("ключ") == zeros);
    CPPUNIT_ASSERT(store.get("long") == long_text);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, store.size());
  }

  void delete_removes_a_key_once() {
    KvStore store;
    store.apply(put("k", "v"));
    store.apply(put("other", "o"));
    CPPUNIT_ASSERT(store.apply(remove("k")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == std::nullopt);
    CPPUNIT_ASSERT(store.apply(remove("k")) == ApplyResult{kNotFound});
    CPPUNIT_ASSERT(store.get("other") == "o");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store.size());
  }

  // A conflict says what the key holds: here nothing.
  void cas_of_an_absent_key_needs_absent_as_expected() {
    KvStore store;
    CPPUNIT_ASSERT(store.apply(cas("k", "v", "w")) == ApplyResult{kConflict});
    CPPUNIT_ASSERT(store.get("k") == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store.size());
    CPPUNIT_ASSERT(store.apply(cas("k", {}, "w")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "w");
  }

  void cas_of_a_present_key_needs_its_value_as_expected() {
    const ApplyResult conflict{.status = kConflict, .value = "v"};
    KvStore store;
    store.apply(put("k", "v"));
    CPPUNIT_ASSERT(store.apply(cas("k", {}, "w")) == conflict);
    CPPUNIT_ASSERT(store.apply(cas("k", "V", "w")) == conflict);
    CPPUNIT_ASSERT(store.apply(cas("k", "", "w")) == conflict);
    CPPUNIT_ASSERT(store.get("k") == "v");
    CPPUNIT_ASSERT(store.apply(cas("k", "v", "w")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "w");
    CPPUNIT_ASSERT(store.apply(cas("k", "w", "w")) == ApplyResult{});
  }

  void an_empty_value_is_not_an_absent_one() {
    const ApplyResult conflict{.status = kConflict, .value = ""};
    KvStore store;
    CPPUNIT_ASSERT(store.apply(cas("k", "", "w")) == ApplyResult{kConflict});
    store.apply(put("k", ""));
    CPPUNIT_ASSERT(store.get("k") == "");
    CPPUNIT_ASSERT(store.apply(cas("k", {}, "w")) == conflict);
    CPPUNIT_ASSERT(store.apply(cas("k", "", "w")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "w");
  }

  void put_and_delete_do_not_look_at_expected() {
    KvStore store;
    Command write = put("k", "v");
    write.expected = "something else";
    CPPUNIT_ASSERT(store.apply(write) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "v");
    Command removal = remove("k");
    removal.expected = "something else";
    CPPUNIT_ASSERT(store.apply(removal) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == std::nullopt);
  }

  void a_key_may_come_back_after_its_delete() {
    KvStore store;
    store.apply(put("k", "v"));
    store.apply(remove("k"));
    CPPUNIT_ASSERT(store.apply(cas("k", "v", "w")) == ApplyResult{kConflict});
    CPPUNIT_ASSERT(store.apply(cas("k", {}, "w")) == ApplyResult{});
    CPPUNIT_ASSERT(store.get("k") == "w");
  }

  // What replication rests on: a map is its history of commands.
  void equal_commands_in_equal_order_give_equal_results_and_maps() {
    const std::vector<Command> commands = all_commands(3000);
    KvStore one;
    KvStore other;
    for (const Command& command : commands) {
      CPPUNIT_ASSERT(one.apply(command) == other.apply(command));
    }
    CPPUNIT_ASSERT(one.size() > 0);
    CPPUNIT_ASSERT_EQUAL(one.size(), other.size());
    for (const Command& command : commands) {
      CPPUNIT_ASSERT(one.get(command.key) == other.get(command.key));
    }
  }

  void size_counts_keys_not_writes() {
    KvStore store;
    store.apply(put("a", "1"));
    store.apply(put("a", "2"));
    store.apply(cas("a", "2", "3"));
    store.apply(cas("b", {}, "1"));
    store.apply(cas("c", "1", "2"));
    store.apply(remove("d"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store.size());
    store.apply(remove("a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store.size());
  }

  // Each thread adds one so and so often; the sum tells whether a cas ever
  // succeeded on a value that was no longer there.
  void no_cas_of_many_threads_is_lost() {
    constexpr int kThreads = 8;
    constexpr int kAdditions = 250;
    KvStore store;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&store] {
          for (int n = 0; n < kAdditions; ++n) add_one(store, "sum");
        });
      }
    }
    CPPUNIT_ASSERT(store.get("sum") == std::to_string(kThreads * kAdditions));
  }

  // A reader sees one of the values that were written, whole.
  void many_threads_may_read_while_others_write() {
    constexpr int kRounds = 500;
    const std::string ones(100, '1');
    const std::string twos(100, '2');
    KvStore store;
    std::atomic<int> torn = 0;
    {
      std::vector<std::jthread> threads;
      for (const std::string& value : {ones, twos}) {
        threads.emplace_back([&store, value] {
          for (int n = 0; n < kRounds; ++n) {
            store.apply(put("k", value));
            store.apply(put("k" + std::to_string(n), value));
          }
        });
        threads.emplace_back([&] {
          for (int n = 0; n < kRounds; ++n) {
            const auto seen = store.get("k");
            if (seen && *seen != ones && *seen != twos) ++torn;
            if (store.size() > 1 + kRounds) ++torn;
          }
        });
      }
    }
    CPPUNIT_ASSERT_EQUAL(0, torn.load());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1 + kRounds}, store.size());
  }

 private:
  // Commands of every kind on few keys and values, so that each of them meets
  // every situation.
  static std::vector<Command> all_commands(unsigned count) {
    std::vector<Command> commands;
    unsigned random = 1;
    const auto below = [&random](unsigned bound) {
      random = random * 1103515245U + 12345U;
      return (random >> 16) % bound;
    };
    for (unsigned i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(below(4));
      const std::string value = std::to_string(below(3));
      const std::string expected = std::to_string(below(3));
      const std::vector<Command> choices = {put(key, value),
                                            remove(key),
                                            cas(key, {}, value),
                                            cas(key, expected, value)};
      commands.push_back(choices[below(4)]);
    }
    return commands;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KvStoreTest);

}  // namespace
}  // namespace raft
