// The shape of a transformer, and how many parameters it has: data/models.toml, or the embedded model's config.json.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace orrery::sim::workload {

struct ModelShape {
  std::string name;
  int layers = 0;
  int hidden = 0;
  int heads = 0;
  int kv_heads = 0;  // query heads / kv_heads share keys and values
  int head_dim = 0;
  int ffn = 0;          // width of one MLP or expert
  bool gated = true;    // SwiGLU: three matrices; otherwise two
  bool biases = false;  // every matrix has one, and norms are LayerNorms with two vectors (BLOOM)
  int experts = 0;      // routed experts; 0: dense
  int experts_active = 0;
  int vocab = 0;
  bool tied = false;                // the head is the embedding
  bool embedding_norm = false;      // a LayerNorm behind the embedding (BLOOM)
  double published_parameters = 0;  // 0: nobody says
  std::string source;

  // Numbers of one block: all, those every token reads (attention, norms, router, or all if dense), one expert's.
  std::int64_t block_parameters() const;
  std::int64_t block_shared_parameters() const;
  std::int64_t expert_parameters() const;
  std::int64_t embedding_parameters() const;
  std::int64_t head_parameters() const;  // 0 if tied, but for the final norm
  std::int64_t parameters() const;       // of the whole model
  // Numbers in the matrices a token is multiplied with in one block.
  std::int64_t active_matrix_parameters() const;
};

// The presets in the order of data/models.toml, and last "embedded".
const std::vector<ModelShape>& model_shapes();
// The preset of this name; InputError at `place` with the nearest name.
const ModelShape& model_shape(std::string_view name, std::string_view place);

}  // namespace orrery::sim::workload
