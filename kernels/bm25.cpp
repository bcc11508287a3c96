#include "kernels/bm25.hpp"

#include <algorithm>

#include "kernels/elementary.hpp"

namespace orrery::kernels {
namespace {

struct Count {
  std::int32_t text;
  int times;
};

}  // namespace

std::vector<std::string> terms(std::string_view text) {
  std::vector<std::string> out;
  std::string term;
  const auto end = [&] {
    if (!term.empty()) out.push_back(std::move(term));
    term.clear();
  };
  for (const char c : text) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
      term += c;
    else if (c >= 'A' && c <= 'Z')
      term += static_cast<char>(c - 'A' + 'a');
    else
      end();
  }
  end();
  return out;
}

Bm25::Bm25(std::span<const std::string_view> texts, const Bm25Weights& weights)
    : texts_(static_cast<int>(texts.size())) {
  EXPECT(!texts.empty() && weights.k1 >= 0.0 && weights.b >= 0.0 && weights.b <= 1.0);
  std::vector<std::vector<Count>> counts;  // by term
  std::vector<double> lengths;
  double all = 0.0;
  for (std::int32_t d = 0; d < texts_; ++d) {
    const std::vector<std::string> words = terms(texts[static_cast<std::size_t>(d)]);
    lengths.push_back(static_cast<double>(words.size()));
    all += lengths.back();
    for (const std::string& word : words) {
      const auto [at, is_new] = ids_.emplace(word, static_cast<std::uint32_t>(counts.size()));
      if (is_new) counts.emplace_back();
      std::vector<Count>& of_term = counts[at->second];
      if (of_term.empty() || of_term.back().text != d) of_term.push_back({d, 0});
      ++of_term.back().times;
    }
  }
  const double mean = all / texts_;
  first_.push_back(0);
  for (const std::vector<Count>& of_term : counts) {
    const auto n = static_cast<double>(of_term.size());
    const double idf = exact::log(1.0 + (texts_ - n + 0.5) / (n + 0.5));
    for (const auto& [text, times] : of_term) {
      const double damping = 1.0 - weights.b + weights.b * (lengths[static_cast<std::size_t>(text)] / mean);
      const double weight = idf * (times * (weights.k1 + 1.0) / (times + weights.k1 * damping));
      postings_.push_back({text, static_cast<float>(weight)});
    }
    first_.push_back(postings_.size());
  }
}

std::vector<Hit> Bm25::search(std::string_view query, int k) const {
  EXPECT(k >= 1);
  std::vector<double> sums(static_cast<std::size_t>(texts_));
  std::vector<bool> seen(sums.size());
  std::vector<std::int32_t> touched;
  for (const std::string& term : terms(query)) {
    const auto id = ids_.find(term);
    if (id == ids_.end()) continue;
    for (std::size_t p = first_[id->second]; p < first_[id->second + 1]; ++p) {
      const auto text = static_cast<std::size_t>(postings_[p].text);
      if (!seen[text]) seen[text] = true, touched.push_back(postings_[p].text);
      sums[text] += postings_[p].weight;
    }
  }
  std::vector<Hit> hits(std::min(static_cast<std::size_t>(k), touched.size()));
  if (hits.empty()) return hits;
  Best best(hits);
  for (const std::int32_t text : touched) best.offer({text, static_cast<float>(sums[static_cast<std::size_t>(text)])});
  best.finish();
  return hits;
}

}  // namespace orrery::kernels
