// From logits to a token. Pure: the random draw is an argument.
#pragma once

#include <span>

#include "kernels/workspace.hpp"

namespace orrery::kernels {

// The token with the largest logit; of equal ones the lowest. NaN never wins unless all are NaN, which gives 0.
int sample_greedy(std::span<const float> logits);

// Nucleus sampling (Holtzman et al., 2019). p(i) = exp((logit(i) - max) / temperature) / sum, the sum in index order in
// double; tokens are ranked by falling p, equal ones by index, and the shortest prefix whose mass reaches top_p is
// kept; the draw in [0, 1) picks from it by inverse distribution. temperature > 0, 0 < top_p <= 1, logits finite.
int sample_top_p(std::span<const float> logits, float temperature, float top_p, double draw, Workspace& workspace);

// log p(token) under softmax of the logits at temperature 1, in double.
double log_probability(std::span<const float> logits, int token);

namespace ref {
int sample_top_p(std::span<const float> logits, float temperature, float top_p, double draw);
}  // namespace ref

}  // namespace orrery::kernels
