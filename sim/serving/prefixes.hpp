// KV entries of prefixes that a node keeps when the session that computed them is over: one run of blocks a group.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>

#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

struct KeptPrefix {
  LegName maker;  // the session that computed it: its memory is reserved under this name
  workload::Prefix prefix;
  BlockSpan blocks;
  execution::Handle rows = 0;
  Time used;
};

class Prefixes {
 public:
  // Entries of at least `prefix.tokens` positions for all of `blocks`; nullptr: not here.
  KeptPrefix* find(workload::Prefix prefix, BlockSpan blocks) {
    const auto found = kept_.find(prefix.group);
    if (!prefix || found == kept_.end()) return nullptr;
    KeptPrefix& kept = found->second;
    const bool whole = kept.blocks.begin <= blocks.begin && blocks.end <= kept.blocks.end;
    return whole && kept.prefix.tokens >= prefix.tokens ? &kept : nullptr;
  }
  std::optional<KeptPrefix> take(std::uint32_t group) {
    const auto found = kept_.find(group);
    if (found == kept_.end()) return std::nullopt;
    const KeptPrefix kept = found->second;
    kept_.erase(found);
    return kept;
  }
  // The one that was not used for the longest time.
  std::optional<KeptPrefix> take_oldest() {
    const auto oldest = std::min_element(kept_.begin(), kept_.end(),
                                         [](const auto& a, const auto& b) { return a.second.used < b.second.used; });
    return oldest == kept_.end() ? std::nullopt : take(oldest->first);
  }
  void put(const KeptPrefix& kept) { kept_[kept.prefix.group] = kept; }
  const std::map<std::uint32_t, KeptPrefix>& all() const { return kept_; }
  void clear() { kept_.clear(); }

 private:
  std::map<std::uint32_t, KeptPrefix> kept_;
};

}  // namespace orrery::sim::serving
