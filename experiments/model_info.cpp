#include "experiments/model_info.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "kernels/model/footprint.hpp"
#include "kernels/model/kv_cache.hpp"

namespace orrery::experiments {
namespace {

namespace model = kernels::model;
using kernels::WeightType;

constexpr std::array types{WeightType::fp32, WeightType::bf16, WeightType::int8, WeightType::int4};

std::string config_text(const model::Config& c) {
  std::string text = fmt::format("{} blocks of width {}, {} heads over {} key-value heads of {}, ", c.layers, c.hidden,
                                 c.heads, c.kv_heads, c.head_dim);
  text += c.experts > 0
              ? fmt::format("{} experts of width {}, of which a token uses {}", c.experts, c.ffn, c.experts_active)
              : fmt::format("MLP of width {}", c.ffn);
  return text + fmt::format("\n            vocabulary {}, context {}, norm_eps {}, rope_theta {} ({}), head {}",
                            c.vocab, c.context, c.norm_eps, c.rope_theta,
                            c.rope == kernels::RopeLayout::interleaved ? "interleaved" : "half split",
                            c.tied ? "tied to the embedding" : "of its own");
}

std::string ids_text(const std::vector<int>& ids) {
  return ids.empty() ? "none" : fmt::format("{}", fmt::join(ids, ", "));
}

std::string tokenizer_text(const model::Vocabulary& vocabulary) {
  if (const auto* words = std::get_if<model::MergeVocabulary>(&vocabulary))
    return fmt::format("{} BPE, {} tokens, {} merges, begin {}, end {}", words->byte_level ? "byte-level" : "character",
                       words->tokens.size(), words->merges.size(), words->bos < 0 ? "none" : fmt::to_string(words->bos),
                       ids_text(words->eos));
  if (const auto* words = std::get_if<model::ScoreVocabulary>(&vocabulary))
    return fmt::format("SentencePiece with scores, {} tokens, begin {}, end {}", words->tokens.size(),
                       words->bos < 0 ? "none" : fmt::to_string(words->bos), ids_text(words->eos));
  return "none";
}

long long numbers_in(const model::Tensor& tensor) {
  long long count = 1;
  for (const long long n : tensor.shape) count *= n;
  return count;
}

std::string dtypes_text(const model::Source& source) {
  struct Share {
    std::size_t tensors = 0, bytes = 0;
    long long numbers = 0;
  };
  std::map<model::Dtype, Share> shares;
  for (const auto& [name, tensor] : source.tensors.tensors) {
    Share& share = shares[tensor.dtype];
    ++share.tensors, share.bytes += tensor.bytes, share.numbers += numbers_in(tensor);
  }
  std::string text = fmt::format("{:<10}{:>10}{:>18}{:>18}\n", "stored as", "tensors", "numbers", "bytes");
  for (const auto& [dtype, s] : shares)
    text += fmt::format("{:<10}{:>10}{:>18}{:>18}\n", name(dtype), s.tensors, s.numbers, s.bytes);
  return text;
}

// Bytes of each block in the files; blocks alike share a line.
std::string blocks_text(const model::Source& source) {
  std::vector<std::size_t> bytes(static_cast<std::size_t>(source.config.layers));
  for (std::size_t block = 0; block < bytes.size(); ++block) {
    const std::string prefix = model::block_prefix(static_cast<int>(block));
    const auto& tensors = source.tensors.tensors;
    for (auto at = tensors.lower_bound(prefix); at != tensors.end() && at->first.starts_with(prefix); ++at)
      bytes[block] += at->second.bytes;
  }
  std::string text;
  for (std::size_t first = 0; first < bytes.size();) {
    std::size_t end = first;
    while (end < bytes.size() && bytes[end] == bytes[first]) ++end;
    const std::string which = end - first == 1 ? fmt::to_string(first) : fmt::format("{}-{}", first, end - 1);
    text += fmt::format("{:<12}{:>16} bytes each\n", "blocks " + which, bytes[first]);
    first = end;
  }
  return text;
}

template <class Bytes>
std::string held_line(const std::string& what, const Bytes& bytes) {
  std::string text = fmt::format("{:<34}", what);
  for (const WeightType type : types) text += fmt::format("{:>16}", bytes(type));
  return text + "\n";
}

// A rank's even share of the blocks, and of a mixture's experts if they are dealt out instead (execution.experts).
std::string shares_text(const model::Config& c, int ranks) {
  const auto up = [ranks](int count) { return (count + ranks - 1) / ranks; };
  std::string text =
      held_line(fmt::format("1 of {} ranks: {} of {} blocks", ranks, up(c.layers), c.layers),
                [&](auto t) { return static_cast<std::size_t>(up(c.layers)) * footprint(c, t).block(c.experts); });
  if (ranks == 1 || c.experts < ranks) return text;
  return text + held_line(fmt::format("  or {} of {} experts of every block", up(c.experts), c.experts), [&](auto t) {
           return static_cast<std::size_t>(c.layers) * footprint(c, t).block(up(c.experts));
         });
}

std::string held_text(const model::Config& c) {
  std::string text = fmt::format("{:<34}", "bytes in memory, loaded as");
  for (const WeightType type : types) text += fmt::format("{:>16}", name(type));
  text += "\n" + held_line("a block", [&](auto t) { return footprint(c, t).block(c.experts); });
  if (c.experts > 0) text += held_line("  of it each expert", [&](auto t) { return footprint(c, t).expert; });
  text += held_line("embedding", [&](auto t) { return footprint(c, t).embedding; });
  text += held_line("head", [&](auto t) { return footprint(c, t).head; });
  for (const int ranks : {1, 2, 4, 8})
    if (ranks <= c.layers) text += shares_text(c, ranks);
  text += "keys and values of a block take, a position: ";
  for (const kernels::KvType type : kernels::kv_types)
    text += fmt::format("{}{} {}", type == kernels::KvType::fp32 ? "" : ", ", model::KvCache::entry_bytes(c, type),
                        kernels::name(type));
  return text + "\n";
}

}  // namespace

std::string model_info_text(const model::Source& source) {
  const model::Config& c = source.config;
  const std::size_t parameters = static_cast<std::size_t>(c.layers) * c.block_parameters() + c.embedding_parameters() +
                                 (c.tied ? static_cast<std::size_t>(c.hidden) : c.head_parameters());
  std::set<std::size_t> files;
  for (const auto& [name, tensor] : source.tensors.tensors) files.insert(tensor.file);
  std::string text = fmt::format("format      {}, {} {}\n", source.format, files.size(),
                                 files.size() == 1 ? "file of weights" : "files of weights");
  text += "shape       " + config_text(c) + "\n";
  text += "tokenizer   " + tokenizer_text(source.vocabulary) + "\n";
  text += fmt::format("parameters  {}\n\n", parameters);
  return text + dtypes_text(source) + "\n" + blocks_text(source) + "\n" + held_text(c);
}

std::string model_info_text(const std::string& path, const std::string& tokenizer) {
  return model_info_text(model::open_source(path, tokenizer));
}

}  // namespace orrery::experiments
