// The client program: one command, its answer, an exit status; or a prompt.
#include <cstdio>

#include "client.h"
#include "common/client_options.h"
#include "common/http_bench.h"
#include "common/prompt.h"

namespace raft {
namespace {

Reply run(Client& client, const ClientOptions& options) {
  const auto& words = options.command;
  if (words[0] == "get") return client.get(words[1]);
  if (words[0] == "put") return client.put(words[1], words[2]);
  if (words[0] == "delete") return client.remove(words[1]);
  if (words[0] == "list") return client.list(words.size() > 1 ? words[1] : "");
  if (words[0] == "status") return client.status();
  if (options.expect_absent) return client.cas(words[1], {}, words[2]);
  return client.cas(words[1], words[2], words[3]);
}

// Values and answers go to stdout, everything else to stderr.
int show(const Reply& reply, const ClientOptions& options) {
  const bool is_read =
      options.command[0] == "get" || options.command[0] == "status";
  if (options.json && !reply.json.empty()) {
    std::printf("%s\n", reply.json.c_str());
  } else if (reply.outcome == Outcome::kDone && options.command[0] == "list") {
    for (const auto& [key, value] : reply.entries) {
      std::printf("%s\t%s\n", key.c_str(), value.c_str());
    }
  } else if (reply.outcome == Outcome::kDone && is_read) {
    std::printf("%s\n", reply.value.value_or(reply.json).c_str());
  } else if (reply.outcome != Outcome::kDone) {
    std::fprintf(stderr, "error: %s\n", reply.message.c_str());
  }
  return static_cast<int>(reply.outcome);
}

}  // namespace
}  // namespace raft

int main(int argc, char** argv) {
  using namespace raft;
  const auto options = parse_client_options(RAFT_STAGE, argc, argv);
  if (!options.command.empty() && options.command[0] == "bench") {
    return run_http_bench(options.bench, options.servers);
  }
  Client client(options.servers, options.timeout_ms);
  if (options.command.empty()) {
    return run_prompt(RAFT_STAGE, options, [&](const ClientOptions& line) {
      show(run(client, line), line);
    });
  }
  return show(run(client, options), options);
}
