// Every form of an option, and a clear complaint about every other.
#include "common/options.h"

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <sstream>
#include <utility>

#include "common/temporary_directory.h"

namespace raft {
namespace {

using namespace std::string_literals;

const std::vector<OptionSpec> kSpecs = {
    {"alpha", "A", "The first one (1).", "stage0_kv"},
    {"alphabet", "B", "Begins like the first one.", "stage0_kv"},
    {"flag", "", "Without a value.", "stage0_kv"},
    {"other-flag", "", "Without a value, too.", "stage0_kv"},
    {"late", "L", "For whom it may concern.", "stage4_cluster_client"},
    {"late-flag", "", "The same without a value.", "stage7_compaction"},
    {"config", "FILE", "Options from a file.", "stage0_kv"},
    {"help", "", "Print this text.", "stage0_kv"},
};

Result<Options> parse(const std::vector<std::string>& arguments,
                      const std::string& stage = "stage1_client") {
  return Options::parse(kSpecs, stage, arguments);
}

Options parsed(const std::vector<std::string>& arguments,
               const std::string& stage = "stage1_client") {
  const auto options = parse(arguments, stage);
  CPPUNIT_ASSERT_MESSAGE(options ? "" : options.error().message, options);
  return *options;
}

std::string complaint_about(const std::vector<std::string>& arguments,
                            const std::string& stage = "stage1_client") {
  const auto options = parse(arguments, stage);
  return options ? "none" : options.error().message;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += "[" + word + "]";
  return text;
}

class OptionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OptionsTest);
  CPPUNIT_TEST(a_value_is_the_next_argument_or_follows_an_equals_sign);
  CPPUNIT_TEST(a_value_may_be_empty_or_hold_any_character);
  CPPUNIT_TEST(an_option_that_was_not_given_has_the_default);
  CPPUNIT_TEST(a_flag_takes_no_value);
  CPPUNIT_TEST(words_keep_their_order_between_options);
  CPPUNIT_TEST(two_dashes_end_the_options);
  CPPUNIT_TEST(an_unknown_option_is_named);
  CPPUNIT_TEST(a_name_is_neither_abbreviated_nor_written_otherwise);
  CPPUNIT_TEST(an_option_given_twice_is_refused);
  CPPUNIT_TEST(a_missing_value_is_never_taken_from_the_next_option);
  CPPUNIT_TEST(an_option_of_another_stage_is_refused_by_its_name);
  CPPUNIT_TEST(a_config_file_gives_options);
  CPPUNIT_TEST(the_command_line_overrules_the_config_file);
  CPPUNIT_TEST(a_config_file_may_hold_comments_and_blank_lines);
  CPPUNIT_TEST(a_config_file_is_as_strict_as_the_command_line);
  CPPUNIT_TEST(a_config_file_that_is_not_there_is_named);
  CPPUNIT_TEST(a_number_is_read_within_its_bounds);
  CPPUNIT_TEST(what_is_no_number_within_the_bounds_is_quoted);
  CPPUNIT_TEST(help_lists_what_the_stage_has);
  CPPUNIT_TEST(help_fits_80_columns);
  CPPUNIT_TEST(a_stage_has_its_number);
  CPPUNIT_TEST_SUITE_END();

 public:
  // --name VALUE and --name=VALUE.
  void a_value_is_the_next_argument_or_follows_an_equals_sign() {
    CPPUNIT_ASSERT_EQUAL("x"s, parsed({"--alpha", "x"}).text("alpha", ""));
    CPPUNIT_ASSERT_EQUAL("x"s, parsed({"--alpha=x"}).text("alpha", ""));
    CPPUNIT_ASSERT(parsed({"--alpha=x"}).has("alpha"));
  }

  // An address has a colon, a directory perhaps an equals sign.
  void a_value_may_be_empty_or_hold_any_character() {
    for (const char* value : {"", "a=b", "=", ":7001", "h:1,h:2", "a b", "é"}) {
      const Options options = parsed({"--alpha=" + std::string(value), "w"});
      CPPUNIT_ASSERT_EQUAL(std::string(value), options.text("alpha", "none"));
      CPPUNIT_ASSERT_EQUAL("[w]"s, joined(options.words()));
    }
    CPPUNIT_ASSERT_EQUAL("--flag"s,
                         parsed({"--alpha=--flag"}).text("alpha", ""));
  }

  // Nobody can tell it from one that was given the default.
  void an_option_that_was_not_given_has_the_default() {
    const Options options = parsed({});

    CPPUNIT_ASSERT(!options.has("alpha"));
    CPPUNIT_ASSERT_EQUAL("d"s, options.text("alpha", "d"));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, *options.number("alpha", 5, 1, 9));
    CPPUNIT_ASSERT_EQUAL(""s, joined(options.words()));
  }

  // The next argument is a word.
  void a_flag_takes_no_value() {
    const Options options = parsed({"--flag", "w"});

    CPPUNIT_ASSERT(options.has("flag"));
    CPPUNIT_ASSERT(!options.has("other-flag"));
    CPPUNIT_ASSERT_EQUAL("[w]"s, joined(options.words()));
    CPPUNIT_ASSERT_EQUAL(
        "Unexpected option argument: flag=1; --help lists the options"s,
        complaint_about({"--flag=1"}));
  }

  // A single dash and an empty argument are words, too.
  void words_keep_their_order_between_options() {
    const Options options =
        parsed({"put", "--alpha", "x", "", "--flag", "-", "k"});

    CPPUNIT_ASSERT_EQUAL("[put][][-][k]"s, joined(options.words()));
  }

  // So a value may begin with dashes.
  void two_dashes_end_the_options() {
    const Options options =
        parsed({"--flag", "put", "--", "--alpha", "-v", "--", "--nope=1"});

    CPPUNIT_ASSERT(options.has("flag"));
    CPPUNIT_ASSERT(!options.has("alpha"));
    CPPUNIT_ASSERT_EQUAL("[put][--alpha][-v][--][--nope=1]"s,
                         joined(options.words()));
  }

  // In each form, with what to do about it.
  void an_unknown_option_is_named() {
    const std::string expected = "there is no option --nope; --help lists them";
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--nope"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--nope=1"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--nope", "1"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"w", "--nope", "--flag"}));
    CPPUNIT_ASSERT_EQUAL("there is no option --; --help lists them"s,
                         complaint_about({"--=1"}));
    CPPUNIT_ASSERT_EQUAL("there is no option ---flag; --help lists them"s,
                         complaint_about({"---flag"}));
    for (const char* short_one : {"-f", "-5", "-alpha"}) {
      CPPUNIT_ASSERT_EQUAL(
          "Unknown option specified: " + std::string(short_one + 1) +
              "; --help lists the options",
          complaint_about({short_one}));
    }
  }

  // A beginning that is clear today is not when a stage brings another option.
  void a_name_is_neither_abbreviated_nor_written_otherwise() {
    for (const char* name : {"fl", "f", "FLAG", "Flag", "alph", "a", "ALPHA"}) {
      const std::string expected =
          "there is no option --" + std::string(name) + "; --help lists them";
      const std::string option = "--" + std::string(name);
      CPPUNIT_ASSERT_EQUAL(expected, complaint_about({option}));
      CPPUNIT_ASSERT_EQUAL(expected, complaint_about({option, "x"}));
      CPPUNIT_ASSERT_EQUAL(expected, complaint_about({option + "=x"}));
    }
    CPPUNIT_ASSERT_EQUAL("there is no option --alpha:x; --help lists them"s,
                         complaint_about({"--alpha:x"}));
  }

  // The whole name counts where one begins like another.
  void an_option_given_twice_is_refused() {
    CPPUNIT_ASSERT_EQUAL(
        "Option must not be given more than once: flag; --help lists the "
        "options"s,
        complaint_about({"--flag", "--flag"}));
    CPPUNIT_ASSERT(complaint_about({"--alpha=1", "--alpha", "2"}) != "none");
    CPPUNIT_ASSERT_EQUAL(
        "2"s, parsed({"--alpha", "1", "--alphabet", "2"}).text("alphabet", ""));
  }

  // Else a forgotten file name would turn on or off something else.
  void a_missing_value_is_never_taken_from_the_next_option() {
    const std::string expected =
        "--alpha needs a value; --help lists the options";
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--alpha"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"w", "--alpha"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--alpha", "--flag"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--alpha", "--"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--alpha", "--", "w"}));
  }

  // In each form, with the stage to look at.
  void an_option_of_another_stage_is_refused_by_its_name() {
    const std::string expected =
        "stage1_client has no use for --late yet; stage4_cluster_client brings "
        "it";
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--late"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--late=x"}));
    CPPUNIT_ASSERT_EQUAL(expected, complaint_about({"--late", "x"}));
    CPPUNIT_ASSERT_EQUAL(
        "stage6_election has no use for --late-flag yet; stage7_compaction "
        "brings it"s,
        complaint_about({"--late-flag"}, "stage6_election"));
    for (const char* stage : {"stage4_cluster_client", "stage8_membership"}) {
      CPPUNIT_ASSERT_EQUAL("x"s, parsed({"--late=x"}, stage).text("late", ""));
    }
  }

  // "name = value" lines; a flag's name stands alone.
  void a_config_file_gives_options() {
    const TemporaryDirectory directory;
    const std::string file =
        directory.write("c", "alpha = x y\nalphabet=2\nflag\nother-flag =\n");

    const Options options = parsed({"--config", file, "w"});

    CPPUNIT_ASSERT_EQUAL("x y"s, options.text("alpha", ""));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2},
                         *options.number("alphabet", 0, 0, 9));
    CPPUNIT_ASSERT(options.has("flag"));
    CPPUNIT_ASSERT(options.has("other-flag"));
    CPPUNIT_ASSERT(!options.has("help"));
    CPPUNIT_ASSERT_EQUAL("[w]"s, joined(options.words()));
  }

  // Wherever --config stands.
  void the_command_line_overrules_the_config_file() {
    const TemporaryDirectory directory;
    const std::string file = directory.write("c", "alpha = file\nflag\n");

    CPPUNIT_ASSERT_EQUAL(
        "line"s,
        parsed({"--config", file, "--alpha", "line"}).text("alpha", ""));
    CPPUNIT_ASSERT_EQUAL(
        "line"s, parsed({"--alpha=line", "--config", file}).text("alpha", ""));
  }

  // With # or !, at the beginning of a line.
  void a_config_file_may_hold_comments_and_blank_lines() {
    const TemporaryDirectory directory;
    const std::string file = directory.write(
        "c", "# nope = 1\n\n! also = 2\n   \n  alpha = x#y\r\n# the end");

    const Options options = parsed({"--config", file});

    CPPUNIT_ASSERT_EQUAL("x#y"s, options.text("alpha", ""));
    CPPUNIT_ASSERT_EQUAL(
        ""s, parsed({"--config", directory.write("e", "")}).text("alpha", ""));
  }

  // The complaint begins with the file's name.
  void a_config_file_is_as_strict_as_the_command_line() {
    const TemporaryDirectory directory;
    const std::vector<std::pair<std::string, std::string>> texts = {
        {"nope = 1", "there is no option --nope; --help lists them"},
        {"alpha = 1\nalph = 2", "there is no option --alph; --help lists them"},
        {"late = 1",
         "stage1_client has no use for --late yet; stage4_cluster_client "
         "brings it"},
        {"flag = false",
         "flag takes no value; leave the line out to turn it off"},
    };
    for (const auto& [text, expected] : texts) {
      const std::string file = directory.write("c", text);
      CPPUNIT_ASSERT_EQUAL(file + ": " + expected,
                           complaint_about({"--config", file}));
    }
  }

  // A directory is no file either.
  void a_config_file_that_is_not_there_is_named() {
    const TemporaryDirectory directory;
    const std::string file = directory.file("gone");

    CPPUNIT_ASSERT_EQUAL(
        "cannot read the file of --config: File not found: " + file,
        complaint_about({"--config", file}));
  }

  // Both bounds are within.
  void a_number_is_read_within_its_bounds() {
    for (const std::uint64_t number :
         {std::uint64_t{0}, std::uint64_t{7}, UINT64_MAX}) {
      const Options options = parsed({"--alpha", std::to_string(number)});
      CPPUNIT_ASSERT_EQUAL(number, *options.number("alpha", 1, 0, UINT64_MAX));
      CPPUNIT_ASSERT_EQUAL(number, *options.number("alpha", 1, number, number));
    }
  }

  // Nothing is rounded, cut or guessed: 2^64 + 1 once was 1.
  void what_is_no_number_within_the_bounds_is_quoted() {
    for (const std::string value : {"1",
                                    "10",
                                    "",
                                    "x",
                                    "5x",
                                    " 5",
                                    "5 ",
                                    "+5",
                                    "-5",
                                    "5.0",
                                    "5,000",
                                    "0x5",
                                    "18446744073709551617",
                                    "18446744073709551621",
                                    "99999999999999999999999"}) {
      const auto number = parsed({"--alpha=" + value}).number("alpha", 5, 2, 9);
      CPPUNIT_ASSERT_MESSAGE(value, !number);
      CPPUNIT_ASSERT_EQUAL(
          "--alpha must be a number from 2 to 9, not \"" + value + "\"",
          number.error().message);
    }
  }

  // Nothing that it would refuse.
  void help_lists_what_the_stage_has() {
    const std::string early = help_text(
        kSpecs, "stage3_log_repl", "program [options]", "What it is.");
    const std::string late = help_text(
        kSpecs, "stage4_cluster_client", "program [options]", "What it is.");

    CPPUNIT_ASSERT(
        early.starts_with("usage: program [options]\n\nWhat it is.\n\n--"));
    CPPUNIT_ASSERT(early.find("--alphabet=B") != std::string::npos);
    CPPUNIT_ASSERT(early.find("--flag ") != std::string::npos);
    CPPUNIT_ASSERT(early.find("The first one (1).") != std::string::npos);
    CPPUNIT_ASSERT(early.find("--late") == std::string::npos);
    CPPUNIT_ASSERT(late.find("--late=L") != std::string::npos);
    CPPUNIT_ASSERT(late.find("--late-flag") == std::string::npos);
    CPPUNIT_ASSERT(late.ends_with("\n"));
  }

  // A long sentence is broken between its words.
  void help_fits_80_columns() {
    std::string sentence;
    for (int i = 0; i < 60; ++i) sentence += "word ";
    const std::vector<OptionSpec> specs = {
        {"a-name-that-is-quite-long", "ARGUMENT", sentence, "stage0_kv"}};

    std::istringstream lines(help_text(specs, "stage0_kv", "p", "About."));

    for (std::string line; std::getline(lines, line);) {
      CPPUNIT_ASSERT_MESSAGE(line, line.size() <= 80);
    }
  }

  // The digit after "stage".
  void a_stage_has_its_number() {
    CPPUNIT_ASSERT_EQUAL(0, stage_number("stage0_kv"));
    CPPUNIT_ASSERT_EQUAL(8, stage_number("stage8_membership"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OptionsTest);

}  // namespace
}  // namespace raft
