// What a model's parts take in memory once they are loaded, from its shape alone: padding of packed matrices included,
// the table of angles (one for all blocks) not.
#pragma once

#include <cstddef>

#include "kernels/model/config.hpp"
#include "kernels/quant.hpp"

namespace orrery::kernels::model {

struct Footprint {
  std::size_t shared = 0;     // of a block, without its experts: all of a dense one
  std::size_t expert = 0;     // one expert of one block
  std::size_t embedding = 0;  // fp32 in every type
  std::size_t head = 0;

  // Of a block with so many of its experts: BlockWeights::bytes().
  std::size_t block(int experts) const { return shared + static_cast<std::size_t>(experts) * expert; }
};

// type: of the matrices of blocks and head.
Footprint footprint(const Config& config, WeightType type);

}  // namespace orrery::kernels::model
