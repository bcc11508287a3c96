// What a verifier makes of a claim.
#pragma once

#include <optional>

namespace orrery::sim::execution {

// How far a claim is from what the verifier computed. What a score means is the protocol's business; larger is worse.
struct Judgement {
  double score = 0;
  bool malformed = false;            // evidence that no honest executor makes: truncated, oversized, out of range
  std::optional<bool> as_published;  // does the rule with published constants accept? none: there is no such rule
  friend bool operator==(const Judgement&, const Judgement&) = default;
};

}  // namespace orrery::sim::execution
