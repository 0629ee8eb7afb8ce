// [since stage4_cluster_client]
// A command of a session as the text that travels between nodes, and back.
#include <cppunit/extensions/HelperMacros.h>

#include "kv_store.h"

namespace raft {
namespace {

using namespace std::string_literals;

class KvStoreSessionTextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KvStoreSessionTextTest);
  CPPUNIT_TEST(each_command_of_a_session_survives);
  CPPUNIT_TEST(a_command_of_no_session_is_written_as_ever);
  CPPUNIT_TEST(a_text_that_is_cut_short_or_continued_is_no_command);
  CPPUNIT_TEST(a_session_of_another_form_is_no_command);
  CPPUNIT_TEST_SUITE_END();

 public:
  void each_command_of_a_session_survives() {
    for (const Command& command : commands()) {
      CPPUNIT_ASSERT(decode(encode(command)) == command);
    }
  }

  // The logs of stages before sessions can be read on.
  void a_command_of_no_session_is_written_as_ever() {
    CPPUNIT_ASSERT_EQUAL("3:put,1:k,1:v,"s, encode({.key = "k", .value = "v"}));
    CPPUNIT_ASSERT_EQUAL(
        "2:as,1:c,1:7,3:put,1:k,1:v,"s,
        encode({.key = "k", .value = "v", .client_id = "c", .serial = 7}));
    CPPUNIT_ASSERT(decode("3:put,1:k,1:v,") ==
                   (Command{.key = "k", .value = "v"}));
  }

  void a_text_that_is_cut_short_or_continued_is_no_command() {
    for (const Command& command : commands()) {
      const std::string text = encode(command);
      // A cas without its last word is the one of an absent key.
      for (std::size_t size = 0; size < text.size(); ++size) {
        const auto cut = decode(text.substr(0, size));
        CPPUNIT_ASSERT(cut == std::nullopt ||
                       (command.expected && !cut->expected));
      }
      CPPUNIT_ASSERT(decode(text + ",") == std::nullopt);
      CPPUNIT_ASSERT(decode("0:," + text) == std::nullopt);
      CPPUNIT_ASSERT(decode("2:as,1:c,1:1," + text) == std::nullopt);
    }
  }

  void a_session_of_another_form_is_no_command() {
    for (const std::string session : {"2:as,",
                                      "2:as,1:c,",
                                      "2:as,1:1,",
                                      "2:as,0:,1:1,",
                                      "2:as,1:c,1:0,",
                                      "2:as,1:c,0:,",
                                      "2:as,1:c,2:-1,",
                                      "2:as,1:c,2:+1,",
                                      "2:as,1:c,3:1.0,",
                                      "2:as,1:c,2:1 ,",
                                      "2:as,1:c,1:x,",
                                      "2:as,1:c,20:18446744073709551616,",
                                      "2:AS,1:c,1:1,",
                                      "2:as,1:c,1:1,1:2,"}) {
      CPPUNIT_ASSERT_MESSAGE(
          session, decode(session + "3:put,1:k,1:v,") == std::nullopt);
      CPPUNIT_ASSERT_MESSAGE(session, decode(session) == std::nullopt);
    }
    CPPUNIT_ASSERT(decode("2:as,1:c,1:1,") == std::nullopt);
    CPPUNIT_ASSERT(decode("2:as,1:c,20:18446744073709551615,6:delete,1:k,"));
  }

 private:
  static std::vector<Command> commands() {
    std::vector<Command> result;
    for (const std::string& client : {"c"s, "as"s, std::string(64, 'Z')}) {
      for (const std::uint64_t serial : {std::uint64_t{1}, UINT64_MAX}) {
        for (const std::string& text : {"as"s, "0:,"s, "\0\xFF"s}) {
          Command command{.key = text,
                          .value = text,
                          .client_id = client,
                          .serial = serial};
          result.push_back(command);
          command.operation = Operation::kCas;
          result.push_back(command);
          command.expected = "";
          result.push_back(command);
          command.expected = text;
          result.push_back(command);
          result.push_back({.operation = Operation::kDelete,
                            .key = text,
                            .client_id = client,
                            .serial = serial});
        }
      }
    }
    return result;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(KvStoreSessionTextTest);

}  // namespace
}  // namespace raft
