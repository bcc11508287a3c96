// The prompts of execution = real: windows of one text, each a pure function of (seed, request), so that any rank can
// make any prompt without being sent it. Requests of one prefix group begin with one window of the same text. Where
// passages are looked up (workload.kind = "rag"), the text is cut into passages of equal length, the request's window
// is its question, and before it stand the passages that BM25 ranks highest for it, the best first.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "kernels/bm25.hpp"
#include "kernels/model/tokenizer.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"
#include "sim/workload/prefix.hpp"

namespace orrery::sim::execution {

class Prompts {
 public:
  // `text` is tokenised once; `place` names it in messages. InputError if it has fewer tokens than `longest`, or fewer
  // passages than a prompt takes. The tokenizer outlives this.
  Prompts(const kernels::model::Tokenizer& tokenizer, const std::string& text, const std::string& place, Tokens longest,
          std::uint64_t seed, workload::WorkloadParams workload = {});

  // `length` tokens: the prefix of the request's group, if it has one, the passages that it looks up, and consecutive
  // tokens of the text from where the request's draw says.
  std::vector<int> tokens(RequestId request, Tokens length) const;
  // Numbers of the passages that a question gets: those of BM25, and where fewer share a word with it, the first
  // others.
  std::vector<int> passages(std::span<const int> question) const;

 private:
  void index_passages(const std::string& place);

  const kernels::model::Tokenizer& tokenizer_;
  std::vector<int> corpus_;
  std::uint64_t seed_;
  workload::WorkloadParams workload_;
  std::optional<kernels::Bm25> index_;  // none: nothing is looked up
};

}  // namespace orrery::sim::execution
