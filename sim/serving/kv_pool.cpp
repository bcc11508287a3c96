#include "sim/serving/kv_pool.hpp"

namespace orrery::sim::serving {

bool KvPool::admit(LegName name, Bytes bytes) {
  EXPECT(bytes.value() >= 0 && !holdings_.contains(name));
  if (used_ + bytes > capacity_) return false;
  holdings_[name] = {bytes.value(), ++admissions_};
  used_ += bytes;
  return true;
}

bool KvPool::grow(LegName name, Bytes bytes) {
  const auto found = holdings_.find(name);
  EXPECT(found != holdings_.end() && bytes.value() >= 0);
  if (used_ + bytes > capacity_) return false;
  found->second.bytes += bytes.value();
  used_ += bytes;
  return true;
}

void KvPool::release(LegName name) {
  const auto found = holdings_.find(name);
  EXPECT(found != holdings_.end());
  used_ = used_ - Bytes(found->second.bytes);
  holdings_.erase(found);
  // Byte counts are whole numbers below 2^53: sums are exact, and an empty pool is exactly empty.
  ENSURE(!holdings_.empty() || used_.value() == 0);
}

void KvPool::clear() {
  holdings_.clear();
  used_ = Bytes(0);
}

std::optional<LegName> KvPool::newest() const {
  std::optional<LegName> last;
  std::uint64_t admitted = 0;
  for (const auto& [name, holding] : holdings_) {
    if (holding.admitted > admitted) {
      last = name;
      admitted = holding.admitted;
    }
  }
  return last;
}

}  // namespace orrery::sim::serving
