// Command-line options, on top of Poco::Util: --name VALUE, --name=VALUE,
// --flag, -- as the end of the options. The same programs have the same options
// in every stage; one that a stage has no use for yet is refused by the name of
// the stage that brings it.
//
// server_options.h and client_options.h hold the two tables.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"

namespace raft {

struct OptionSpec {
  std::string name = {};
  std::string argument = {};  // what --help calls it; empty for a flag
  std::string help = {};  // one sentence, with the default if there is one
  std::string since = {};  // the stage that brings it
};

// What the user gave.
class Options {
 public:
  // Reads `arguments` (without the program's name) for a program of `stage`,
  // then the file that --config names: "name = value" lines, which what stands
  // on the command line overrules. Fails with what is wrong and what to do.
  static Result<Options> parse(const std::vector<OptionSpec>& specs,
                               const std::string& stage,
                               const std::vector<std::string>& arguments);

  bool has(const std::string& name) const { return values_.contains(name); }

  // The option's value, or `otherwise` when it was not given.
  std::string text(const std::string& name, const std::string& otherwise) const;

  // The same as a number in [min, max].
  Result<std::uint64_t> number(const std::string& name,
                               std::uint64_t otherwise,
                               std::uint64_t min,
                               std::uint64_t max) const;

  // The arguments that are no options, in their order.
  const std::vector<std::string>& words() const { return words_; }

 private:
  std::map<std::string, std::string> values_;
  std::vector<std::string> words_;
};

// The text of --help: `usage` and `about`, then the options of `stage`.
std::string help_text(const std::vector<OptionSpec>& specs,
                      const std::string& stage,
                      const std::string& usage,
                      const std::string& about);

// The number N of a stage's name "stageN_x".
int stage_number(const std::string& stage);

}  // namespace raft
