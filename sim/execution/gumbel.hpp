// Sampling that two parties can repeat: token = argmax(logit / T + g), g = -log(-log u), one u a (request, position,
// token), a pure function of a shared seed (Gumbel-max trick; what makes seed-synchronised checks of tokens possible).
#pragma once

#include <cstdint>
#include <span>

namespace orrery::sim::execution {

// The noise of one token, in the same units as logit / temperature.
double gumbel_noise(std::uint64_t seed, std::uint32_t position, int token);

// temperature 0: greedy.
int sample_gumbel(std::span<const float> logits, double temperature, std::uint64_t seed, std::uint32_t position);

// max_v(logit_v + T g_v) - (logit_token + T g_token): zero for the token that an honest sampler gives.
double gumbel_margin(std::span<const float> logits, double temperature, std::uint64_t seed, std::uint32_t position,
                     int token);

}  // namespace orrery::sim::execution
