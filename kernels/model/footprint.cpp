#include "kernels/model/footprint.hpp"

#include "kernels/packed.hpp"

namespace orrery::kernels::model {
namespace {

// PackedMatrix(n, k, type).bytes()
std::size_t packed(int n, int k, WeightType type) {
  const auto panels = static_cast<std::size_t>((n + PackedMatrix::panel - 1) / PackedMatrix::panel);
  return panels * packed_bytes(type, k);
}

}  // namespace

Footprint footprint(const Config& c, WeightType type) {
  const std::size_t norm = static_cast<std::size_t>(c.hidden) * sizeof(float);
  const std::size_t mlp = packed(2 * c.ffn, c.hidden, type) + packed(c.hidden, c.ffn, type);
  Footprint out;
  out.shared =
      2 * norm + packed(c.query_cols() + 2 * c.kv_cols(), c.hidden, type) + packed(c.hidden, c.query_cols(), type);
  if (c.experts > 0) {
    out.shared += packed(c.experts, c.hidden, WeightType::fp32);  // the router
    out.expert = mlp;
  } else {
    out.shared += mlp;
  }
  out.embedding = c.embedding_parameters() * sizeof(float);
  out.head = packed(c.vocab, c.hidden, type) + norm;
  return out;
}

}  // namespace orrery::kernels::model
