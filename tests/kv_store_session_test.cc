// [since stage4_cluster_client]
// Exactly once (§8): what the table of sessions remembers, what it forgets, and
// that the log alone decides both.
#include <algorithm>
#include <cppunit/extensions/HelperMacros.h>
#include <random>
#include <string>
#include <vector>

#include "kv_store.h"
#include "tests/seeds.h"

namespace raft {
namespace {

using namespace std::string_literals;

constexpr std::size_t kMiB = 1024 * 1024;

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

Command as(const std::string& client, std::uint64_t serial, Command command) {
  command.client_id = client;
  command.serial = serial;
  return command;
}

ApplyResult done(Index index, Term term) {
  return {.index = index, .term = term};
}

// A store and the log that it has seen: each command is the next entry.
struct Replica {
  explicit Replica(KvStoreLimits limits = {}) : store(limits) {}

  ApplyResult apply(const Command& command, Term term = 1) {
    return store.apply(command, ++index, term);
  }

  ApplyStatus status_of(const Command& command) {
    return apply(command).status;
  }

  KvStore store;
  Index index = 0;
};

class KvStoreSessionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KvStoreSessionTest);
  CPPUNIT_TEST(a_command_outside_of_a_session_is_done_each_time);
  CPPUNIT_TEST(a_repeat_has_the_first_result_and_changes_nothing_8);
  CPPUNIT_TEST(a_repeat_of_a_failure_has_the_first_result_8);
  CPPUNIT_TEST(the_result_of_a_serial_stays_whatever_comes_with_it_again);
  CPPUNIT_TEST(a_write_that_is_twice_in_the_log_is_done_once_k_06_k_07);
  CPPUNIT_TEST(a_cas_that_is_retried_still_succeeds_k_12);
  CPPUNIT_TEST(a_serial_that_is_behind_is_stale_k_13);
  CPPUNIT_TEST(a_gap_in_the_serials_is_allowed);
  CPPUNIT_TEST(an_unknown_session_begins_with_serial_1);
  CPPUNIT_TEST(sessions_know_nothing_of_each_other);
  CPPUNIT_TEST(the_longest_unused_session_goes_first);
  CPPUNIT_TEST(a_repeat_and_a_stale_command_are_uses_too);
  CPPUNIT_TEST(a_refused_stranger_evicts_nobody);
  CPPUNIT_TEST(a_session_that_was_evicted_is_expired_and_may_begin_again_k_09);
  CPPUNIT_TEST(remembered_values_are_bounded_in_bytes);
  CPPUNIT_TEST(the_session_just_used_stays_however_large_it_is);
  CPPUNIT_TEST(the_default_table_holds_10_000_sessions);
  CPPUNIT_TEST(equal_logs_give_equal_results_whoever_reads_meanwhile);
  CPPUNIT_TEST(last_applied_is_that_of_the_latest_entry);
  CPPUNIT_TEST(a_list_is_in_byte_order_from_its_prefix_on);
  CPPUNIT_TEST(a_list_goes_on_behind_a_key_that_need_not_exist);
  CPPUNIT_TEST(a_list_stops_at_its_limit_and_says_whether_there_is_more);
  CPPUNIT_TEST(a_list_stops_at_4_mib_and_has_one_entry_at_least);
  CPPUNIT_TEST_SUITE_END();

 public:
  void a_command_outside_of_a_session_is_done_each_time() {
    Replica replica;
    CPPUNIT_ASSERT(replica.apply(cas("k", {}, "1")) == done(1, 1));
    const ApplyResult again = replica.apply(cas("k", {}, "1"));
    CPPUNIT_ASSERT(again.status == ApplyStatus::kConflict);
    CPPUNIT_ASSERT_EQUAL(Index{2}, again.index);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, replica.store.sessions());
  }

  // With the index and the term of the first time (§8).
  void a_repeat_has_the_first_result_and_changes_nothing_8() {
    Replica replica;
    const Command first = as("c", 1, put("k", "1"));
    CPPUNIT_ASSERT(replica.apply(first, 3) == done(1, 3));
    CPPUNIT_ASSERT(replica.apply(put("k", "2"), 4) == done(2, 4));
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(replica.apply(first, 5) == done(1, 3));
      CPPUNIT_ASSERT(replica.store.get("k") == "2");
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, replica.store.sessions());
  }

  void a_repeat_of_a_failure_has_the_first_result_8() {
    Replica replica;
    const Command removal = as("c", 1, remove("k"));
    const ApplyResult absent = replica.apply(removal, 2);
    CPPUNIT_ASSERT(
        absent ==
        (ApplyResult{.status = ApplyStatus::kNotFound, .index = 1, .term = 2}));
    replica.apply(put("k", "v"));
    CPPUNIT_ASSERT(replica.apply(removal, 7) == absent);
    CPPUNIT_ASSERT(replica.store.get("k") == "v");

    const Command mismatch = as("c", 2, cas("k", "x", "w"));
    const ApplyResult conflict = replica.apply(mismatch, 2);
    CPPUNIT_ASSERT(conflict == (ApplyResult{.status = ApplyStatus::kConflict,
                                            .value = "v",
                                            .index = 4,
                                            .term = 2}));
    replica.apply(put("k", "x"));
    CPPUNIT_ASSERT(replica.apply(mismatch, 7) == conflict);
    CPPUNIT_ASSERT(replica.store.get("k") == "x");
  }

  // The serial is what counts: a client must not use one for two commands.
  void the_result_of_a_serial_stays_whatever_comes_with_it_again() {
    Replica replica;
    replica.apply(as("c", 1, put("k", "v")));
    CPPUNIT_ASSERT(replica.apply(as("c", 1, remove("k"))) == done(1, 1));
    CPPUNIT_ASSERT(replica.store.get("k") == "v");
  }

  // The reply is lost with its leader, and the next one appends the retry too:
  // each of the two who wait gets the one result.
  void a_write_that_is_twice_in_the_log_is_done_once_k_06_k_07() {
    Replica replica;
    replica.apply(put("sum", "3"));
    const Command increment = as("c1", 1, cas("sum", "3", "4"));
    const ApplyResult first = replica.apply(increment, 1);
    CPPUNIT_ASSERT(first == done(2, 1));
    replica.apply(as("c2", 1, cas("sum", "4", "3")), 2);
    CPPUNIT_ASSERT(replica.apply(increment, 2) == first);
    CPPUNIT_ASSERT(replica.store.get("sum") == "3");
  }

  // Without a session the retry would be a conflict with itself.
  void a_cas_that_is_retried_still_succeeds_k_12() {
    Replica replica;
    replica.apply(put("x", "1"));
    const Command change = cas("x", "1", "2");
    CPPUNIT_ASSERT(replica.apply(as("c", 1, change)) == done(2, 1));
    CPPUNIT_ASSERT(replica.apply(as("c", 1, change)) == done(2, 1));
    const ApplyResult without = replica.apply(change);
    CPPUNIT_ASSERT(without.status == ApplyStatus::kConflict);
    CPPUNIT_ASSERT(without.value == "2");
  }

  void a_serial_that_is_behind_is_stale_k_13() {
    Replica replica;
    for (std::uint64_t serial = 1; serial <= 5; ++serial) {
      replica.apply(as("c", serial, put("k", std::to_string(serial))));
    }
    for (std::uint64_t serial = 1; serial <= 4; ++serial) {
      const ApplyResult late =
          replica.apply(as("c", serial, put("k", "late")), 9);
      CPPUNIT_ASSERT(late == (ApplyResult{.status = ApplyStatus::kStaleSerial,
                                          .index = replica.index,
                                          .term = 9}));
    }
    CPPUNIT_ASSERT(replica.store.get("k") == "5");
    CPPUNIT_ASSERT(replica.apply(as("c", 5, put("k", "5"))) == done(5, 1));
  }

  // A client may give up on a write and go on.
  void a_gap_in_the_serials_is_allowed() {
    Replica replica;
    replica.apply(as("c", 1, put("k", "1")));
    CPPUNIT_ASSERT(replica.apply(as("c", 7, put("k", "7"))) == done(2, 1));
    CPPUNIT_ASSERT(replica.status_of(as("c", 2, put("k", "2"))) ==
                   ApplyStatus::kStaleSerial);
    const Command last = as("c", UINT64_MAX, put("k", "last"));
    CPPUNIT_ASSERT(replica.apply(last) == done(4, 1));
    CPPUNIT_ASSERT(replica.apply(last) == done(4, 1));
    CPPUNIT_ASSERT(replica.store.get("k") == "last");
  }

  // Another serial may be that of a session which has been forgotten: the
  // command may have been done.
  void an_unknown_session_begins_with_serial_1() {
    Replica replica;
    const ApplyResult refused = replica.apply(as("c", 2, put("k", "v")), 6);
    CPPUNIT_ASSERT(
        refused ==
        (ApplyResult{
            .status = ApplyStatus::kSessionExpired, .index = 1, .term = 6}));
    CPPUNIT_ASSERT(replica.store.get("k") == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, replica.store.sessions());
    CPPUNIT_ASSERT(replica.apply(as("c", 1, put("k", "v"))) == done(2, 1));
    CPPUNIT_ASSERT(replica.apply(as("c", 2, put("k", "w"))) == done(3, 1));
  }

  void sessions_know_nothing_of_each_other() {
    Replica replica;
    for (const std::string& client : {"a"s, "A"s, "aa"s, "a-"s}) {
      CPPUNIT_ASSERT(replica.status_of(as(client, 1, put(client, "1"))) ==
                     ApplyStatus::kDone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, replica.store.sessions());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, replica.store.size());
  }

  void the_longest_unused_session_goes_first() {
    Replica replica({.sessions_max = 3});
    for (const char* client : {"a", "b", "c"}) {
      replica.apply(as(client, 1, put("k", client)));
    }
    replica.apply(as("a", 2, put("k", "a")));
    replica.apply(as("d", 1, put("k", "d")));  // instead of b
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, replica.store.sessions());
    CPPUNIT_ASSERT(is_forgotten(replica, "b"));
    for (const char* client : {"a", "c", "d"}) {
      CPPUNIT_ASSERT(!is_forgotten(replica, client));
    }
  }

  void a_repeat_and_a_stale_command_are_uses_too() {
    Replica replica({.sessions_max = 3});
    for (const char* client : {"a", "b", "c"}) {
      replica.apply(as(client, 1, put("k", client)));
      replica.apply(as(client, 2, put("k", client)));
    }
    replica.apply(as("a", 2, put("k", "a")));
    replica.apply(as("b", 1, put("k", "b")));
    replica.apply(as("d", 1, put("k", "d")));
    CPPUNIT_ASSERT(is_forgotten(replica, "c"));
    CPPUNIT_ASSERT(!is_forgotten(replica, "a"));
    CPPUNIT_ASSERT(!is_forgotten(replica, "b"));
  }

  void a_refused_stranger_evicts_nobody() {
    Replica replica({.sessions_max = 2});
    replica.apply(as("a", 1, put("k", "a")));
    replica.apply(as("b", 1, put("k", "b")));
    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT(is_forgotten(replica, "stranger" + std::to_string(i)));
    }
    CPPUNIT_ASSERT(!is_forgotten(replica, "a"));
    CPPUNIT_ASSERT(!is_forgotten(replica, "b"));
  }

  // Its next command is refused. An old copy of its first one would begin a
  // session anew, which harms nobody: it is evicted in its turn.
  void a_session_that_was_evicted_is_expired_and_may_begin_again_k_09() {
    Replica replica({.sessions_max = 1});
    replica.apply(as("a", 1, put("k", "a1")));
    replica.apply(as("b", 1, put("k", "b1")));
    CPPUNIT_ASSERT(replica.status_of(as("a", 2, put("k", "a2"))) ==
                   ApplyStatus::kSessionExpired);
    CPPUNIT_ASSERT(replica.store.get("k") == "b1");
    CPPUNIT_ASSERT(replica.status_of(as("a", 1, put("k", "a1"))) ==
                   ApplyStatus::kDone);
    CPPUNIT_ASSERT(is_forgotten(replica, "b"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, replica.store.sessions());
  }

  // A conflict remembers the value that it met; its next result frees it.
  void remembered_values_are_bounded_in_bytes() {
    Replica replica({.sessions_max = 100, .session_bytes_max = 1000});
    replica.apply(put("k", std::string(400, 'v')));
    const auto conflict = [&](const char* client, std::uint64_t serial) {
      CPPUNIT_ASSERT(replica.status_of(as(client, serial, cas("k", "", ""))) ==
                     ApplyStatus::kConflict);
    };
    conflict("a", 1);
    conflict("b", 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, replica.store.sessions());
    conflict("b", 2);  // 400 bytes take the place of 400 bytes
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, replica.store.sessions());
    replica.apply(as("b", 3, put("other", "")));
    conflict("c", 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, replica.store.sessions());
    conflict("d", 1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, replica.store.sessions());
    CPPUNIT_ASSERT(is_forgotten(replica, "a"));
    CPPUNIT_ASSERT(!is_forgotten(replica, "b"));
  }

  void the_session_just_used_stays_however_large_it_is() {
    Replica replica({.sessions_max = 0, .session_bytes_max = 10});
    replica.apply(put("k", std::string(100, 'v')));
    replica.apply(as("a", 1, put("other", "")));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, replica.store.sessions());
    const Command mismatch = as("b", 1, cas("k", "", ""));
    const ApplyResult conflict = replica.apply(mismatch);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, replica.store.sessions());
    CPPUNIT_ASSERT(replica.apply(mismatch) == conflict);
  }

  void the_default_table_holds_10_000_sessions() {
    Replica replica;
    for (int i = 0; i <= 10'000; ++i) {
      replica.apply(as("c" + std::to_string(i), 1, put("k", "v")));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{10'000}, replica.store.sessions());
    CPPUNIT_ASSERT(is_forgotten(replica, "c0"));
    CPPUNIT_ASSERT(!is_forgotten(replica, "c1"));
  }

  // K-16, K-17: reads leave no trace, and a replay from the start gives what
  // was there before, the table's evictions included.
  void equal_logs_give_equal_results_whoever_reads_meanwhile() {
    for_each_seed(20, [](std::uint64_t seed) {
      std::mt19937_64 random(seed);
      const KvStoreLimits limits{.sessions_max = 5, .session_bytes_max = 40};
      Replica one(limits);
      Replica other(limits);
      std::vector<Command> log;
      std::vector<ApplyResult> results;
      for (int i = 0; i < 500; ++i) {
        log.push_back(random_command(random));
        const Term term = 1 + static_cast<Term>(i) / 100;
        results.push_back(one.apply(log.back(), term));
        for (auto reads = random() % 3; reads > 0; --reads) {
          static_cast<void>(other.store.get("k1"));
          static_cast<void>(other.store.list("", "", 10));
        }
        CPPUNIT_ASSERT(other.apply(log.back(), term) == results.back());
        CPPUNIT_ASSERT_EQUAL(one.store.sessions(), other.store.sessions());
      }
      Replica replayed(limits);
      for (std::size_t i = 0; i < log.size(); ++i) {
        CPPUNIT_ASSERT(replayed.apply(log[i], 1 + i / 100) == results[i]);
      }
      CPPUNIT_ASSERT(replayed.store.list("", "", 1000).entries ==
                     one.store.list("", "", 1000).entries);
    });
  }

  void last_applied_is_that_of_the_latest_entry() {
    Replica replica;
    CPPUNIT_ASSERT_EQUAL(Index{0}, replica.store.last_applied());
    replica.apply(put("k", "v"));
    replica.apply(as("c", 9, put("k", "v")));  // refused, but applied
    CPPUNIT_ASSERT_EQUAL(Index{2}, replica.store.last_applied());
  }

  void a_list_is_in_byte_order_from_its_prefix_on() {
    const std::vector<std::string> sorted = {
        "\0"s, "A", "a", "a\0b"s, "a/", "aa", "b", "\x7F", "\xC3\xA9", "\xFF"};
    Replica replica;
    for (auto key = sorted.rbegin(); key != sorted.rend(); ++key) {
      replica.apply(put(*key, "of " + *key));
    }
    CPPUNIT_ASSERT(keys_in(replica.store.list("", "", 100)) == sorted);
    for (const auto& [key, value] : replica.store.list("", "", 100).entries) {
      CPPUNIT_ASSERT_EQUAL("of " + key, value);
    }
    const std::vector<std::string> with_a = {"a", "a\0b"s, "a/", "aa"};
    CPPUNIT_ASSERT(keys_in(replica.store.list("a", "", 100)) == with_a);
    CPPUNIT_ASSERT(keys_in(replica.store.list("\xFF", "", 100)) ==
                   std::vector{"\xFF"s});
    CPPUNIT_ASSERT(keys_in(replica.store.list("none", "", 100)).empty());
    CPPUNIT_ASSERT(keys_in(KvStore().list("", "", 100)).empty());
  }

  void a_list_goes_on_behind_a_key_that_need_not_exist() {
    Replica replica;
    for (const char* key : {"a", "b1", "b2", "b3", "c"}) {
      replica.apply(put(key, ""));
    }
    const auto keys = [&](const std::string& prefix, const std::string& after) {
      std::string all;
      for (const std::string& key :
           keys_in(replica.store.list(prefix, after, 100))) {
        all += key + " ";
      }
      return all;
    };
    CPPUNIT_ASSERT_EQUAL("b2 b3 c "s, keys("", "b1"));
    CPPUNIT_ASSERT_EQUAL("b2 b3 c "s, keys("", "b11"));
    CPPUNIT_ASSERT_EQUAL("b2 b3 "s, keys("b", "b1"));
    CPPUNIT_ASSERT_EQUAL("b1 b2 b3 "s, keys("b", "a"));
    CPPUNIT_ASSERT_EQUAL("b1 b2 b3 "s, keys("b", "b"));
    CPPUNIT_ASSERT_EQUAL(""s, keys("b", "b3"));
    CPPUNIT_ASSERT_EQUAL(""s, keys("b", "c"));
    CPPUNIT_ASSERT_EQUAL(""s, keys("", "c"));
  }

  void a_list_stops_at_its_limit_and_says_whether_there_is_more() {
    Replica replica;
    for (const char* key : {"a1", "a2", "a3", "b"}) replica.apply(put(key, ""));
    const auto size_and_more = [&](const std::string& prefix,
                                   std::size_t entries_max) {
      const Listing listing = replica.store.list(prefix, "", entries_max);
      return std::to_string(listing.entries.size()) +
             (listing.has_more ? " and more" : "");
    };
    CPPUNIT_ASSERT_EQUAL("1 and more"s, size_and_more("", 1));
    CPPUNIT_ASSERT_EQUAL("3 and more"s, size_and_more("", 3));
    CPPUNIT_ASSERT_EQUAL("4"s, size_and_more("", 4));
    CPPUNIT_ASSERT_EQUAL("2 and more"s, size_and_more("a", 2));
    CPPUNIT_ASSERT_EQUAL("3"s, size_and_more("a", 3));  // b is none of them
  }

  // Keys and values count.
  void a_list_stops_at_4_mib_and_has_one_entry_at_least() {
    Replica replica;
    for (const char* key : {"a", "b", "c", "d"}) {
      replica.apply(put(key, std::string(kMiB - 1, 'v')));
    }
    CPPUNIT_ASSERT(!replica.store.list("", "", 100).has_more);
    replica.apply(put("e", ""));
    const Listing full = replica.store.list("", "", 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, full.entries.size());
    CPPUNIT_ASSERT(full.has_more);
    replica.apply(put("a", std::string(5 * kMiB, 'v')));
    const Listing one = replica.store.list("", "", 100);
    CPPUNIT_ASSERT(keys_in(one) == std::vector{"a"s});
    CPPUNIT_ASSERT(one.has_more);
    const Listing rest = replica.store.list("", "a", 100);
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, rest.entries.size());
    CPPUNIT_ASSERT(!rest.has_more);
  }

 private:
  // Asks with the largest serial, which leaves the session with it if there is
  // one.
  static bool is_forgotten(Replica& replica, const std::string& client) {
    return replica.status_of(as(client, UINT64_MAX, put("asked", ""))) ==
           ApplyStatus::kSessionExpired;
  }

  static std::vector<std::string> keys_in(const Listing& listing) {
    std::vector<std::string> keys;
    for (const auto& [key, value] : listing.entries) keys.push_back(key);
    return keys;
  }

  // Few keys, values, clients and serials, so that they meet.
  static Command random_command(std::mt19937_64& random) {
    const auto pick = [&](const std::string& name, std::uint64_t count) {
      return name + std::to_string(random() % count);
    };
    Command command;
    switch (random() % 3) {
      case 0:
        command = put(pick("k", 3), pick("value", 3));
        break;
      case 1:
        command = remove(pick("k", 3));
        break;
      default:
        command = cas(pick("k", 3), pick("value", 3), pick("value", 3));
    }
    if (random() % 4 == 0) return command;
    return as(pick("client", 8), 1 + random() % 4, command);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KvStoreSessionTest);

}  // namespace
}  // namespace raft
