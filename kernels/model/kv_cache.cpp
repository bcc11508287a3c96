#include "kernels/model/kv_cache.hpp"

#include <cstring>

namespace orrery::kernels::model {

KvCache::KvCache(const Config& config, int begin, int end, int capacity)
    : begin_(begin), end_(end), kv_heads_(config.kv_heads), head_dim_(config.head_dim) {
  EXPECT(0 <= begin && begin <= end && end <= config.layers);
  EXPECT(capacity >= 1 && capacity <= config.context);
  capacity_ = (capacity + KvView::panel - 1) / KvView::panel * KvView::panel;
  const KvView shape{nullptr, nullptr, kv_heads_, head_dim_, capacity_};
  block_floats_ = shape.key_floats() + shape.value_floats();
  data_ = allocate_floats(bytes() / sizeof(float));
  std::memset(data_.get(), 0, bytes());
  lengths_.assign(static_cast<std::size_t>(end - begin), 0);
}

std::size_t KvCache::bytes() const { return static_cast<std::size_t>(end_ - begin_) * block_floats_ * sizeof(float); }

int KvCache::length(int block) const {
  EXPECT(begin_ <= block && block < end_);
  return lengths_[static_cast<std::size_t>(block - begin_)];
}

KvView KvCache::view(int block) const {
  EXPECT(begin_ <= block && block < end_);
  KvView out{data_.get() + static_cast<std::size_t>(block - begin_) * block_floats_, nullptr, kv_heads_, head_dim_,
             capacity_};
  out.values = out.keys + out.key_floats();
  return out;
}

void KvCache::set_length(int block, int length) {
  EXPECT(begin_ <= block && block < end_ && 0 <= length && length <= capacity_);
  lengths_[static_cast<std::size_t>(block - begin_)] = length;
}

}  // namespace orrery::kernels::model
