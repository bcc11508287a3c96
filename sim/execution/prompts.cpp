#include "sim/execution/prompts.hpp"

#include <algorithm>

#include "sim/random.hpp"

namespace orrery::sim::execution {

Prompts::Prompts(const kernels::model::Tokenizer& tokenizer, const std::string& text, const std::string& place,
                 Tokens longest, std::uint64_t seed, workload::WorkloadParams workload)
    : corpus_(tokenizer.encode(text)), seed_(seed), workload_(std::move(workload)) {
  VALIDATE(static_cast<Tokens>(corpus_.size()) >= longest, place,
           "text of " + std::to_string(corpus_.size()) + " tokens is too short",
           "a prompt of " + std::to_string(longest) + " tokens is asked for",
           "Give a longer text in execution.prompts or lower workload.max_prompt.");
}

std::vector<int> Prompts::tokens(RequestId request, Tokens length) const {
  EXPECT(length >= 1 && length <= static_cast<Tokens>(corpus_.size()));
  const auto window = [this](std::uint32_t entity, std::uint64_t index, Tokens size) {
    Draw draw(seed_, Stream::length, entity, index);
    return corpus_.begin() +
           static_cast<std::ptrdiff_t>(draw.below(corpus_.size() - static_cast<std::size_t>(size) + 1));
  };
  const auto own = window(request.index(), 1u << 20, length);
  std::vector<int> tokens(own, own + static_cast<std::ptrdiff_t>(length));
  const workload::Prefix prefix = workload::prefix_of(workload_, seed_, request.index());
  if (prefix) {
    EXPECT(prefix.tokens < length);
    std::copy_n(window(prefix.group, 1u << 22, prefix.tokens), prefix.tokens, tokens.begin());
  }
  return tokens;
}

}  // namespace orrery::sim::execution
