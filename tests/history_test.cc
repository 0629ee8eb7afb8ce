// [since stage4_cluster_client]
// Histories: recorded by many threads, kept in files, read back, judged again.
#include "tests/history.h"

#include <cppunit/extensions/HelperMacros.h>
#include <thread>

#include "common/temporary_directory.h"
#include "common/test_process.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

const Operation kPut = {.client = 3,
                        .kind = Kind::kPut,
                        .key = "k",
                        .value = "v",
                        .outcome = Outcome::kOk,
                        .invoked_ns = 1,
                        .returned_ns = 2};

// The verdict of the program on a file of `history`.
Finished judged(const std::vector<Operation>& history) {
  const TemporaryDirectory directory;
  const std::string file = directory.file("history.jsonl");
  CPPUNIT_ASSERT(save_history(file, history));
  return run_to_end({.command = {"tests/check_history", file}});
}

class HistoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HistoryTest);
  CPPUNIT_TEST(an_operation_lies_between_its_begin_and_its_end);
  CPPUNIT_TEST(an_operation_that_never_ends_is_unknown);
  CPPUNIT_TEST(threads_record_side_by_side);
  CPPUNIT_TEST(every_operation_survives_a_file);
  CPPUNIT_TEST(a_line_that_is_no_operation_is_refused);
  CPPUNIT_TEST(a_file_that_is_no_history_is_named);
  CPPUNIT_TEST(a_person_reads_it_in_one_line);
  CPPUNIT_TEST(the_program_judges_a_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void an_operation_lies_between_its_begin_and_its_end() {
    History history;
    const auto first = history.begin({.kind = Kind::kPut, .key = "a"});
    const auto second = history.begin({.kind = Kind::kGet, .key = "b"});
    history.end(second, Outcome::kOk, "found");
    history.end(first, Outcome::kOk);

    const auto all = history.operations();

    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, all.size());
    CPPUNIT_ASSERT(all[0].key == "a");
    CPPUNIT_ASSERT(all[1].result == "found");
    CPPUNIT_ASSERT(all[0].invoked_ns <= all[1].invoked_ns);
    CPPUNIT_ASSERT(all[1].invoked_ns <= all[1].returned_ns);
    CPPUNIT_ASSERT(all[1].returned_ns <= all[0].returned_ns);
  }

  void an_operation_that_never_ends_is_unknown() {
    History history;
    history.begin({.kind = Kind::kPut, .key = "a", .outcome = Outcome::kOk});
    const auto ended = history.begin({.kind = Kind::kPut, .key = "b"});
    history.end(ended, Outcome::kUnknown);

    for (const Operation& operation : history.operations()) {
      CPPUNIT_ASSERT(operation.outcome == Outcome::kUnknown);
    }
  }

  void threads_record_side_by_side() {
    constexpr std::uint64_t kThreads = 4;
    constexpr std::uint64_t kEach = 1000;
    History history;
    std::vector<std::thread> threads;
    for (std::uint64_t client = 0; client < kThreads; ++client) {
      threads.emplace_back([&history, client] {
        for (std::uint64_t i = 0; i < kEach; ++i) {
          const auto id = history.begin({.client = client, .key = "k"});
          history.end(id, Outcome::kOk, std::to_string(client));
        }
      });
    }
    for (std::thread& thread : threads) thread.join();

    const auto all = history.operations();

    CPPUNIT_ASSERT_EQUAL(std::size_t{kThreads * kEach}, all.size());
    std::uint64_t last_ns = 0;
    for (const Operation& operation : all) {
      CPPUNIT_ASSERT(operation.result == std::to_string(operation.client));
      CPPUNIT_ASSERT(last_ns <= operation.invoked_ns);
      CPPUNIT_ASSERT(operation.invoked_ns <= operation.returned_ns);
      last_ns = operation.invoked_ns;
    }
  }

  void every_operation_survives_a_file() {
    std::vector<Operation> history = {kPut};
    Operation get = kPut;
    get.kind = Kind::kGet;
    get.value.clear();
    get.result = "line\n\"quoted\" \xc3\xa4";
    history.push_back(get);
    get.outcome = Outcome::kNotFound;
    get.result.reset();
    history.push_back(get);
    Operation cas = kPut;
    cas.kind = Kind::kCas;
    history.push_back(cas);
    cas.expected = "old";
    cas.outcome = Outcome::kConflict;
    history.push_back(cas);
    Operation lost = kPut;
    lost.outcome = Outcome::kUnknown;
    lost.returned_ns = 0;
    history.push_back(lost);
    Operation refused = kPut;
    refused.kind = Kind::kDelete;
    refused.value.clear();
    refused.outcome = Outcome::kNotExecuted;
    history.push_back(refused);

    const TemporaryDirectory directory;
    const std::string file = directory.file("history.jsonl");
    CPPUNIT_ASSERT(save_history(file, history));
    const auto loaded = load_history(file);

    CPPUNIT_ASSERT(loaded);
    CPPUNIT_ASSERT(*loaded == history);
  }

  void a_line_that_is_no_operation_is_refused() {
    const auto replaced = [](const std::string& part, const std::string& by) {
      std::string line = to_json(kPut);
      line.replace(line.find(part), part.size(), by);
      return operation_of_json(line);
    };
    CPPUNIT_ASSERT(replaced("\"put\"", "\"put\""));
    CPPUNIT_ASSERT(!replaced("\"put\"", "\"push\""));
    CPPUNIT_ASSERT(!replaced("\"put\"", "\"cas\""));
    CPPUNIT_ASSERT(!replaced("\"put\"", "\"get\""));  // ok, without a result
    CPPUNIT_ASSERT(!replaced("\"ok\"", "\"conflict\""));
    CPPUNIT_ASSERT(!replaced("\"ok\"", "\"not_found\""));
    CPPUNIT_ASSERT(!replaced("\"returned_ns\":2", "\"returned_ns\":0"));
    CPPUNIT_ASSERT(!replaced("\"key\":\"k\",", ""));
    CPPUNIT_ASSERT(!operation_of_json(""));
  }

  void a_file_that_is_no_history_is_named() {
    const TemporaryDirectory directory;
    const std::string bad =
        directory.write("bad", to_json(kPut) + "\nnonsense\n");

    const auto absent = load_history(directory.file("absent"));
    const auto loaded = load_history(bad);
    const auto saved = save_history(directory.path(), {kPut});

    CPPUNIT_ASSERT(!absent);
    CPPUNIT_ASSERT(!loaded);
    CPPUNIT_ASSERT(!saved);
    CPPUNIT_ASSERT(absent.error().message.ends_with("absent"));
    CPPUNIT_ASSERT(loaded.error().message.find("bad, line 2: ") !=
                   std::string::npos);
  }

  void a_person_reads_it_in_one_line() {
    Operation cas = kPut;
    cas.kind = Kind::kCas;
    cas.outcome = Outcome::kConflict;
    cas.result = "x";
    CPPUNIT_ASSERT_EQUAL(
        std::string("client 3: cas \"k\" absent -> \"v\" = conflict, "
                    "found \"x\"  [0.000000001, 0.000000002] s"),
        describe(cas));
    cas.outcome = Outcome::kUnknown;
    CPPUNIT_ASSERT(describe(cas).ends_with(" = unknown  [0.000000001, ...)"));
  }

  void the_program_judges_a_file() {
    Operation get = kPut;
    get.kind = Kind::kGet;
    get.invoked_ns = 3;
    get.returned_ns = 4;
    get.result = "v";
    const Finished good = judged({kPut, get});
    get.result = "w";
    const Finished bad = judged({kPut, get});
    const Finished unusable =
        run_to_end({.command = {"tests/check_history", "/absent/file"}});

    CPPUNIT_ASSERT_EQUAL(0, good.status.code);
    CPPUNIT_ASSERT(good.output.starts_with("linearizable: 2 operations"));
    CPPUNIT_ASSERT_EQUAL(1, bad.status.code);
    CPPUNIT_ASSERT(bad.output.find("is not linearizable") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(2, unusable.status.code);
    CPPUNIT_ASSERT(unusable.error.find("/absent/file") != std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HistoryTest);

}  // namespace
}  // namespace raft
