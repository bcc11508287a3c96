#include "sim/flow.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>

#include <lemon/preflow.h>
#include <lemon/static_graph.h>

namespace orrery::sim {
namespace {

using Graph = lemon::StaticDigraph;
using Amounts = Graph::ArcMap<std::int64_t>;
using Solver = lemon::Preflow<Graph, Amounts>;

// Whole numbers make the flow exact, hence the same on every machine.
constexpr double units_per_token = 1e6;
constexpr std::int64_t unlimited = 1'000'000'000'000'000;  // 10^9 token/s

std::int64_t units(double tokens_per_s) {
  const double amount = tokens_per_s * units_per_token;
  return amount < static_cast<double>(unlimited) ? static_cast<std::int64_t>(amount) : unlimited;
}

// Vertices: 0 the clients as source, 1 as sink, then an entrance and an exit for every node that serves.
class Network {
 public:
  Network(const SwarmView& view, std::span<const BlockSpan> spans, Entry entry)
      : view_(view), spans_(spans), entry_(entry) {
    EXPECT(spans.size() == view.nodes.size());
    for (std::size_t i = 0; i < spans.size(); ++i) {
      if (!spans[i].empty()) serving_.push_back(static_cast<int>(i));
    }
    add_arcs();
    std::vector<std::pair<int, int>> ends;
    ends.reserve(arcs_.size());
    for (const Arc& arc : arcs_) ends.emplace_back(arc.tail, arc.head);
    graph_.build(2 + 2 * static_cast<int>(serving_.size()), ends.begin(), ends.end());
    capacity_ = std::make_unique<Amounts>(graph_);
    for (std::size_t a = 0; a < arcs_.size(); ++a) (*capacity_)[graph_.arc(static_cast<int>(a))] = units(arcs_[a].rate);
  }

  double value() const {
    Solver solver(graph_, *capacity_, graph_.node(0), graph_.node(1));
    solver.runMinCut();
    return static_cast<double>(solver.flowValue()) / units_per_token;
  }

  PlacementFlow solve() const {
    Solver solver(graph_, *capacity_, graph_.node(0), graph_.node(1));
    solver.run();
    PlacementFlow result;
    result.tokens_per_s = static_cast<double>(solver.flowValue()) / units_per_token;
    for (std::size_t a = 0; a < arcs_.size(); ++a) {
      if (arcs_[a].inner) continue;
      const auto amount = static_cast<double>(solver.flow(graph_.arc(static_cast<int>(a))));
      result.arcs.push_back({node_at(arcs_[a].tail), node_at(arcs_[a].head), arcs_[a].rate, amount / units_per_token});
    }
    return result;
  }

 private:
  struct Arc {
    int tail, head;
    double rate;
    bool inner;  // through a node, not between two
  };

  static int entrance(std::size_t k) { return 2 + 2 * static_cast<int>(k); }
  static int exit(std::size_t k) { return 3 + 2 * static_cast<int>(k); }
  int node_at(int vertex) const {
    return vertex < 2 ? FlowArc::clients : serving_[static_cast<std::size_t>((vertex - 2) / 2)];
  }
  NodeId id(int i) const { return view_.nodes[static_cast<std::size_t>(i)].node; }
  const BlockSpan& span(int i) const { return spans_[static_cast<std::size_t>(i)]; }

  // In the order of their tails, which is what a static graph wants.
  void add_arcs() {
    const Estimates& e = estimates(view_);
    for (std::size_t k = 0; k < serving_.size(); ++k) {
      if (span(serving_[k]).begin > 0) continue;
      arcs_.push_back({0, entrance(k), e.link_tokens_per_s(NodeId(), id(serving_[k])), false});
    }
    for (std::size_t k = 0; k < serving_.size(); ++k) {
      const int i = serving_[k];
      const double rate = e.tokens_per_s(view_.nodes[static_cast<std::size_t>(i)], span(i));
      arcs_.push_back({entrance(k), exit(k), rate, true});
      if (span(i).end == view_.blocks) {
        arcs_.push_back({exit(k), 1, e.link_tokens_per_s(id(i), NodeId()), false});
        continue;
      }
      for (std::size_t next = 0; next < serving_.size(); ++next) {
        const int j = serving_[next];
        if (!span(j).contains(span(i).end)) continue;
        if (entry_ == Entry::at_begin && span(j).begin != span(i).end) continue;
        arcs_.push_back({exit(k), entrance(next), e.link_tokens_per_s(id(i), id(j)), false});
      }
    }
  }

  const SwarmView& view_;
  std::span<const BlockSpan> spans_;
  Entry entry_;
  std::vector<int> serving_;  // indices into the view
  std::vector<Arc> arcs_;
  Graph graph_;
  std::unique_ptr<Amounts> capacity_;
};

}  // namespace

PlacementFlow max_flow(const SwarmView& view, std::span<const BlockSpan> spans, Entry entry) {
  return Network(view, spans, entry).solve();
}

double max_flow_value(const SwarmView& view, std::span<const BlockSpan> spans, Entry entry) {
  return Network(view, spans, entry).value();
}

}  // namespace orrery::sim
