// BM25: ranking of texts by the words that they share with a query (Robertson and Zaragoza, 2009), over an inverted
// index.
//
// A term is a longest run of ASCII letters and digits, letters in lower case; every other byte parts terms. There is no
// stemming and no list of words to leave out. With N texts, n(t) of them with term t, f(t, d) times in text d, |d|
// terms in d and avg their mean:
//   idf(t)   = ln(1 + (N - n(t) + 1/2) / (n(t) + 1/2))       in double; never negative (as in Lucene)
//   w(t, d)  = idf(t) f (k1 + 1) / (f + k1 (1 - b + b |d| / avg)),  f = f(t, d), in double, rounded to fp32
//   score(d) = sum of w(t, d) over the terms of the query in their order, as often as each stands there, in double,
//              rounded to fp32
// Hits are texts with at least one of the terms, in retrieve.hpp's order. Error of a score: 2 u of it. A search costs
// the texts that hold one of the terms, and 8 N bytes of sums; the index 8 bytes for each (term, text).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "kernels/retrieve.hpp"

namespace orrery::kernels {

// In their order, repeated as they are.
std::vector<std::string> terms(std::string_view text);

struct Bm25Weights {
  double k1 = 1.2;  // how soon more of the same term counts for little; >= 0
  double b = 0.75;  // how much long texts pay for their length; 0 to 1
};

class Bm25 {
 public:
  // Texts may go away afterwards; at least one.
  explicit Bm25(std::span<const std::string_view> texts, const Bm25Weights& weights = {});

  int texts() const { return texts_; }
  std::size_t distinct_terms() const { return ids_.size(); }
  // At most k hits, the best first; k >= 1. Thread-safe.
  std::vector<Hit> search(std::string_view query, int k) const;

 private:
  struct Posting {
    std::int32_t text;
    float weight;
  };
  int texts_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::vector<std::size_t> first_;  // postings of term t: [first_[t], first_[t + 1]), by ascending text
  std::vector<Posting> postings_;
};

namespace ref {
// The score of every text; 0 for those without a term of the query. Counts everything anew.
std::vector<float> bm25(std::span<const std::string_view> texts, std::string_view query,
                        const Bm25Weights& weights = {});
}  // namespace ref

}  // namespace orrery::kernels
