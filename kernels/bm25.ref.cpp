#include "kernels/bm25.hpp"

#include <algorithm>

#include "kernels/elementary.hpp"

namespace orrery::kernels::ref {

std::vector<float> bm25(std::span<const std::string_view> texts, std::string_view query, const Bm25Weights& weights) {
  std::vector<std::vector<std::string>> words;
  double all = 0.0;
  for (const std::string_view text : texts) {
    words.push_back(terms(text));
    all += static_cast<double>(words.back().size());
  }
  const auto count = static_cast<double>(texts.size()), mean = all / count;
  std::vector<double> sums(texts.size());
  for (const std::string& term : terms(query)) {
    double n = 0.0;
    for (const auto& text : words) n += std::ranges::find(text, term) != text.end() ? 1.0 : 0.0;
    const double idf = exact::log(1.0 + (count - n + 0.5) / (n + 0.5));
    for (std::size_t d = 0; d < words.size(); ++d) {
      const auto f = static_cast<double>(std::ranges::count(words[d], term));
      const double length = static_cast<double>(words[d].size()) / mean;
      if (f > 0.0)
        sums[d] += static_cast<float>(
            idf * (f * (weights.k1 + 1.0) / (f + weights.k1 * (1.0 - weights.b + weights.b * length))));
    }
  }
  return {sums.begin(), sums.end()};
}

}  // namespace orrery::kernels::ref
