#include "sim/execution/prompts.hpp"

#include "sim/random.hpp"

namespace orrery::sim::execution {

Prompts::Prompts(const kernels::model::Tokenizer& tokenizer, const std::string& text, const std::string& place,
                 Tokens longest, std::uint64_t seed)
    : corpus_(tokenizer.encode(text)), seed_(seed) {
  VALIDATE(static_cast<Tokens>(corpus_.size()) >= longest, place,
           "text of " + std::to_string(corpus_.size()) + " tokens is too short",
           "a prompt of " + std::to_string(longest) + " tokens is asked for",
           "Give a longer text in execution.prompts or lower workload.max_prompt.");
}

std::vector<int> Prompts::tokens(RequestId request, Tokens length) const {
  EXPECT(length >= 1 && length <= static_cast<Tokens>(corpus_.size()));
  Draw draw(seed_, Stream::length, request.index(), 1u << 20);
  const std::size_t start = draw.below(corpus_.size() - static_cast<std::size_t>(length) + 1);
  return {corpus_.begin() + static_cast<std::ptrdiff_t>(start),
          corpus_.begin() + static_cast<std::ptrdiff_t>(start) + length};
}

}  // namespace orrery::sim::execution
