// The keys and values that a run of consecutive blocks keeps for one sequence.
#pragma once

#include <cstddef>
#include <vector>

#include "kernels/kv.hpp"
#include "kernels/model/config.hpp"

namespace orrery::kernels::model {

class KvCache {
 public:
  // Blocks begin .. end - 1, up to capacity positions each (rounded up to a multiple of 16).
  KvCache(const Config& config, int begin, int end, int capacity, KvType type = KvType::fp32);

  int begin() const { return begin_; }
  int end() const { return end_; }
  int capacity() const { return shape_.capacity; }
  KvType type() const { return shape_.type; }
  std::size_t bytes() const;

  // Positions that a block has stored so far. A block's next forward may start at any position up to this one: an
  // earlier start overwrites, which is how a rejected or re-run suffix is taken back.
  int length(int block) const;

  KvView view(int block) const;  // for the kernels
  void set_length(int block, int length);

  // What positions [first, first + count) of a block hold, one position after another, as it is stored: numbers of the
  // cache's type and their scales, entry_bytes() a position. Both return the end of what was written or read. What is
  // put in follows or overwrites what the block has.
  static std::size_t entry_bytes(const Config& config, KvType type);
  std::byte* copy_out(int block, int first, int count, std::byte* to) const;
  const std::byte* copy_in(int block, int first, int count, const std::byte* from);

 private:
  int begin_, end_;
  KvView shape_;  // without memory
  std::size_t block_bytes_;
  FloatBuffer data_;
  std::vector<int> lengths_;
};

}  // namespace orrery::kernels::model
