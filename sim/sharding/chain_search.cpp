#include "sim/sharding/chain_search.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "sim/sharding/pipelines.hpp"

namespace orrery::sim::sharding {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

// All that a search asks the estimates, asked once.
class Tables {
 public:
  Tables(const SwarmView& view, std::span<const std::size_t> nodes) : view_(view), blocks(view.blocks) {
    for (std::size_t i : nodes) {
      const NodeView& node = view.nodes[i];
      Row row;
      row.room = capacity(node, blocks);
      for (int l = 0; l < blocks; ++l) {
        for (int r = l + 1; r <= std::min(blocks, l + row.room); ++r) {
          row.rates.push_back(estimates(view).tokens_per_s(node, {l, r}));
          row.seconds.push_back(estimates(view).token_s(node, {l, r}));
        }
        row.begins.push_back(static_cast<int>(row.rates.size()));
      }
      ids_.push_back(node.node);
      rows_.push_back(std::move(row));
    }
    uniform_ = links_are_equal();
  }

  struct Row {
    int room = 0;
    std::vector<double> rates, seconds;  // of [l, r): by l, then r
    std::vector<int> begins;             // where the spans from l + 1 start
    friend bool operator==(const Row&, const Row&) = default;
  };

  std::size_t size() const { return rows_.size(); }
  const Row& row(std::size_t k) const { return rows_[k]; }
  int longest(std::size_t k, int l) const { return std::min(rows_[k].room, blocks - l); }
  double rate(std::size_t k, int l, int r) const { return rows_[k].rates[at(k, l, r)]; }
  double seconds(std::size_t k, int l, int r) const { return rows_[k].seconds[at(k, l, r)]; }
  // Of the link between two nodes; `size()` stands for the clients.
  double link_rate(std::size_t a, std::size_t b) const { return estimates(view_).link_tokens_per_s(id(a), id(b)); }
  double hop(std::size_t a, std::size_t b) const { return estimates(view_).hop_s(id(a), id(b)); }
  bool uniform() const { return uniform_; }
  std::size_t clients() const { return rows_.size(); }

 private:
  std::size_t at(std::size_t k, int l, int r) const {
    return static_cast<std::size_t>((l == 0 ? 0 : rows_[k].begins[static_cast<std::size_t>(l) - 1]) + r - l - 1);
  }
  NodeId id(std::size_t k) const { return k == clients() ? NodeId() : ids_[k]; }
  bool links_are_equal() const {
    for (std::size_t a = 0; a <= size(); ++a) {
      for (std::size_t b = 0; b <= size(); ++b) {
        if (a == b) continue;
        const bool client = a == clients() || b == clients();
        const std::size_t x = client && b != clients() ? clients() : 0;
        const std::size_t y = !client ? 1 : x == clients() ? 0 : clients();
        if (link_rate(a, b) != link_rate(x, y) || hop(a, b) != hop(x, y)) return false;
      }
    }
    return true;
  }

  const SwarmView& view_;
  std::vector<NodeId> ids_;
  std::vector<Row> rows_;
  bool uniform_ = false;

 public:
  const int blocks;
};

// Nodes that are alike, and the numbers of them used so far as one number (mixed radix).
struct Kinds {
  std::vector<std::vector<std::size_t>> members;
  std::vector<std::size_t> radix;  // weight of one member
  std::size_t states = 1;

  explicit Kinds(const Tables& t) {
    for (std::size_t k = 0; k < t.size(); ++k) {
      const auto alike = [&](const std::vector<std::size_t>& m) { return t.uniform() && t.row(m.front()) == t.row(k); };
      const auto kind = std::find_if(members.begin(), members.end(), alike);
      if (kind != members.end()) {
        kind->push_back(k);
      } else {
        members.push_back({k});
      }
    }
    for (const auto& m : members) {
      radix.push_back(states);
      EXPECT(states <= (std::size_t{1} << 31) / (m.size() + 1));
      states *= m.size() + 1;
    }
  }
  std::size_t used(std::size_t state, std::size_t kind) const {
    return state / radix[kind] % (members[kind].size() + 1);
  }
};

double count_states(const Tables& t, Objective objective) {
  std::vector<std::pair<std::size_t, double>> kinds;  // (first member, count)
  double states = 1;
  for (std::size_t k = 0; k < t.size(); ++k) {
    const auto alike = [&](const auto& kind) { return t.uniform() && t.row(kind.first) == t.row(k); };
    const auto kind = std::find_if(kinds.begin(), kinds.end(), alike);
    if (kind != kinds.end()) {
      kind->second += 1;
    } else {
      kinds.emplace_back(k, 1.0);
    }
  }
  for (const auto& [first, count] : kinds) states *= count + 1;
  if (!t.uniform()) states *= static_cast<double>(t.size());
  return objective == Objective::latency ? states * (t.blocks + 1) : states;
}

// Where links are alike, the last node of a prefix does not matter; otherwise each node is a kind of its own.
class AnyOrder {
 public:
  explicit AnyOrder(const Tables& t) : t_(t), kinds_(t), lasts_(t.uniform() ? 1 : t.size() + 1) {}

  Chain throughput() {
    std::vector<double> goals = candidate_rates();
    // reach(goals[low]) is complete, or low is -1.
    std::ptrdiff_t low = -1, high = static_cast<std::ptrdiff_t>(goals.size());
    while (high - low > 1) {
      const std::ptrdiff_t middle = (low + high) / 2;
      (reach(goals[static_cast<std::size_t>(middle)]) ? low : high) = middle;
    }
    Chain chain;
    if (low < 0) return chain;
    chain.tokens_per_s = goals[static_cast<std::size_t>(low)];
    ENSURE(reach(chain.tokens_per_s));
    trace_reach(chain);
    return chain;
  }

  Chain latency() {
    const auto width = static_cast<std::size_t>(t_.blocks) + 1;
    std::vector<double> cost(kinds_.states * lasts_ * width, infinity);
    from_.assign(cost.size(), Step{});
    const std::size_t begin = (t_.uniform() ? 0 : t_.clients()) * width;
    cost[begin] = 0;
    std::size_t best = cost.size();
    double least = infinity;
    for (std::size_t s = 0; s < kinds_.states; ++s) {
      for (std::size_t last = 0; last < lasts_; ++last) {
        for (int l = 0; l <= t_.blocks; ++l) {
          const std::size_t here = (s * lasts_ + last) * width + static_cast<std::size_t>(l);
          if (cost[here] == infinity) continue;
          if (l == t_.blocks) {
            const double total = cost[here] + t_.hop(t_.uniform() ? 0 : last, t_.clients());
            if (total < least) {
              least = total;
              best = here;
            }
            continue;
          }
          extend(cost, s, last, l, here);
        }
      }
    }
    Chain chain;
    if (best == cost.size()) return chain;
    chain.latency_s = least;
    for (std::size_t here = best; here != begin; here = from_[here].state) {
      const int r = static_cast<int>(here % width);
      const int l = static_cast<int>(from_[here].state % width);
      chain.stages.push_back({from_[here].node, {l, r}});
    }
    name_members(chain);
    return chain;
  }

 private:
  struct Step {
    std::size_t state = 0;
    std::size_t node = 0;  // a kind until name_members
    int begin = 0;         // of the stage
  };

  std::vector<double> candidate_rates() const {
    std::vector<double> rates;
    for (std::size_t k = 0; k < t_.size(); ++k) {
      rates.insert(rates.end(), t_.row(k).rates.begin(), t_.row(k).rates.end());
      for (std::size_t other = 0; other <= t_.size(); ++other) {
        if (other == k) continue;
        for (double rate : {t_.link_rate(k, other), t_.link_rate(other, k)}) {
          if (std::isfinite(rate)) rates.push_back(rate);
        }
      }
    }
    std::sort(rates.begin(), rates.end());
    rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
    return rates;
  }

  std::size_t before(std::size_t last, bool first) const {
    if (!t_.uniform()) return last;
    return first ? t_.clients() : 0;
  }
  // A link between any two nodes, where all are alike: another node than `kind`'s first for the other end.
  std::size_t other_end(std::size_t node) const { return t_.uniform() && node == 0 && t_.size() > 1 ? 1 : node; }

  bool link_carries(std::size_t from, std::size_t to, double goal) const {
    if (from == to) return true;  // a single node has no link to itself
    return t_.link_rate(from, to) >= goal;
  }

  // The farthest block that each state reaches at `goal`; can one reach the end and get back to the clients?
  bool reach(double goal) {
    reached_.assign(kinds_.states * lasts_, -1);
    from_.assign(reached_.size(), Step{});
    reached_[t_.uniform() ? 0 : t_.clients()] = 0;
    std::vector<std::vector<int>> farthest;
    for (const auto& m : kinds_.members) farthest.push_back(farthest_ends(m.front(), goal));
    for (std::size_t s = 0; s < kinds_.states; ++s) {
      for (std::size_t last = 0; last < lasts_; ++last) {
        const std::size_t here = s * lasts_ + last;
        int l = reached_[here];
        if (l < 0) continue;
        if (l == t_.blocks) {
          if (link_carries(t_.uniform() ? 0 : last, t_.clients(), goal)) {
            end_ = here;
            return true;
          }
          // No way back from here: somebody else has to have the last block, if this node can spare it.
          if (from_[here].begin + 1 == t_.blocks) continue;
          --l;
        }
        for (std::size_t k = 0; k < kinds_.members.size(); ++k) {
          if (kinds_.used(s, k) == kinds_.members[k].size()) continue;
          const std::size_t node = kinds_.members[k].front();
          if (!link_carries(before(last, s == 0), s == 0 ? node : other_end(node), goal)) continue;
          const int r = farthest[k][static_cast<std::size_t>(l)];
          const std::size_t there = (s + kinds_.radix[k]) * lasts_ + (t_.uniform() ? 0 : node);
          if (r <= l || r <= reached_[there]) continue;
          reached_[there] = r;
          from_[there] = {here, k, l};
        }
      }
    }
    return false;
  }

  std::vector<int> farthest_ends(std::size_t node, double goal) const {
    std::vector<int> ends(static_cast<std::size_t>(t_.blocks));
    for (int l = 0; l < t_.blocks; ++l) {
      int r = l;
      while (r < l + t_.longest(node, l) && t_.rate(node, l, r + 1) >= goal) ++r;
      ends[static_cast<std::size_t>(l)] = r;
    }
    return ends;
  }

  void trace_reach(Chain& chain) const {
    const std::size_t begin = t_.uniform() ? 0 : t_.clients();
    int end = t_.blocks;
    for (std::size_t here = end_; here != begin; here = from_[here].state) {
      chain.stages.push_back({from_[here].node, {from_[here].begin, end}});
      end = from_[here].begin;
    }
    name_members(chain);
  }

  void extend(std::vector<double>& cost, std::size_t s, std::size_t last, int l, std::size_t here) {
    const auto width = static_cast<std::size_t>(t_.blocks) + 1;
    for (std::size_t k = 0; k < kinds_.members.size(); ++k) {
      if (kinds_.used(s, k) == kinds_.members[k].size()) continue;
      const std::size_t node = kinds_.members[k].front();
      const std::size_t from = before(last, s == 0);
      const std::size_t to = s == 0 ? node : other_end(node);
      const double arrived = cost[here] + (from == to ? 0 : t_.hop(from, to));
      const std::size_t there = ((s + kinds_.radix[k]) * lasts_ + (t_.uniform() ? 0 : node)) * width;
      for (int r = l + 1; r <= l + t_.longest(node, l); ++r) {
        const double total = arrived + t_.seconds(node, l, r);
        if (total >= cost[there + static_cast<std::size_t>(r)]) continue;
        cost[there + static_cast<std::size_t>(r)] = total;
        from_[there + static_cast<std::size_t>(r)] = {here, k, l};
      }
    }
  }

  // First to last, each kind's members in their order.
  void name_members(Chain& chain) const {
    std::reverse(chain.stages.begin(), chain.stages.end());
    std::vector<std::size_t> next(kinds_.members.size(), 0);
    for (ChainStage& stage : chain.stages) stage.node = kinds_.members[stage.node][next[stage.node]++];
  }

  const Tables& t_;
  Kinds kinds_;
  std::size_t lasts_;
  std::vector<int> reached_;
  std::vector<Step> from_;
  std::size_t end_ = 0;
};

void to_view_indices(Chain& chain, std::span<const std::size_t> nodes) {
  for (ChainStage& stage : chain.stages) stage.node = nodes[stage.node];
}

}  // namespace

double chain_states(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective) {
  return count_states(Tables(view, nodes), objective);
}

Chain best_chain(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective) {
  if (nodes.empty()) return {};
  const Tables tables(view, nodes);
  AnyOrder search(tables);
  Chain chain = objective == Objective::throughput ? search.throughput() : search.latency();
  to_view_indices(chain, nodes);
  return chain;
}

Chain best_chain_in_order(const SwarmView& view, std::span<const std::size_t> nodes, Objective objective) {
  const Tables t(view, nodes);
  const auto width = static_cast<std::size_t>(t.blocks) + 1;
  const bool rate = objective == Objective::throughput;
  // Cost of the best prefix that ends with node k at block r: minus the rate, or seconds. Row size() is the clients.
  std::vector<double> cost((t.size() + 1) * width, infinity);
  std::vector<std::size_t> from(cost.size(), 0);
  const auto join = [rate](double before, double link, double stage) {
    return rate ? std::max({before, link, stage}) : before + link + stage;
  };
  const auto link = [&](std::size_t a, std::size_t b) { return rate ? -t.link_rate(a, b) : t.hop(a, b); };
  cost[t.clients() * width] = rate ? -infinity : 0;
  for (std::size_t k = 0; k < t.size(); ++k) {
    for (std::size_t p = 0; p <= k; ++p) {
      const std::size_t before = p == k ? t.clients() : p;
      for (int l = 0; l < t.blocks; ++l) {
        const std::size_t here = before * width + static_cast<std::size_t>(l);
        if (cost[here] == infinity) continue;
        for (int r = l + 1; r <= l + t.longest(k, l); ++r) {
          const double c = join(cost[here], link(before, k), rate ? -t.rate(k, l, r) : t.seconds(k, l, r));
          const std::size_t there = k * width + static_cast<std::size_t>(r);
          if (c >= cost[there]) continue;
          cost[there] = c;
          from[there] = here;
        }
      }
    }
  }
  Chain chain;
  double least = infinity;
  std::size_t best = 0;
  for (std::size_t k = 0; k < t.size(); ++k) {
    const std::size_t here = k * width + static_cast<std::size_t>(t.blocks);
    if (cost[here] == infinity) continue;
    const double total = rate ? std::max(cost[here], link(k, t.clients())) : cost[here] + link(k, t.clients());
    if (total >= least) continue;
    least = total;
    best = here;
  }
  if (least == infinity) return chain;
  (rate ? chain.tokens_per_s : chain.latency_s) = rate ? -least : least;
  for (std::size_t here = best; here / width != t.clients(); here = from[here]) {
    const int l = static_cast<int>(from[here] % width);
    chain.stages.push_back({here / width, {l, static_cast<int>(here % width)}});
  }
  std::reverse(chain.stages.begin(), chain.stages.end());
  to_view_indices(chain, nodes);
  return chain;
}

double best_served_rate(const SwarmView& view, std::span<const BlockSpan> spans) {
  const Estimates& e = estimates(view);
  // Nodes in the order of their ends: whoever feeds another comes before it.
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (!spans[i].empty()) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return spans[a].end < spans[b].end; });
  std::vector<double> rate(spans.size(), 0.0);  // of the best chain that ends there
  double best = 0;
  for (std::size_t j : order) {
    const NodeId id = view.nodes[j].node;
    if (spans[j].begin == 0) {
      rate[j] = std::min(e.link_tokens_per_s(NodeId(), id), e.tokens_per_s(view.nodes[j], spans[j]));
    }
    for (std::size_t i : order) {
      if (rate[i] <= rate[j] || !spans[j].contains(spans[i].end)) continue;
      const double stage = e.tokens_per_s(view.nodes[j], {spans[i].end, spans[j].end});
      rate[j] = std::max(rate[j], std::min({rate[i], e.link_tokens_per_s(view.nodes[i].node, id), stage}));
    }
    if (spans[j].end == view.blocks) best = std::max(best, std::min(rate[j], e.link_tokens_per_s(id, NodeId())));
  }
  return best;
}

}  // namespace orrery::sim::sharding
