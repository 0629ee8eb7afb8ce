#include "common/prompt.h"

#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <histedit.h>
#include <iostream>
#include <memory>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "common/result.h"

namespace raft {
namespace {

constexpr int kHistoryLines = 1000;

// Where lines come from.
class LineSource {
 public:
  virtual ~LineSource() = default;
  // The next line without its newline; nothing at the end.
  virtual std::optional<std::string> next() = 0;
};

class PlainLines : public LineSource {
 public:
  std::optional<std::string> next() override {
    std::string line;
    if (!std::getline(std::cin, line)) return std::nullopt;
    return line;
  }
};

class EditedLines : public LineSource {
 public:
  EditedLines(const std::string& prompt, std::vector<std::string> completions)
      : prompt_(prompt),
        completions_(std::move(completions)),
        editor_(el_init("client", stdin, stdout, stderr)),
        history_(history_init()) {
    el_set(editor_, EL_CLIENTDATA, this);
    el_set(editor_, EL_PROMPT, &EditedLines::prompt);
    el_set(editor_, EL_EDITOR, "emacs");
    el_set(editor_, EL_SIGNAL, 1);
    el_set(editor_, EL_HIST, ::history, history_);
    // Not el_set(), which would leak copies of both texts.
    el_wset(
        editor_, EL_ADDFN, L"complete", L"a command", &EditedLines::complete);
    el_set(editor_, EL_BIND, "\t", "complete", nullptr);
    HistEvent event;
    ::history(history_, &event, H_SETSIZE, kHistoryLines);
    ::history(history_, &event, H_SETUNIQUE, 1);
    if (const char* home = std::getenv("HOME")) {
      file_ = std::string(home) + "/.raft_client_history";
      ::history(history_, &event, H_LOAD, file_.c_str());
    }
  }

  ~EditedLines() override {
    HistEvent event;
    if (!file_.empty()) {
      // Values may be secrets: the file is for its owner alone.
      const mode_t before = umask(077);
      ::history(history_, &event, H_SAVE, file_.c_str());
      umask(before);
    }
    history_end(history_);
    el_end(editor_);
  }

  EditedLines(const EditedLines&) = delete;
  EditedLines& operator=(const EditedLines&) = delete;

  std::optional<std::string> next() override {
    int length = 0;
    const char* line = el_gets(editor_, &length);
    if (line == nullptr || length <= 0) {
      std::printf("\n");
      return std::nullopt;
    }
    std::string result(line, static_cast<std::size_t>(length));
    if (result.back() == '\n') result.pop_back();
    HistEvent event;
    if (!result.empty()) ::history(history_, &event, H_ENTER, result.c_str());
    return result;
  }

 private:
  static EditedLines& self(EditLine* editor) {
    void* data = nullptr;
    el_get(editor, EL_CLIENTDATA, &data);
    return *static_cast<EditedLines*>(data);
  }

  static char* prompt(EditLine* editor) { return self(editor).prompt_.data(); }

  // Tab: finishes the command's name, or shows what it could become.
  static unsigned char complete(EditLine* editor, wint_t /*character*/) {
    const LineInfo* line = el_line(editor);
    const std::string typed(line->buffer, line->cursor);
    std::vector<std::string> fitting;
    for (const std::string& word : self(editor).completions_) {
      if (word.starts_with(typed)) fitting.push_back(word);
    }
    if (fitting.empty()) return CC_ERROR;
    if (fitting.size() == 1) {
      const std::string rest = fitting.front().substr(typed.size()) + " ";
      return el_insertstr(editor, rest.c_str()) == 0 ? CC_REFRESH : CC_ERROR;
    }
    std::printf("\n");
    for (const std::string& word : fitting) std::printf("%s  ", word.c_str());
    std::printf("\n");
    return CC_REDISPLAY;
  }

  std::string prompt_;
  const std::vector<std::string> completions_;
  EditLine* editor_;
  History* history_;
  std::string file_;
};

// The words of `line`, quotes and backslashes understood; nothing when a quote
// is not closed.
std::optional<std::vector<std::string>> words_of(const std::string& line) {
  Tokenizer* tokenizer = tok_init(nullptr);
  int count = 0;
  const char** words = nullptr;
  const int status = tok_str(tokenizer, line.c_str(), &count, &words);
  std::optional<std::vector<std::string>> result;
  if (status == 0) result.emplace(words, words + count);
  tok_end(tokenizer);
  return result;
}

void print_help(const std::vector<CommandSpec>& commands) {
  for (const CommandSpec& command : commands) {
    std::printf("  %-8s %-15s %s\n",
                command.name.c_str(),
                command.arguments.c_str(),
                command.help.c_str());
  }
  std::printf("  %-8s %-15s %s\n", "help", "", "print this list");
  std::printf("  %-8s %-15s %s\n", "exit", "", "leave (or Ctrl-D)");
}

std::unique_ptr<LineSource> open_lines(
    const std::string& stage,
    const std::vector<std::string>& servers,
    const std::vector<CommandSpec>& commands) {
  if (!isatty(STDIN_FILENO)) return std::make_unique<PlainLines>();
  const std::string others =
      servers.size() > 1
          ? " and " + std::to_string(servers.size() - 1) + " more"
          : "";
  std::printf("%s at %s%s; \"help\" lists the commands\n",
              stage.c_str(),
              servers.front().c_str(),
              others.c_str());
  std::vector<std::string> completions = {"help", "exit"};
  for (const CommandSpec& command : commands) {
    completions.push_back(command.name);
  }
  return std::make_unique<EditedLines>("raft> ", completions);
}

// The command that `words` make. Fails, with what is wrong, when it has to be
// given on the command line or can't be used at all.
Result<ClientOptions> parse_command(const std::string& stage,
                                    const ClientOptions& options,
                                    const std::vector<std::string>& words) {
  ClientOptions one = options;
  one.command = words;
  one.expect_absent = std::erase(one.command, "--expect-absent") > 0;
  if (one.command.empty()) return failure("a command is missing");
  if (one.command.front() == "bench") {
    return failure("bench is for the command line, not for the prompt");
  }
  const std::string complaint =
      command_complaint(stage, one.command, one.expect_absent);
  if (!complaint.empty()) return failure(complaint);
  return one;
}

}  // namespace

int run_prompt(const std::string& stage,
               const ClientOptions& options,
               const std::function<void(const ClientOptions&)>& run) {
  std::vector<CommandSpec> commands = client_commands(stage);
  std::erase_if(commands,
                [](const CommandSpec& spec) { return spec.name == "bench"; });
  const auto lines = open_lines(stage, options.servers, commands);
  while (const auto line = lines->next()) {
    const auto words = words_of(*line);
    if (!words) {
      std::fprintf(stderr, "error: a quote is not closed; nothing was sent\n");
      continue;
    }
    if (words->empty()) continue;
    if (words->front() == "exit") break;
    if (words->front() == "help") {
      print_help(commands);
      continue;
    }
    const auto command = parse_command(stage, options, *words);
    if (command) {
      run(*command);
    } else {
      std::fprintf(stderr,
                   "error: %s; nothing was sent\n",
                   command.error().message.c_str());
    }
  }
  return kExitDone;
}

}  // namespace raft
