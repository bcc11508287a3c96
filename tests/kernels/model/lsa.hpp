// Latent semantic analysis (Deerwester et al., 1990): embeddings for tests of vector search. Texts become rows of
// tf-idf of length 1, A [texts, terms]; with A = U S V^T cut to `width` columns a text is the row A V, of length 1. V
// is found as A^T U / S, U by orthogonal iteration on A A^T from fixed random columns.
#pragma once

#include <cmath>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "kernels/bm25.hpp"
#include "tests/kernels/random_matrix.hpp"

namespace orrery::kernels::model {

class Lsa {
 public:
  using Row = std::vector<std::pair<int, double>>;  // (term, weight), by term

  Lsa(std::span<const std::string_view> texts, int width, int iterations) : width_(static_cast<std::size_t>(width)) {
    std::vector<std::map<int, int>> counts;
    for (const std::string_view text : texts) {
      std::map<int, int>& of_text = counts.emplace_back();
      for (const std::string& term : terms(text))
        ++of_text[id_.emplace(term, static_cast<int>(id_.size())).first->second];
    }
    idf_.resize(id_.size());
    for (const auto& of_text : counts)
      for (const auto& [term, times] : of_text) idf_[static_cast<std::size_t>(term)] += 1.0;
    for (double& n : idf_) n = std::log((static_cast<double>(texts.size()) + 1.0) / n);
    for (const auto& of_text : counts) rows_.push_back(weigh(of_text));
    iterate(iterations);
  }

  // The embedding of a text, of this collection or another; zeros if it has no term of the collection.
  std::vector<float> embed(std::string_view text) const {
    std::map<int, int> counts;
    for (const std::string& term : terms(text))
      if (const auto at = id_.find(term); at != id_.end()) ++counts[at->second];
    std::vector<double> sums(width_);
    double squares = 0.0;
    for (const auto& [term, weight] : weigh(counts))
      for (std::size_t j = 0; j < width_; ++j) sums[j] += weight * terms_[static_cast<std::size_t>(term) * width_ + j];
    for (const double x : sums) squares += x * x;
    std::vector<float> out;
    for (const double x : sums) out.push_back(static_cast<float>(squares > 0.0 ? x / std::sqrt(squares) : 0.0));
    return out;
  }

 private:
  Row weigh(const std::map<int, int>& counts) const {
    Row row;
    double squares = 0.0;
    for (const auto& [term, times] : counts) {
      row.emplace_back(term, (1.0 + std::log(times)) * idf_[static_cast<std::size_t>(term)]);
      squares += row.back().second * row.back().second;
    }
    for (auto& [term, weight] : row) weight /= std::sqrt(squares);
    return row;
  }

  // terms_ = A^T texts, the other way round texts = A terms_.
  void to_terms(const std::vector<double>& texts) {
    terms_.assign(id_.size() * width_, 0.0);
    for (std::size_t d = 0; d < rows_.size(); ++d)
      for (const auto& [term, weight] : rows_[d])
        for (std::size_t j = 0; j < width_; ++j)
          terms_[static_cast<std::size_t>(term) * width_ + j] += weight * texts[d * width_ + j];
  }
  void to_texts(std::vector<double>& texts) const {
    for (std::size_t d = 0; d < rows_.size(); ++d)
      for (std::size_t j = 0; j < width_; ++j) {
        double sum = 0.0;
        for (const auto& [term, weight] : rows_[d]) sum += weight * terms_[static_cast<std::size_t>(term) * width_ + j];
        texts[d * width_ + j] = sum;
      }
  }
  // Gram and Schmidt, column after column.
  void make_orthonormal(std::vector<double>& x) const {
    const std::size_t rows = x.size() / width_;
    for (std::size_t j = 0; j < width_; ++j) {
      for (std::size_t i = 0; i <= j; ++i) {
        double dot = 0.0;
        for (std::size_t r = 0; r < rows; ++r) dot += x[r * width_ + i] * x[r * width_ + j];
        const double scale = i == j ? 1.0 / std::sqrt(dot) : 0.0;
        for (std::size_t r = 0; r < rows; ++r)
          x[r * width_ + j] = i == j ? x[r * width_ + j] * scale : x[r * width_ + j] - dot * x[r * width_ + i];
      }
    }
  }
  // Ends with orthonormal columns over terms: the span of the leading right singular vectors.
  void iterate(int iterations) {
    Numbers numbers(1);
    std::vector<double> texts(rows_.size() * width_);
    for (double& x : texts) x = numbers.unit() - 0.5;
    for (int i = 0; i < iterations; ++i) {
      make_orthonormal(texts);
      to_terms(texts);
      to_texts(texts);
    }
    make_orthonormal(texts);
    to_terms(texts);
    make_orthonormal(terms_);
  }

  std::size_t width_;
  std::map<std::string, int> id_;
  std::vector<double> idf_;    // by term
  std::vector<Row> rows_;      // by text
  std::vector<double> terms_;  // V [terms, width]
};

}  // namespace orrery::kernels::model
