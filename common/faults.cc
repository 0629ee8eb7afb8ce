#include "common/faults.h"

#include <charconv>

namespace raft {
namespace {

constexpr std::uint64_t kDelayMsMax = 60'000;

// The ids in a field; none if there is no such field.
Result<std::set<NodeId>> ids_in(const JsonObject& document,
                                const std::string& name) {
  if (!document.has(name)) return std::set<NodeId>{};
  const auto ids = document.numbers(name);
  if (!ids) return tl::make_unexpected(ids.error());
  return std::set<NodeId>(ids->begin(), ids->end());
}

Result<double> loss_in(const JsonObject& document) {
  if (!document.has("loss")) return 0.0;
  const auto loss = document.real("loss");
  if (!loss) return loss;
  if (*loss >= 0.0 && *loss <= 1.0) return loss;
  return failure("field \"loss\" must be from 0.0 to 1.0");
}

Result<std::uint64_t> delay_in(const JsonObject& document) {
  if (!document.has("delay_ms")) return 0;
  const auto delay = document.number("delay_ms");
  if (!delay || *delay <= kDelayMsMax) return delay;
  return failure("field \"delay_ms\" must be from 0 to 60000");
}

std::string text_of(double number) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, number).ptr;
  return std::string(text, end);
}

std::vector<std::uint64_t> list_of(const std::set<NodeId>& ids) {
  return {ids.begin(), ids.end()};
}

}  // namespace

Result<void> Faults::set(const JsonObject& document) {
  const auto drop_to = ids_in(document, "drop_to");
  if (!drop_to) return tl::make_unexpected(drop_to.error());
  const auto drop_from = ids_in(document, "drop_from");
  if (!drop_from) return tl::make_unexpected(drop_from.error());
  const auto loss = loss_in(document);
  if (!loss) return tl::make_unexpected(loss.error());
  const auto delay = delay_in(document);
  if (!delay) return tl::make_unexpected(delay.error());
  const std::lock_guard lock(mutex_);
  drop_to_ = *drop_to;
  drop_from_ = *drop_from;
  loss_ = *loss;
  delay_ms_ = static_cast<std::int64_t>(*delay);
  return {};
}

void Faults::clear() {
  const std::lock_guard lock(mutex_);
  drop_to_.clear();
  drop_from_.clear();
  loss_ = 0;
  delay_ms_ = 0;
}

std::string Faults::document() const {
  const std::lock_guard lock(mutex_);
  return JsonWriter()
      .add_numbers("drop_to", list_of(drop_to_))
      .add_numbers("drop_from", list_of(drop_from_))
      .add_json("loss", text_of(loss_))
      .add("delay_ms", static_cast<std::uint64_t>(delay_ms_))
      .text();
}

bool Faults::is_none() const {
  const std::lock_guard lock(mutex_);
  return drop_to_.empty() && drop_from_.empty() && loss_ == 0 && delay_ms_ == 0;
}

bool Faults::drops_to(NodeId peer) {
  return drops(drop_to_, peer);
}

bool Faults::drops_from(NodeId peer) {
  return drops(drop_from_, peer);
}

std::int64_t Faults::delay_ms() const {
  const std::lock_guard lock(mutex_);
  return delay_ms_;
}

bool Faults::drops(const std::set<NodeId>& peers, NodeId peer) {
  const std::lock_guard lock(mutex_);
  if (peers.contains(peer)) return true;
  if (loss_ == 0) return false;
  constexpr double kRange = 18446744073709551616.0;  // 2^64
  return static_cast<double>(random_()) < loss_ * kRange;
}

}  // namespace raft
