#include "sim/network/flows.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace orrery::sim::network {

Flows::Flows(const std::vector<BytesPerSecond>& capacities, Duration window, double tolerated, int patience)
    : solver_(capacities), window_(window), tolerated_(tolerated), patience_(patience) {
  EXPECT(window > Duration() && tolerated >= 0 && patience >= 1);
  solve();
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
  note_change();
  if (bytes.value() > 0 && rate == 0) return;
  const auto flow = static_cast<std::uint32_t>(flows_.size() - 1);
  const Due due{{bytes.value() > 0 ? end_of(flow) : now_, id}, flow};
  due_.insert(std::upper_bound(due_.begin(), due_.end(), due, std::greater<Completion>()), due);
}

void Flows::leave(std::size_t flow) {
  flows_[flow].done = true;
  for (const std::uint32_t link : paths_[flow].links) {
    if (link != Path::none) idle_[link] += rates_[flow];
  }
  --active_;
  note_change();
}

void Flows::cancel(std::uint64_t id) {
  const auto found = std::find_if(flows_.begin(), flows_.end(), [id](const Flow& f) { return f.id == id && !f.done; });
  EXPECT(found != flows_.end());
  const auto flow = static_cast<std::size_t>(found - flows_.begin());
  std::erase_if(due_, [flow](const Due& due) { return due.flow == flow; });
  leave(flow);
}

void Flows::note_change() {
  if (changes_++ > 0) return;
  check_ = boundary_from(now_);
  overdue_ = check_ + window_ * (patience_ - 1);
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

// Who ends before rates will have been solved again: the first change comes with the first end at the latest.
void Flows::list_due() {
  Time first = Time::never();
  for (std::size_t f = 0; f < flows_.size(); ++f) first = std::min(first, end_of(f));
  due_.clear();
  if (first == Time::never()) return;
  const Time limit = boundary_from(std::max(first, now_ + Duration::from_ns(1))) + window_ * (patience_ - 1);
  for (std::size_t f = 0; f < flows_.size(); ++f) {
    const Time end = end_of(f);
    if (end <= limit) due_.push_back({{end, flows_[f].id}, static_cast<std::uint32_t>(f)});
  }
  std::sort(due_.begin(), due_.end(), std::greater<Completion>());
}

// At a boundary with changes behind it: new rates, or the next boundary.
void Flows::settle() {
  if (now_ < check_) return;
  if (now_ < overdue_ && static_cast<double>(changes_) < tolerated_ * static_cast<double>(active_)) {
    check_ = now_ + window_;
    return;
  }
  drop_done();
  solve();
  list_due();
  changes_ = 0;
  check_ = Time::never();
}

// What ends at a boundary ends before rates are solved there; what starts at it, as well.
void Flows::advance(Time to, std::vector<Completion>& done) {
  EXPECT(to >= now_);
  for (;;) {
    if (!due_.empty() && due_.back().time <= std::min(to, check_)) {
      now_ = due_.back().time;
      leave(due_.back().flow);
      done.push_back(due_.back());
      due_.pop_back();
      continue;
    }
    now_ = std::min(to, check_);
    if (now_ == to) return;
    settle();
  }
}

Time Flows::next() {
  settle();
  if (active_ == 0) return Time::never();
  return due_.empty() ? check_ : std::min(due_.back().time, check_);
}

}  // namespace orrery::sim::network
