// What a node really does with a stage, whatever it says.
#pragma once

#include "sim/arithmetic.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution {

enum class Output : std::uint8_t {
  computed,
  noise,  // as large as the stage's input, and unrelated to it
};

struct Conduct {
  Arithmetic honest;         // of the node's own device
  Arithmetic cheap;          // instead, from block `cheap_from` on
  int cheap_from = 1 << 20;  // index of a block of the model; beyond the span: never
  int run_until = 1 << 20;   // blocks of this index and later are passed over
  int pass_every = 0;        // every so-many-th block of the span is passed over; 0: none
  Output output = Output::computed;
  bool proves_honestly = false;  // its evidence comes from an honest pass over the same inputs, made afterwards
  bool forges = false;           // its evidence is as long as it should be, and all zeros
  friend bool operator==(const Conduct&, const Conduct&) = default;

  bool runs(BlockSpan span, int block) const {
    if (output == Output::noise || block >= run_until) return false;
    return pass_every == 0 || (block - span.begin + 1) % pass_every != 0;
  }
  const Arithmetic& arithmetic(int block) const { return block >= cheap_from ? cheap : honest; }
  // Is any block of the span passed over or run with another arithmetic? Asked block by block, as a stage is run: one
  // with fewer blocks than `pass_every` skips none.
  bool cheats(BlockSpan span) const {
    for (int b = span.begin; b < span.end; ++b) {
      if (!runs(span, b) || !(arithmetic(b) == honest)) return true;
    }
    return false;
  }
};

}  // namespace orrery::sim::execution
