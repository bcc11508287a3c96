#include "kernels/model/kv_cache.hpp"

#include <algorithm>
#include <cstring>

namespace orrery::kernels::model {
namespace {

std::size_t whole_lines(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

// Calls use(memory, bytes) for every piece of memory that belongs to these positions, in an order that depends on the
// shape alone.
template <class Use>
void for_each_part(const KvView& kv, int first, int count, Use&& use) {
  const std::size_t number = width(kv.type);
  for (int p = first; p < first + count; ++p) {
    for (int h = 0; h < kv.kv_heads; ++h) {
      for (int d = 0; d < kv.head_dim; ++d)
        use(kv.keys + static_cast<std::size_t>(kv.key_offset(h, p, d)) * number, number);
      use(kv.values + static_cast<std::size_t>(kv.value_offset(h, p)) * number, kv.head_dim * number);
      if (kv.type != KvType::int8) continue;
      for (float* scales : {kv.key_scales, kv.value_scales}) {
        use(reinterpret_cast<std::byte*>(scales + kv.scale_offset(h, p)), sizeof(float));
      }
    }
  }
}

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

std::size_t KvCache::entry_bytes(const Config& config, KvType type) {
  const std::size_t scales = type == KvType::int8 ? 2 * sizeof(float) : 0;
  return static_cast<std::size_t>(config.kv_heads) * (2 * config.head_dim * width(type) + scales);
}

std::byte* KvCache::copy_out(int block, int first, int count, std::byte* to) const {
  EXPECT(0 <= first && 0 <= count && first + count <= length(block));
  for_each_part(view(block), first, count, [&to](std::byte* part, std::size_t bytes) {
    std::memcpy(to, part, bytes);
    to += bytes;
  });
  return to;
}

const std::byte* KvCache::copy_in(int block, int first, int count, const std::byte* from) {
  EXPECT(0 <= first && first <= length(block) && 0 <= count && first + count <= shape_.capacity);
  for_each_part(view(block), first, count, [&from](std::byte* part, std::size_t bytes) {
    std::memcpy(part, from, bytes);
    from += bytes;
  });
  set_length(block, std::max(length(block), first + count));
  return from;
}

}  // namespace orrery::kernels::model
