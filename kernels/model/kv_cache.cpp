#include "kernels/model/kv_cache.hpp"

#include <algorithm>
#include <cstring>

namespace orrery::kernels::model {
namespace {

std::size_t whole_lines(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

KvCache::KvCache(const Config& config, int begin, int end, int capacity, KvType type) : begin_(begin), end_(end) {
  EXPECT(0 <= begin && begin <= end && end <= config.layers);
  EXPECT(capacity >= 1 && capacity <= config.context);
  shape_.type = type;
  shape_.kv_heads = config.kv_heads;
  shape_.head_dim = config.head_dim;
  shape_.capacity = (capacity + KvView::panel - 1) / KvView::panel * KvView::panel;
  block_bytes_ =
      whole_lines(shape_.key_bytes()) + whole_lines(shape_.value_bytes()) + 2 * whole_lines(shape_.scale_bytes());
  data_ = allocate_floats(bytes() / sizeof(float));
  std::memset(data_.get(), 0, bytes());
  lengths_.assign(static_cast<std::size_t>(end - begin), 0);
}

std::size_t KvCache::bytes() const { return static_cast<std::size_t>(end_ - begin_) * block_bytes_; }

int KvCache::length(int block) const {
  EXPECT(begin_ <= block && block < end_);
  return lengths_[static_cast<std::size_t>(block - begin_)];
}

KvView KvCache::view(int block) const {
  EXPECT(begin_ <= block && block < end_);
  KvView out = shape_;
  out.keys = reinterpret_cast<std::byte*>(data_.get()) + static_cast<std::size_t>(block - begin_) * block_bytes_;
  out.values = out.keys + whole_lines(shape_.key_bytes());
  if (out.type == KvType::int8) {
    std::byte* scales = out.values + whole_lines(shape_.value_bytes());
    out.key_scales = reinterpret_cast<float*>(scales);
    out.value_scales = reinterpret_cast<float*>(scales + whole_lines(shape_.scale_bytes()));
  }
  return out;
}

void KvCache::set_length(int block, int length) {
  EXPECT(begin_ <= block && block < end_ && 0 <= length && length <= shape_.capacity);
  lengths_[static_cast<std::size_t>(block - begin_)] = length;
}

float* KvCache::copy_out(int block, int first, int count, float* to) const {
  EXPECT(0 <= first && 0 <= count && first + count <= length(block));
  const KvView kv = view(block);
  for (int p = first; p < first + count; ++p) {
    for (int h = 0; h < kv_heads_; ++h) {
      for (int d = 0; d < head_dim_; ++d) *to++ = kv.key(h, p, d);
    }
    for (int h = 0; h < kv_heads_; ++h) to = std::copy_n(kv.value(h, p), head_dim_, to);
  }
  return to;
}

const float* KvCache::copy_in(int block, int first, int count, const float* from) {
  EXPECT(0 <= first && first <= length(block) && 0 <= count && first + count <= capacity_);
  const KvView kv = view(block);
  for (int p = first; p < first + count; ++p) {
    for (int h = 0; h < kv_heads_; ++h) {
      for (int d = 0; d < head_dim_; ++d) kv.key(h, p, d) = *from++;
    }
    for (int h = 0; h < kv_heads_; ++h, from += head_dim_) std::copy_n(from, head_dim_, kv.value(h, p));
  }
  set_length(block, std::max(length(block), first + count));
  return from;
}

}  // namespace orrery::kernels::model
