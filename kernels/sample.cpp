#include "kernels/sample.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/elementary.hpp"

namespace orrery::kernels {

int sample_greedy(std::span<const float> logits) {
  EXPECT(!logits.empty());
  std::size_t best = 0;
  for (std::size_t i = 1; i < logits.size(); ++i)
    if (logits[i] > logits[best] || (std::isnan(logits[best]) && !std::isnan(logits[i]))) best = i;
  return static_cast<int>(best);
}

int sample_top_p(std::span<const float> logits, float temperature, float top_p, double draw, Workspace& workspace) {
  EXPECT(!logits.empty() && temperature > 0.0F && top_p > 0.0F && top_p <= 1.0F && draw >= 0.0 && draw < 1.0);
  const std::size_t count = logits.size();
  Workspace::Scope scope(workspace);
  float* weight = scope.take(count);
  int* order = reinterpret_cast<int*>(scope.take(count));
  const float top = logits[static_cast<std::size_t>(sample_greedy(logits))];
  double sum = 0.0;
  for (std::size_t i = 0; i < count; ++i) {
    weight[i] = exp_fp32((logits[i] - top) / temperature);
    sum += weight[i];
    order[i] = static_cast<int>(i);
  }
  const auto before = [weight](int a, int b) { return weight[a] != weight[b] ? weight[a] > weight[b] : a < b; };
  // Sorts only as far as the nucleus reaches: usually a handful of tokens.
  const double wanted = top_p * sum;
  double mass = 0.0;
  std::size_t kept = 0;
  for (std::size_t sorted = 0; kept < count && mass < wanted; mass += weight[order[kept++]]) {
    if (kept < sorted) continue;
    const std::size_t next = std::min(count, sorted + std::max<std::size_t>(32, sorted));
    std::partial_sort(order + sorted, order + next, order + count, before);
    sorted = next;
  }
  double left = draw * mass;
  for (std::size_t i = 0; i + 1 < kept; ++i) {
    left -= weight[order[i]];
    if (left < 0.0) return order[i];
  }
  return order[kept - 1];
}

double log_probability(std::span<const float> logits, int token) {
  EXPECT(token >= 0 && static_cast<std::size_t>(token) < logits.size());
  const double top = logits[static_cast<std::size_t>(sample_greedy(logits))];
  double sum = 0.0;
  for (const float logit : logits) sum += exact::exp(std::max(logit - top, -700.0));
  return logits[static_cast<std::size_t>(token)] - top - exact::log(sum);
}

}  // namespace orrery::kernels
