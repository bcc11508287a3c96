// What a wire format costs in quality: the perplexity of a text when activations cross the network in that format.
#pragma once

#include <string_view>
#include <vector>

#include "kernels/codec.hpp"
#include "kernels/model/model.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution {

struct Perplexity {
  double nats_per_token = 0;  // mean of -log p(token | the tokens before it in its window)
  double top1_agreement = 0;  // share of positions at which the most likely token is that of fp32 on one machine
  Tokens scored = 0;
};

// Windows of `window` tokens, each from an empty cache, their first token not scored; `text` needs at least one window
// and what remains after the last is left out. Rows cross the wire between stages, from the client to the first and
// from the last to the client, as in a run with execution.mode = "real". `cuts` are block boundaries, 0 and layers
// included.
Perplexity perplexity(const kernels::model::Model& model, std::string_view text, kernels::WireFormat wire,
                      const std::vector<int>& cuts, int window, int threads);

}  // namespace orrery::sim::execution
