#include "tests/sim_seeds.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/check.h"
#include "common/netstrings.h"
#include "tests/sim_shrink.h"

namespace raft {
namespace {

constexpr const char* kCheckFailed = "a CHECK of the core";

// A pipe from a child to this process. Both ends close with it.
class Pipe {
 public:
  Pipe() { CHECK(::pipe(ends_) == 0); }
  ~Pipe() {
    close_writing();
    ::close(ends_[0]);
  }

  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writing() const { return ends_[1]; }
  void close_writing() {
    if (ends_[1] >= 0) ::close(std::exchange(ends_[1], -1));
  }

  std::string read_all() {
    std::string text;
    char buffer[4096];
    ssize_t size = 0;
    while ((size = ::read(ends_[0], buffer, sizeof buffer)) > 0) {
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

void write_all(int file, const std::string& text) {
  const ssize_t written = ::write(file, text.data(), text.size());
  CHECK(written == static_cast<ssize_t>(text.size()));
}

std::vector<std::uint64_t SimReport::*> fields() {
  return {&SimReport::trace_hash,
          &SimReport::committed,
          &SimReport::terms,
          &SimReport::steps,
          &SimReport::crashes,
          &SimReport::delivered,
          &SimReport::refusals,
          &SimReport::overwrites,
          &SimReport::writes,
          &SimReport::reads};
}

// What the child does: a line for each seed that has ended, and one for what it
// has found.
[[noreturn]] void run_in_child(SimOptions options,
                               std::uint64_t count,
                               int results) {
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (; count > 0; --count, ++options.seed) {
    try {
      SimReport report = Sim(options).run();
      std::string line = "ok";
      for (auto field : fields()) line += " " + std::to_string(report.*field);
      write_all(results, line + "\n");
    } catch (const Violation& violation) {
      write_all(results,
                "no" + join_netstrings({violation.property, violation.detail}));
      std::_Exit(0);
    }
  }
  std::_Exit(0);
}

// Takes the lines of the seeds off `text`.
void take_reports(std::string& text, SeedsReport& report) {
  while (text.starts_with("ok ")) {
    const std::size_t end = text.find('\n');
    if (end == std::string::npos) return;
    const char* next = text.c_str() + 2;
    SimReport run;
    for (auto field : fields()) {
      char* after = nullptr;
      run.*field = std::strtoull(next, &after, 10);
      next = after;
    }
    add(report.sum, run);
    ++report.done;
    text.erase(0, end + 1);
  }
}

// Of a file, which is closed then.
std::string last_line(std::FILE* file) {
  std::rewind(file);
  std::string last;
  char line[1024];
  while (std::fgets(line, sizeof line, file) != nullptr) last = line;
  std::fclose(file);
  while (last.ends_with('\n')) last.pop_back();
  return last;
}

// What makes two failures the same. Of a CHECK its text counts, and not the
// numbers in it.
std::string name_of(const Violation& violation) {
  if (violation.property != kCheckFailed) return violation.property;
  std::string name = violation.detail;
  std::erase_if(name, [](char c) { return '0' <= c && c <= '9'; });
  return name;
}

}  // namespace

void add(SimReport& sum, const SimReport& report) {
  const std::uint64_t hash = Luck({sum.trace_hash, report.trace_hash}).next();
  for (auto field : fields()) sum.*field += report.*field;
  sum.trace_hash = hash;
}

SeedsReport run_seeds(SimOptions options, std::uint64_t count) {
  Pipe results;
  std::FILE* words = std::tmpfile();
  CHECK(words != nullptr);
  const pid_t child = ::fork();
  CHECK(child >= 0);
  if (child == 0) {
    ::dup2(::fileno(words), STDERR_FILENO);
    run_in_child(options, count, results.writing());
  }
  results.close_writing();
  std::string text = results.read_all();
  const std::string last_words = last_line(words);
  int status = 0;
  CHECK(::waitpid(child, &status, 0) == child);
  SeedsReport report;
  take_reports(text, report);
  if (report.done == count) return report;
  options.seed += report.done;
  report.failure = Failure{.options = options};
  Violation& violation = report.failure->violation;
  const auto found =
      text.starts_with("no") ? split_netstrings(text.substr(2)) : std::nullopt;
  if (found && found->size() == 2) {
    violation = {.property = (*found)[0], .detail = (*found)[1]};
  } else {
    violation = {.property = kCheckFailed, .detail = last_words};
  }
  return report;
}

Failure shrink_failure(const Failure& failure,
                       int trials_max,
                       const std::function<void(int)>& progress) {
  const Trial trial = [&](const SimOptions& options) {
    const SeedsReport report = run_seeds(options, 1);
    return report.failure ? name_of(report.failure->violation) : "";
  };
  const Weather weather = draw_weather(failure.options);
  std::vector<std::uint64_t> events;
  for (const FaultEvent& event : draw_plan(failure.options, weather)) {
    events.push_back(event.number);
  }
  const Shrunk shrunk = shrink(failure.options,
                               name_of(failure.violation),
                               weather.nodes,
                               weather.chaos / 1000,
                               std::move(events),
                               trial,
                               trials_max,
                               progress);
  const SeedsReport report = run_seeds(shrunk.options, 1);
  CHECK(report.failure.has_value());
  return *report.failure;
}

std::string receipt(const Failure& failure) {
  const std::string options = text_of(failure.options);
  return "seed " + std::to_string(failure.options.seed) + " violates " +
         failure.violation.property + ": " + failure.violation.detail +
         "; replay, or draw with --trace-file FILE: bazel run //" RAFT_STAGE
         ":sim -- --trace " +
         options + "\n";
}

}  // namespace raft
