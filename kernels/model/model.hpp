// A model on disk or in memory, opened but not yet read: blocks are loaded one at a time by whoever serves them.
#pragma once

#include <climits>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string_view>

#include "kernels/model/block.hpp"
#include "kernels/model/config.hpp"
#include "kernels/model/source.hpp"
#include "kernels/model/tokenizer.hpp"

namespace orrery::kernels::model {

// Experts of every block that a process holds, by index.
struct ExpertSpan {
  int begin = 0, end = INT_MAX;
  bool contains(int expert) const { return begin <= expert && expert < end; }
};

class Model {
 public:
  // Memory-mapped, by what is there: a folder with safetensors, one such file, a .gguf file, a llama2.c .bin file
  // (source.hpp). tokenizer, if given, is opened instead of the one beside or in the weights.
  // InputError `file: problem (why). suggestion` for whatever is wrong with a header, a shape or a missing tensor; the
  // numbers themselves are checked when they are loaded.
  static std::shared_ptr<const Model> open(const std::filesystem::path& path,
                                           const std::filesystem::path& tokenizer = {});
  // The same from memory that outlives the model (weights embedded in the program). An empty tokenizer_json gives none.
  static std::shared_ptr<const Model> open_bytes(std::string_view config_json, std::string_view safetensors,
                                                 std::string_view tokenizer_json);
  // Of a checked source.
  static std::shared_ptr<const Model> make(Source source);

  const Config& config() const { return config_; }
  // Null if the model came without one.
  const std::shared_ptr<const Tokenizer>& tokenizer() const { return tokenizer_; }
  // Bytes of one block's parameters as stored in the file, of the largest where they differ: what a node must download
  // to serve it.
  std::size_t block_bytes() const { return block_bytes_; }

  // Each call reads and packs anew, touching only the pages it needs; keep the result and share it. The
  // matrices of a block and of the head are encoded in `type` (quant.hpp), or moved as they are stored if they are of
  // that type; norms and the embedding become fp32.
  // Of a mixture only the experts in `held` are read: a process that holds some of them touches no page of the others.
  // InputError with tensor and byte offset if a weight is NaN or infinite. Thread-safe.
  std::shared_ptr<const BlockWeights> load_block(int block, WeightType type = WeightType::fp32,
                                                 ExpertSpan held = {}) const;
  std::shared_ptr<const EmbeddingWeights> load_embedding() const;
  std::shared_ptr<const HeadWeights> load_head(WeightType type = WeightType::fp32) const;

 private:
  explicit Model(Source source);

  std::shared_ptr<const RopeTable> rope_table() const;
  void load_mlp(const std::string& name, WeightType type, BlockWeights& into) const;
  void load_experts(const std::string& name, WeightType type, ExpertSpan held, BlockWeights& into) const;

  Config config_;
  TensorTable tensors_;
  std::shared_ptr<const Tokenizer> tokenizer_;
  mutable std::once_flag rope_once_;  // guards rope_, which the first load_block makes
  mutable std::shared_ptr<const RopeTable> rope_;
  std::size_t block_bytes_ = 0;
};

}  // namespace orrery::kernels::model
