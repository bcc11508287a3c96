#include "kernels/sample.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {

int sample_top_p(std::span<const float> logits, float temperature, float top_p, double draw) {
  const float top = *std::max_element(logits.begin(), logits.end());
  std::vector<float> weight;
  for (const float logit : logits) weight.push_back(exp_fp32((logit - top) / temperature));
  std::vector<int> order(logits.size());
  std::iota(order.begin(), order.end(), 0);
  const auto of = [&weight](int i) { return weight[static_cast<std::size_t>(i)]; };
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) { return of(a) > of(b); });
  const double wanted = top_p * std::accumulate(weight.begin(), weight.end(), 0.0);
  double mass = 0.0;
  std::size_t kept = 0;
  while (kept < order.size() && mass < wanted) mass += of(order[kept++]);
  double left = draw * mass;
  for (std::size_t i = 0; i < kept; ++i)
    if ((left -= of(order[i])) < 0.0) return order[i];
  return order[kept - 1];
}

}  // namespace orrery::kernels::ref
