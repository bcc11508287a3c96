// Verification: what to audit and how to judge it. An audit recomputes or compares a stage that an executor claims to
// have done; its cost is charged like any other work.
#pragma once

#include <cstdint>
#include <span>

#include "sim/config/registry.hpp"
#include "sim/id.hpp"
#include "sim/random.hpp"
#include "sim/units.hpp"

namespace orrery::sim::verification {

using config::About;
using config::Fields;

// What an executor claims: it ran `blocks` of request `request` over positions [first, first + count).
struct Claim {
  NodeId executor;
  RequestId request;
  BlockSpan blocks;
  Tokens first = 0;
  Tokens count = 0;
};

// How many independent nodes must redo a claim; zero: nobody looks.
struct Audit {
  int recomputations = 0;
};

enum class Finding { unchecked, accepted, rejected };

class VerificationPolicy {
 public:
  virtual ~VerificationPolicy() = default;
  // What to do about a claim, before anything of it is known but its shape.
  virtual Audit select(const Claim& claim, Draw& draw) const = 0;
  // The verdict over a claim from the executor's output and the recomputed ones: rows of `hidden` values, count x
  // hidden. Empty `recomputed` gives `unchecked`.
  virtual Finding judge(const Claim& claim, std::span<const float> output,
                        std::span<const std::span<const float>> recomputed) const = 0;
};

}  // namespace orrery::sim::verification
