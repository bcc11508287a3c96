#include "sim/network/flows.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace orrery::sim::network {

Flows::Flows(const std::vector<BytesPerSecond>& capacities, Duration window) : solver_(capacities), window_(window) {
  EXPECT(window > Duration());
  solve();
  horizon_ = Time::never();
}

Time Flows::boundary_from(Time t) const {
  const std::int64_t w = window_.ns();
  return Time::from_ns((t.ns() + w - 1) / w * w);
}

// Rounded up to the nanosecond: a flow never ends before its last byte.
Time Flows::end_of(std::size_t flow) const {
  const double ns = std::ceil(flows_[flow].left / rates_[flow] * 1e9);
  return ns < 9e18 ? flows_[flow].since + Duration::from_ns(static_cast<std::int64_t>(ns)) : Time::never();
}

void Flows::start(std::uint64_t id, const Path& path, Bytes bytes) {
  EXPECT(bytes.value() >= 0 && path.links[0] < solver_.links());
  double rate = solver_.capacity(path.links[0]);
  for (const std::uint32_t link : path.links) {
    if (link != Path::none) rate = std::min(rate, idle_.at(link));
  }
  for (const std::uint32_t link : path.links) {
    if (link != Path::none) idle_[link] -= rate;
  }
  flows_.push_back({id, bytes.value(), now_, false});
  paths_.push_back(path);
  rates_.push_back(rate);
  ++active_;
  changed_ = true;
  horizon_ = std::min(horizon_, boundary_from(now_));
  if (bytes.value() > 0 && rate == 0) return;
  const auto flow = static_cast<std::uint32_t>(flows_.size() - 1);
  const Due due{{bytes.value() > 0 ? end_of(flow) : now_, id}, flow};
  due_.insert(std::upper_bound(due_.begin(), due_.end(), due, std::greater<Completion>()), due);
}

void Flows::complete(const Due& due) {
  flows_[due.flow].done = true;
  for (const std::uint32_t link : paths_[due.flow].links) {
    if (link != Path::none) idle_[link] += rates_[due.flow];
  }
  --active_;
  changed_ = true;
}

void Flows::drop_done() {
  std::size_t kept = 0;
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    if (flows_[f].done) continue;
    Flow flow = flows_[f];
    flow.left = std::max(0.0, flow.left - rates_[f] * (now_ - flow.since).seconds());
    flow.since = now_;
    flows_[kept] = flow;
    paths_[kept] = paths_[f];
    ++kept;
  }
  flows_.resize(kept);
  paths_.resize(kept);
  rates_.resize(kept);
}

void Flows::solve() {
  solver_.solve(paths_, rates_);
  idle_.resize(solver_.links());
  for (std::uint32_t l = 0; l < solver_.links(); ++l) idle_[l] = solver_.capacity(l);
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    for (const std::uint32_t link : paths_[f].links) {
      if (link != Path::none) idle_[link] = std::max(0.0, idle_[link] - rates_[f]);
    }
  }
}

// At a boundary: new rates if anything changed, then who ends by the next boundary at which something can change.
void Flows::settle() {
  if (now_ < horizon_) return;
  if (changed_) {
    drop_done();
    solve();
    changed_ = false;
  }
  Time first = Time::never();
  for (std::size_t f = 0; f < flows_.size(); ++f) first = std::min(first, end_of(f));
  horizon_ = first == Time::never() ? first : boundary_from(std::max(first, now_ + Duration::from_ns(1)));
  due_.clear();
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    const Time end = end_of(f);
    if (end <= horizon_ && end < Time::never()) due_.push_back({{end, flows_[f].id}, static_cast<std::uint32_t>(f)});
  }
  std::sort(due_.begin(), due_.end(), std::greater<Completion>());
}

void Flows::advance(Time to, std::vector<Completion>& done) {
  EXPECT(to >= now_);
  while (true) {
    settle();
    const Time until = std::min(to, horizon_);
    while (!due_.empty() && due_.back().time <= until) {
      complete(due_.back());
      done.push_back(due_.back());
      due_.pop_back();
    }
    now_ = until;
    if (until == to) return;
  }
}

Time Flows::next() {
  settle();
  if (active_ == 0) return Time::never();
  return due_.empty() ? horizon_ : std::min(due_.back().time, horizon_);
}

}  // namespace orrery::sim::network
