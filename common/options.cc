#include "common/options.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <Poco/AutoPtr.h>
#include <Poco/Exception.h>
#include <Poco/Util/HelpFormatter.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionProcessor.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/PropertyFileConfiguration.h>

#include "common/check.h"
#include "common/user_directory.h"

namespace raft {
namespace {

Poco::Util::Option poco_option(const OptionSpec& spec) {
  Poco::Util::Option option(spec.name, "", spec.help);
  if (!spec.argument.empty()) option.argument(spec.argument);
  return option;
}

const OptionSpec* find(const std::vector<OptionSpec>& specs,
                       const std::string& name) {
  const auto found = std::ranges::find(specs, name, &OptionSpec::name);
  return found == specs.end() ? nullptr : &*found;
}

// Why `name` cannot be used in `stage`; empty if it can.
std::string refusal(const std::vector<OptionSpec>& specs,
                    const std::string& stage,
                    const std::string& name) {
  const OptionSpec* spec = find(specs, name);
  if (spec == nullptr) {
    return "there is no option --" + name + "; --help lists them";
  }
  if (stage_number(spec->since) > stage_number(stage)) {
    return stage + " has no use for --" + name + " yet; " + spec->since +
           " brings it";
  }
  return "";
}

std::string needs_value(const std::string& option) {
  return option + " needs a value; --help lists the options";
}

Result<std::map<std::string, std::string>> read_config(
    const std::vector<OptionSpec>& specs,
    const std::string& stage,
    const std::string& file) {
  std::map<std::string, std::string> values;
  try {
    const Poco::AutoPtr<Poco::Util::PropertyFileConfiguration> config(
        new Poco::Util::PropertyFileConfiguration(file));
    Poco::Util::AbstractConfiguration::Keys keys;
    config->keys(keys);
    for (const std::string& key : keys) {
      const std::string why = refusal(specs, stage, key);
      if (!why.empty()) return failure(file + ": " + why);
      values[key] = config->getRawString(key);
      if (find(specs, key)->argument.empty() && !values[key].empty()) {
        return failure(file + ": " + key +
                       " takes no value; leave the line out to turn it off");
      }
    }
  } catch (const Poco::Exception& exception) {
    return failure("cannot read the file of --config: " +
                   exception.displayText());
  }
  return values;
}

}  // namespace

int stage_number(const std::string& stage) {
  constexpr std::size_t kPrefix = std::string_view("stage").size();
  CHECK(stage.size() > kPrefix);
  const int number = stage[kPrefix] - '0';
  CHECK(number >= 0);
  CHECK(number <= 9);
  return number;
}

Result<Options> Options::parse(const std::vector<OptionSpec>& specs,
                               const std::string& stage,
                               const std::vector<std::string>& arguments) {
  Poco::Util::OptionSet set;
  for (const OptionSpec& spec : specs) set.addOption(poco_option(spec));
  Poco::Util::OptionProcessor processor(set);
  Options options;
  bool ended = false;
  std::string waiting;  // an option whose value is the next argument
  try {
    for (const std::string& argument : arguments) {
      const bool is_option = !ended && argument.starts_with("--");
      if (is_option && !waiting.empty()) return failure(needs_value(waiting));
      // Poco takes any unambiguous beginning of a name, in any case. We do not:
      // such a command line would break when a later option begins alike.
      if (is_option && argument != "--") {
        const std::string why =
            refusal(specs, stage, argument.substr(2, argument.find('=') - 2));
        if (!why.empty()) return failure(why);
      }
      std::string name;
      std::string value;
      if (ended || !processor.process(argument, name, value)) {
        options.words_.push_back(argument);
      } else if (argument == "--") {
        ended = true;
      } else if (name.empty()) {
        waiting = argument;
      } else {
        options.values_[name] = value;
        waiting.clear();
      }
    }
  } catch (const Poco::Exception& exception) {
    return failure(exception.displayText() + "; --help lists the options");
  }
  if (!waiting.empty()) return failure(needs_value(waiting));
  if (options.has("config")) {
    auto config =
        read_config(specs, stage, in_user_directory(options.values_["config"]));
    if (!config) return tl::make_unexpected(config.error());
    options.values_.merge(*config);
  }
  return options;
}

std::string Options::text(const std::string& name,
                          const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() ? otherwise : found->second;
}

Result<std::uint64_t> Options::number(const std::string& name,
                                      std::uint64_t otherwise,
                                      std::uint64_t min,
                                      std::uint64_t max) const {
  if (!has(name)) return otherwise;
  // Not Poco's parser, which takes 2^64 for 0.
  std::uint64_t value = 0;
  const std::string given = text(name, "");
  const char* given_end = given.data() + given.size();
  const auto [end, error] = std::from_chars(given.data(), given_end, value);
  const bool is_number = error == std::errc() && end == given_end;
  if (!is_number || value < min || value > max) {
    return failure("--" + name + " must be a number from " +
                   std::to_string(min) + " to " + std::to_string(max) +
                   ", not \"" + given + "\"");
  }
  return value;
}

std::string help_text(const std::vector<OptionSpec>& specs,
                      const std::string& stage,
                      const std::string& usage,
                      const std::string& about) {
  Poco::Util::OptionSet set;
  for (const OptionSpec& spec : specs) {
    if (stage_number(spec.since) <= stage_number(stage)) {
      set.addOption(poco_option(spec));
    }
  }
  Poco::Util::HelpFormatter formatter(set);
  formatter.setUnixStyle(true);
  formatter.setWidth(80);
  std::ostringstream out;
  out << "usage: " << usage << "\n\n" << about << "\n";
  formatter.setUsage("");
  formatter.setAutoIndent();
  std::ostringstream options;
  formatter.format(options);
  // Poco's own line about the usage comes first; ours stands there already.
  const std::string text = options.str();
  out << text.substr(text.find("--") == std::string::npos
                         ? text.size()
                         : text.rfind('\n', text.find("--")));
  return out.str();
}

}  // namespace raft
