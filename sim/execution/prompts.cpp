#include "sim/execution/prompts.hpp"

#include <algorithm>

#include "sim/random.hpp"

namespace orrery::sim::execution {

Prompts::Prompts(const kernels::model::Tokenizer& tokenizer, const std::string& text, const std::string& place,
                 Tokens longest, std::uint64_t seed, workload::WorkloadParams workload)
    : tokenizer_(tokenizer), corpus_(tokenizer.encode(text)), seed_(seed), workload_(std::move(workload)) {
  VALIDATE(static_cast<Tokens>(corpus_.size()) >= longest, place,
           "text of " + std::to_string(corpus_.size()) + " tokens is too short",
           "a prompt of " + std::to_string(longest) + " tokens is asked for",
           "Give a longer text in execution.prompts or lower workload.max_prompt.");
  if (workload_.passages > 0) index_passages(place);
}

void Prompts::index_passages(const std::string& place) {
  const auto size = static_cast<std::size_t>(workload_.passage_tokens);
  std::vector<std::string> texts;
  for (std::size_t at = 0; at + size <= corpus_.size(); at += size) {
    const auto begin = corpus_.begin() + static_cast<std::ptrdiff_t>(at);
    texts.push_back(tokenizer_.decode({begin, begin + static_cast<std::ptrdiff_t>(size)}));
  }
  VALIDATE(static_cast<std::int64_t>(texts.size()) >= workload_.passages, place,
           "text of " + std::to_string(texts.size()) + " passages is too short",
           "a prompt takes " + std::to_string(workload_.passages) + " of them",
           "Give a longer text in execution.prompts or lower retrieval.passages.");
  index_.emplace(std::vector<std::string_view>(texts.begin(), texts.end()));
}

std::vector<int> Prompts::passages(std::span<const int> question) const {
  EXPECT(index_);
  const auto wanted = static_cast<std::size_t>(workload_.passages);
  std::vector<int> found;
  for (const kernels::Hit& hit :
       index_->search(tokenizer_.decode({question.begin(), question.end()}), static_cast<int>(wanted))) {
    found.push_back(hit.index);
  }
  for (int i = 0; found.size() < wanted; ++i) {
    if (std::find(found.begin(), found.end(), i) == found.end()) found.push_back(i);
  }
  return found;
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
  if (!index_) return tokens;
  const Tokens before = prefix.tokens + workload_.retrieved();
  EXPECT(before < length);
  auto to = tokens.begin() + static_cast<std::ptrdiff_t>(prefix.tokens);
  for (const int passage : passages(std::span(tokens).subspan(static_cast<std::size_t>(before)))) {
    to = std::copy_n(corpus_.begin() + static_cast<std::ptrdiff_t>(passage) * workload_.passage_tokens,
                     workload_.passage_tokens, to);
  }
  return tokens;
}

}  // namespace orrery::sim::execution
