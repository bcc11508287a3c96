#include "sim/network/fair_link.hpp"

#include <algorithm>
#include <cmath>

namespace orrery::sim::network {

FairLink::FairLink(BytesPerSecond capacity) : capacity_(capacity.value()) { EXPECT(capacity_ > 0); }

double FairLink::virtual_at(Time now) const {
  EXPECT(now >= since_);
  if (ends_.empty()) return 0;
  return virtual_ + ((now - since_).seconds() + lag_) * capacity_ / static_cast<double>(ends_.size());
}

// From lag_ before since_ to the first end.
double FairLink::seconds_to_first() const {
  return (ends_.begin()->first - virtual_) * static_cast<double>(ends_.size()) / capacity_;
}

void FairLink::advance(Time now) {
  EXPECT(now <= next());
  virtual_ = virtual_at(now);
  since_ = now;
  lag_ = 0;
}

void FairLink::leave_idle() {
  if (!ends_.empty()) return;
  virtual_ = 0;
  lag_ = 0;
}

void FairLink::start(Time now, std::uint64_t id, Bytes bytes) {
  EXPECT(bytes.value() >= 0 && !tags_.contains(id));
  advance(now);
  const double end = virtual_ + bytes.value();
  tags_.emplace(id, end);
  ends_.emplace(end, id);
}

void FairLink::cancel(Time now, std::uint64_t id) {
  const auto tag = tags_.find(id);
  EXPECT(tag != tags_.end());
  advance(now);
  ends_.erase({tag->second, id});
  tags_.erase(tag);
  leave_idle();
}

Time FairLink::next() const {
  if (ends_.empty()) return Time::never();
  const double ns = std::ceil((seconds_to_first() - lag_) * 1e9);
  EXPECT(ns < 4.6e18);
  return since_ + Duration::from_ns(std::max<std::int64_t>(0, static_cast<std::int64_t>(ns)));
}

std::vector<std::uint64_t> FairLink::finish(Time now) {
  EXPECT(!ends_.empty() && now == next());
  lag_ += (now - since_).seconds() - seconds_to_first();
  virtual_ = ends_.begin()->first;
  since_ = now;
  std::vector<std::uint64_t> ids;
  while (!ends_.empty() && ends_.begin()->first == virtual_) {
    ids.push_back(ends_.begin()->second);
    tags_.erase(ends_.begin()->second);
    ends_.erase(ends_.begin());
  }
  leave_idle();
  return ids;
}

Bytes FairLink::left(Time now, std::uint64_t id) const {
  const auto tag = tags_.find(id);
  EXPECT(tag != tags_.end());
  return Bytes(std::max(0.0, tag->second - virtual_at(now)));
}

}  // namespace orrery::sim::network
