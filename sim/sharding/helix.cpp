// Helix' placement: the one that carries the largest flow, found by search.
#include <algorithm>
#include <cmath>

#include "sim/estimates.hpp"
#include "sim/flow.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

using Spans = std::vector<BlockSpan>;

// How good a placement is: its flow, and a thousandth of how evenly blocks are served, which shows a search the way out
// of placements that carry nothing.
struct Value {
  double flow = 0;  // [token/s]
  double even = 0;  // [token/s]: the thinnest block's rate, and a thousandth of all blocks' up to twice the flow
  double total() const { return flow + 1e-3 * even; }
};

class Search {
 public:
  Search(const SwarmView& whole, const std::vector<std::size_t>& able, Entry entry, Draw& draw)
      : blocks_(whole.blocks), entry_(entry), draw_(draw) {
    for (std::size_t i : able) nodes_.push_back(whole.nodes[i]);
    view_ = whole;
    view_.nodes = nodes_;
  }

  const SwarmView& view() const { return view_; }

  // Simulated annealing from `spans`: `steps` proposals while the temperature falls from 3 % of the best value to
  // nothing. Leaves the best placement found in `best`.
  void anneal(Spans spans, std::int64_t steps, Spans& best, double& best_total) {
    double now = value(spans).total();
    keep(spans, now, best, best_total);
    for (std::int64_t step = 0; step < steps; ++step) {
      const Spans before = spans;
      propose(spans);
      if (spans == before) continue;
      const double then = value(spans).total();
      const double left = 1 - static_cast<double>(step) / static_cast<double>(steps);
      const double temperature = 0.03 * best_total * left * left;
      const bool take = then >= now || draw_.uniform() < std::exp((then - now) / std::max(temperature, 1e-12));
      if (take) {
        now = then;
        keep(spans, now, best, best_total);
      } else {
        spans = before;
      }
    }
  }

 private:
  static void keep(const Spans& spans, double total, Spans& best, double& best_total) {
    if (!best.empty() && total <= best_total) return;
    best = spans;
    best_total = total;
  }

  Value value(const Spans& spans) const {
    Value v;
    v.flow = max_flow_value(view_, spans, entry_);
    const std::vector<double> rates = rates_per_block(view_, spans, spans.size());
    v.even = *std::min_element(rates.begin(), rates.end());
    for (double rate : rates) v.even += 1e-3 * std::min(rate, 2 * v.flow + 1);
    return v;
  }

  int room(std::size_t i) const { return capacity(nodes_[i], blocks_); }
  int below(int n) { return static_cast<int>(draw_.below(static_cast<std::uint64_t>(n))); }

  // One of: a node goes elsewhere, a seam between stages moves by one, two nodes change places.
  void propose(Spans& spans) {
    const auto i = static_cast<std::size_t>(draw_.below(spans.size()));
    const int kind = below(10);
    if (kind < 6) {
      relocate(spans, i);
    } else if (kind < 9) {
      shift_seam(spans, i);
    } else {
      const auto j = static_cast<std::size_t>(draw_.below(spans.size()));
      if (spans[i].size() <= room(j) && spans[j].size() <= room(i)) std::swap(spans[i], spans[j]);
    }
  }

  // To where another node's span begins or ends, so that stages meet.
  void relocate(Spans& spans, std::size_t i) {
    const BlockSpan other = spans[draw_.below(spans.size())];
    const int length = 1 + below(room(i));
    BlockSpan to;
    switch (below(4)) {
      case 0:
        to = {other.end, other.end + length};
        break;
      case 1:
        to = {other.begin - length, other.begin};
        break;
      case 2:
        to = {other.begin, other.begin + length};
        break;
      default:
        to = {other.end - length, other.end};
    }
    to.begin = std::max(to.begin, 0);
    to.end = std::min(to.end, blocks_);
    if (!to.empty()) spans[i] = to;
  }

  // All spans that end, or begin, where span i ends are moved by one block, as far as memory allows.
  void shift_seam(Spans& spans, std::size_t i) {
    const int seam = spans[i].end;
    const int to = seam + (below(2) == 0 ? 1 : -1);
    if (seam == blocks_ || to <= 0 || to >= blocks_) return;
    const Spans before = spans;
    for (std::size_t k = 0; k < spans.size(); ++k) {
      if (spans[k].end == seam) spans[k].end = to;
      if (spans[k].begin == seam) spans[k].begin = to;
      if (!spans[k].empty() && spans[k].size() <= room(k)) continue;
      spans = before;
      return;
    }
  }

  std::vector<NodeView> nodes_;
  SwarmView view_;
  int blocks_;
  Entry entry_;
  Draw& draw_;
};

class Helix final : public ShardingPolicy {
 public:
  struct Params {
    std::int64_t effort = 100;
    std::int64_t restarts = 2;
    bool midway = true;
    static Fields<Params> fields() {
      return Fields<Params>()
          .integer("effort", &Params::effort, "1", "proposals of the search for each node and restart", 1, 1e7)
          .integer("restarts", &Params::restarts, "1",
                   "searches, each from the best placement so far or a published one", 1, 1000)
          .boolean("midway", &Params::midway, "the flow may enter a node midway through its span");
    }
  };
  static About about() {
    return {
        "helix", "the placement that carries the largest flow",
        "A placement is judged by its maximum flow in tokens per second: nodes pass what they compute with full "
        "batches, links what they carry, and work may enter a node midway (sim/flow.hpp; the flow is LEMON's "
        "preflow-push). Helix finds the best placement by mixed-integer programming, which takes a solver hours; "
        "here simulated annealing looks for it, starting from the placements of sharding.swarm and sharding.petals: "
        "a node goes to where another's span begins or ends, a seam between stages moves by a block, or two nodes "
        "change places. effort x nodes proposals in each of `restarts` searches, the later ones from the best so far. "
        "So it is not proved "
        "optimal: orrery placement prints the gap to a bound. Nodes that join later go where rates are thinnest. The "
        "search and "
        "joining are ours.",
        "Mei et al., Helix: Serving Large Language Models over Heterogeneous GPUs and Network via Max-Flow, "
        "ASPLOS 2025, arXiv:2406.01566; search: Kirkpatrick, Gelatt, Vecchi, Science 220 (1983); flow: Dezso, "
        "Juttner, Kovacs, LEMON, 2011"};
  }
  explicit Helix(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw& draw) const override {
    const std::vector<std::size_t> able = nodes_with_room(view);
    Spans spans(view.nodes.size());
    if (able.empty()) return spans;
    Search search(view, able, params_.midway ? Entry::midway : Entry::at_begin, draw);
    Spans best;
    double total = 0;
    const std::int64_t steps = params_.effort * static_cast<std::int64_t>(able.size());
    const config::Registry<ShardingPolicy>& others = config::Registry<ShardingPolicy>::instance();
    const char* const starts[] = {"swarm", "petals"};
    for (std::int64_t i = 0; i < params_.restarts; ++i) {
      search.anneal(i < 2 ? others.make(starts[i])->place(search.view(), draw) : best, steps, best, total);
    }
    for (std::size_t k = 0; k < able.size(); ++k) spans[able[k]] = best[k];
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Helix);

}  // namespace
}  // namespace orrery::sim::sharding
