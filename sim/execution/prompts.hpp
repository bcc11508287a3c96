// The prompts of execution = real: windows of one text, each a pure function of (seed, request), so that any rank can
// make any prompt without being sent it. Requests of one prefix group begin with one window of the same text.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "kernels/model/tokenizer.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"
#include "sim/workload/prefix.hpp"

namespace orrery::sim::execution {

class Prompts {
 public:
  // `text` is tokenised once; `place` names it in messages. InputError if it has fewer tokens than `longest`.
  Prompts(const kernels::model::Tokenizer& tokenizer, const std::string& text, const std::string& place, Tokens longest,
          std::uint64_t seed, workload::WorkloadParams workload = {});

  // `length` tokens: the prefix of the request's group, if it has one, and consecutive tokens of the text from where
  // the request's draw says.
  std::vector<int> tokens(RequestId request, Tokens length) const;

 private:
  std::vector<int> corpus_;
  std::uint64_t seed_;
  workload::WorkloadParams workload_;
};

}  // namespace orrery::sim::execution
