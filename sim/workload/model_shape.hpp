// The shape of a transformer, and how many parameters it has: data/models.toml, or the embedded model's config.json.
// Three sorts: language models, which put out a token after another; diffusion transformers (DiT), which pass all
// patches of an image at once, again and again; encoders, which turn a text into one vector.
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
  int positions = 0;                // rows of learned positions and token types, which the embedding has beside
  bool encoder = false;             // attends both ways; a pooler (hidden x hidden) in the head's place
  int image_tokens = 0;             // diffusion: patches of one image; vocab is what the head puts out for each
  int patch = 0;                    // diffusion: numbers of a patch that come in
  int classes = 0;                  // diffusion: labels that an image can be asked for by, and one for none
  double published_parameters = 0;  // 0: nobody says
  std::string source;

  // Numbers of one block: all, those every token reads (attention, norms, router, or all if dense), one expert's.
  std::int64_t block_parameters() const;
  std::int64_t block_shared_parameters() const;
  std::int64_t expert_parameters() const;
  std::int64_t embedding_parameters() const;
  std::int64_t head_parameters() const;  // 0 if tied, but for the final norm
  std::int64_t parameters() const;       // of the whole model
  // Diffusion: numbers in the matrix that makes a block's shifts, scales and gates from step and label, once an image
  // and pass (adaLN-Zero).
  std::int64_t conditioning_parameters() const;
  // Numbers in the matrices a token is multiplied with in one block.
  std::int64_t active_matrix_parameters() const;
};

// The presets in the order of data/models.toml, and last "embedded".
const std::vector<ModelShape>& model_shapes();
// The preset of this name; InputError at `place` with the nearest name.
const ModelShape& model_shape(std::string_view name, std::string_view place);

}  // namespace orrery::sim::workload
