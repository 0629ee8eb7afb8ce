// What a client of a simulated cluster asks for, and how it is answered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "raft_message.h"
#include "tests/sim_store.h"

namespace raft {

struct ClientRequest {
  ClientId client = 0;
  std::uint64_t number = 0;  // of the client's requests
  bool is_read = false;
  Serial serial = 0;  // of a write
  std::string command = {};
};

enum class AnswerStatus {
  kDone,
  kRefused,  // surely not executed; `leader` may know better
  kUnknown,  // it may be executed
};

struct ClientAnswer {
  ClientRequest request = {};
  AnswerStatus status = AnswerStatus::kDone;
  NodeId leader = kNobody;
  Index index = 0;  // of the write's entry; how far a reader has applied
  std::string fault = {};  // what the store says is wrong
  std::vector<Serial> serials = {};  // that a read finds, by client from 1
};

}  // namespace raft
