#include "tests/sim_trace_file.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "common/check.h"
#include "tests/sim_fields.h"

namespace raft {
namespace {

void empty_file(const std::string& file) {
  std::FILE* opened = std::fopen(file.c_str(), "we");
  if (opened == nullptr) {
    fatal("cannot write the trace " + file + ": " + std::strerror(errno));
  }
  std::fclose(opened);
}

const char* name_of(Role role) {
  if (role == Role::kLeader) return "leader";
  return role == Role::kFollower ? "follower" : "candidate";
}

}  // namespace

SimTraceFile::SimTraceFile(const std::string& file,
                           NodeId nodes,
                           const std::function<std::uint64_t()>& now)
    : nodes_(nodes) {
  empty_file(file);
  for (NodeId id = 1; id <= nodes; ++id) {
    node(id).trace = std::make_unique<Trace>(file, id, now);
  }
}

void SimTraceFile::start(const SimServer& server) {
  Node& its = node(server.id());
  const Ballot& ballot = server.durable().ballot;
  JsonWriter fields;
  fields.add("term", ballot.current_term);
  if (has_elections()) fields.add("voted_for", ballot.voted_for);
  fields.add("last_index", server.durable().entries.size());
  its.trace->write("start", fields);
  its.term = server.node().current_term();
  its.role = server.node().role();
  its.commit_index = server.node().commit_index();
  its.applied = 0;
}

// Under a fixed leader the messages tell it all, and servers write no more.
void SimTraceFile::change(NodeId id,
                          const RaftNode& core,
                          const CoreWork& work) {
  if (!has_elections()) return;
  Node& its = node(id);
  const Term term = core.current_term();
  if (term != its.term) {
    its.trace->write("term", JsonWriter().add("term", term));
  }
  if (work.ballot && work.ballot->voted_for != kNobody) {
    its.trace->write("vote",
                     JsonWriter()
                         .add("term", work.ballot->current_term)
                         .add("for", work.ballot->voted_for));
  }
  if (core.role() != its.role || term != its.term) {
    its.trace->write(
        "role",
        JsonWriter().add("role", name_of(core.role())).add("term", term));
  }
  if (!work.entries.empty()) {
    its.trace->write("append",
                     JsonWriter()
                         .add("first_index", work.entries.front().index)
                         .add("last_index", work.entries.back().index));
  }
  if (core.commit_index() != its.commit_index) {
    its.trace->write("commit", JsonWriter().add("index", core.commit_index()));
  }
  its.term = term;
  its.role = core.role();
  its.commit_index = core.commit_index();
}

SimTraceFile::Sent SimTraceFile::send(const SimServer& server,
                                      const Envelope& envelope,
                                      std::size_t copies) {
  Sent sent{.crashes = server.crashes(), .copies = copies};
  sent.clock = node(envelope.from)
                   .trace->write("send",
                                 JsonWriter()
                                     .add("to", envelope.to)
                                     .add_fields(fields_of(envelope.message)));
  if (copies == 0) drop(envelope, sent);
  return sent;
}

void SimTraceFile::receive(const Envelope& envelope, const Sent& sent) {
  Trace& trace = *node(envelope.to).trace;
  trace.observe(sent.clock);
  trace.write("receive",
              JsonWriter()
                  .add("from", envelope.from)
                  .add("sent", sent.clock)
                  .add_fields(fields_of(envelope.message)));
}

void SimTraceFile::apply(const SimServer& server) {
  if (!server.is_running()) return;
  Node& its = node(server.id());
  for (; its.applied < server.applied().size(); ++its.applied) {
    const Entry& entry = server.applied()[its.applied];
    its.trace->write(
        "apply",
        JsonWriter().add("index", entry.index).add("command", entry.command));
  }
}

void SimTraceFile::lose(const SimServer& sender,
                        const Envelope& envelope,
                        const Sent& sent) {
  if (!sender.is_running() || sender.crashes() != sent.crashes) return;
  if (sent.copies == 1) drop(envelope, sent);
}

void SimTraceFile::drop(const Envelope& envelope, const Sent& sent) {
  node(envelope.from)
      .trace->write("drop",
                    JsonWriter()
                        .add("to", envelope.to)
                        .add("sent", sent.clock)
                        .add_fields(fields_of(envelope.message)));
}

}  // namespace raft
