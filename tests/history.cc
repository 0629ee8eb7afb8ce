#include "tests/history.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <utility>

#include "common/check.h"
#include "common/json.h"

namespace raft {
namespace {

using Kind = Operation::Kind;
using Outcome = Operation::Outcome;

const std::map<std::string, Kind>& kinds() {
  static const std::map<std::string, Kind> table = {{"get", Kind::kGet},
                                                    {"put", Kind::kPut},
                                                    {"cas", Kind::kCas},
                                                    {"delete", Kind::kDelete}};
  return table;
}

const std::map<std::string, Outcome>& outcomes() {
  static const std::map<std::string, Outcome> table = {
      {"ok", Outcome::kOk},
      {"not_found", Outcome::kNotFound},
      {"conflict", Outcome::kConflict},
      {"not_executed", Outcome::kNotExecuted},
      {"unknown", Outcome::kUnknown}};
  return table;
}

template <typename T>
std::string name_in(const std::map<std::string, T>& table, T value) {
  for (const auto& [name, of] : table) {
    if (of == value) return name;
  }
  CHECK(false);
  return {};
}

std::string quoted_or_absent(const std::optional<std::string>& value) {
  return value ? "\"" + *value + "\"" : "absent";
}

std::string seconds(std::uint64_t time_ns) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9f", static_cast<double>(time_ns) / 1e9);
  return text;
}

// Nothing if an operation may look like this.
std::optional<Error> complaint(const Operation& operation) {
  const bool is_possible =
      operation.outcome == Outcome::kNotFound
          ? operation.kind == Kind::kGet || operation.kind == Kind::kDelete
      : operation.outcome == Outcome::kConflict ? operation.kind == Kind::kCas
                                                : true;
  if (!is_possible) {
    return Error{"a " + name_in(kinds(), operation.kind) +
                 " has no outcome \"" + name_in(outcomes(), operation.outcome) +
                 "\""};
  }
  if (operation.kind == Kind::kGet && operation.outcome == Outcome::kOk &&
      !operation.result) {
    return Error{"a get that is ok has a result"};
  }
  if (operation.outcome != Outcome::kUnknown &&
      operation.returned_ns < operation.invoked_ns) {
    return Error{"it returns before it is invoked"};
  }
  return std::nullopt;
}

template <typename T>
T member_of(const std::map<std::string, T>& table,
            const std::string& name,
            JsonFields& fields) {
  const std::string word = fields.string(name);
  const auto found = table.find(word);
  if (found != table.end()) return found->second;
  fields.note(Error{"\"" + word + "\" is no " + name});
  return {};
}

}  // namespace

std::string describe(const Operation& operation) {
  std::string text = "client " + std::to_string(operation.client) + ": " +
                     name_in(kinds(), operation.kind) + " \"" + operation.key +
                     "\"";
  if (operation.kind == Kind::kCas) {
    text += " " + quoted_or_absent(operation.expected) + " ->";
  }
  if (operation.kind == Kind::kCas || operation.kind == Kind::kPut) {
    text += " \"" + operation.value + "\"";
  }
  text += " = " + name_in(outcomes(), operation.outcome);
  if (operation.outcome == Outcome::kConflict ||
      (operation.outcome == Outcome::kOk && operation.kind == Kind::kGet)) {
    text += ", found " + quoted_or_absent(operation.result);
  }
  text += "  [" + seconds(operation.invoked_ns) + ", ";
  return text + (operation.outcome == Outcome::kUnknown
                     ? "...)"
                     : seconds(operation.returned_ns) + "] s");
}

std::size_t History::begin(Operation operation) {
  operation.outcome = Outcome::kUnknown;
  operation.result.reset();
  // Taken under the lock, so that the order of the list is that of the times.
  const std::lock_guard lock(mutex_);
  operation.invoked_ns = now_ns();
  operation.returned_ns = 0;
  operations_.push_back(std::move(operation));
  return operations_.size() - 1;
}

void History::end(std::size_t id,
                  Outcome outcome,
                  std::optional<std::string> result) {
  const std::uint64_t returned_ns = now_ns();
  const std::lock_guard lock(mutex_);
  Operation& operation = operations_.at(id);
  operation.outcome = outcome;
  operation.result = std::move(result);
  operation.returned_ns = outcome == Outcome::kUnknown ? 0 : returned_ns;
}

std::vector<Operation> History::operations() const {
  const std::lock_guard lock(mutex_);
  return operations_;
}

std::uint64_t History::now_ns() const {
  const auto passed = std::chrono::duration_cast<std::chrono::nanoseconds>(
      Clock::now() - start_);
  return static_cast<std::uint64_t>(passed.count());
}

std::string to_json(const Operation& operation) {
  JsonWriter json;
  json.add("client", operation.client)
      .add("op", name_in(kinds(), operation.kind))
      .add("key", operation.key);
  if (operation.kind == Kind::kCas) {
    json.add_or_null("expected", operation.expected);
  }
  if (operation.kind == Kind::kCas || operation.kind == Kind::kPut) {
    json.add("value", operation.value);
  }
  json.add("outcome", name_in(outcomes(), operation.outcome))
      .add_or_null("result", operation.result)
      .add("invoked_ns", operation.invoked_ns);
  if (operation.outcome != Outcome::kUnknown) {
    json.add("returned_ns", operation.returned_ns);
  }
  return json.text();
}

Result<Operation> operation_of_json(const std::string& line) {
  const auto json = JsonObject::parse(line);
  if (!json) return tl::make_unexpected(json.error());
  JsonFields fields(*json);
  Operation operation = {.client = fields.number("client"),
                         .kind = member_of(kinds(), "op", fields),
                         .key = fields.string("key")};
  const auto optional_text = [&](const std::string& name) {
    const auto text = json->string_or_null(name);
    if (!text) fields.note(text.error());
    return text.value_or(std::nullopt);
  };
  if (operation.kind == Kind::kCas) {
    operation.expected = optional_text("expected");
  }
  if (operation.kind == Kind::kCas || operation.kind == Kind::kPut) {
    operation.value = fields.string("value");
  }
  operation.outcome = member_of(outcomes(), "outcome", fields);
  operation.result = optional_text("result");
  operation.invoked_ns = fields.number("invoked_ns");
  if (operation.outcome != Outcome::kUnknown) {
    operation.returned_ns = fields.number("returned_ns");
  }
  fields.note(complaint(operation));
  if (fields.error()) return tl::make_unexpected(*fields.error());
  return operation;
}

Result<void> save_history(const std::string& file,
                          const std::vector<Operation>& operations) {
  std::ofstream out(file);
  for (const Operation& operation : operations) {
    out << to_json(operation) << '\n';
  }
  out.close();
  if (!out) return failure("cannot write " + file);
  return {};
}

Result<std::vector<Operation>> load_history(const std::string& file) {
  std::ifstream in(file);
  if (!in) return failure("cannot read " + file);
  std::vector<Operation> operations;
  std::string line;
  while (std::getline(in, line)) {
    const auto operation = operation_of_json(line);
    if (!operation) {
      return failure(file + ", line " + std::to_string(operations.size() + 1) +
                     ": " + operation.error().message);
    }
    operations.push_back(*operation);
  }
  return operations;
}

}  // namespace raft
