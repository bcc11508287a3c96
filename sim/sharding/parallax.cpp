// Parallax' model allocation: as many pipelines of as few stages as can be, each levelled by water-filling.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "sim/estimates.hpp"
#include "sim/sharding/join.hpp"
#include "sim/sharding/pipelines.hpp"
#include "sim/sharding/policy.hpp"

namespace orrery::sim::sharding {
namespace {

// Pipelines under construction: what each open one still needs [blocks], ascending, and how many are complete.
struct Progress {
  std::vector<int> missing;
  int complete = 0;
  friend auto operator<=>(const Progress&, const Progress&) = default;
};

// The best way into a Progress, and the way back.
struct Way {
  int stages = 0;
  static constexpr int skip = -1, start = -2;
  int choice = skip;  // of the node: skip it, start a pipeline with it, or add it to missing[choice]
  Progress from;
};
using Layer = std::map<Progress, Way>;

Progress with(Progress p, int choice, int room, int blocks) {
  int left = blocks - room;
  if (choice >= 0) {
    left = p.missing[static_cast<std::size_t>(choice)] - room;
    p.missing.erase(p.missing.begin() + choice);
  }
  if (left <= 0) {
    ++p.complete;
  } else {
    p.missing.insert(std::upper_bound(p.missing.begin(), p.missing.end(), left), left);
  }
  return p;
}

int held(const Progress& p, int blocks) {
  return (p.complete + static_cast<int>(p.missing.size())) * blocks -
         std::accumulate(p.missing.begin(), p.missing.end(), 0);
}

// Keeps the `width` states that hold the most blocks, of equal ones those with the fewest stages.
void trim(Layer& layer, std::size_t width, int blocks) {
  if (layer.size() <= width) return;
  std::vector<std::pair<std::pair<int, int>, Layer::iterator>> order;
  for (auto it = layer.begin(); it != layer.end(); ++it) {
    order.push_back({{-held(it->first, blocks), it->second.stages}, it});
  }
  std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = width; i < order.size(); ++i) layer.erase(order[i].second);
}

void offer(Layer& layer, const Progress& to, Way way) {
  const auto [at, fresh] = layer.try_emplace(to, way);
  if (!fresh && way.stages < at->second.stages) at->second = std::move(way);
}

class Parallax final : public ShardingPolicy {
 public:
  struct Params {
    double alpha = 2;
    std::int64_t width = 200;
    static Fields<Params> fields() {
      return Fields<Params>()
          .real("alpha", &Params::alpha, "1", "how much many pipelines count against short ones", 0, 10)
          .integer("width", &Params::width, "1", "states of the dynamic program kept after each node", 1, 1e6);
    }
  };
  static About about() {
    return {
        "parallax", "as many pipelines of as few stages as can be, each levelled by water-filling",
        "Nodes, largest first, are added to an open pipeline, open a new one, or are skipped. A dynamic program "
        "over what the open pipelines still need finds the least number of stages s(k) for every number of complete "
        "pipelines k, and the k with the largest k^alpha / (T + s(k) / k x R) is built, where T is the "
        "mean time of a token through all blocks and R the mean latency between two nodes. In each pipeline the "
        "blocks are then shared out by water-filling: in proportion to the nodes' memory bandwidth (which bounds "
        "decoding) as far as their memory goes, fractions to the largest remainders; larger nodes come first. Nodes "
        "left over, and those that join later, go where rates are thinnest. Exact while the program has at most "
        "`width` states after a node; beyond, the states that hold the most blocks survive (ours). Parallax builds "
        "pipelines "
        "within a region; here latency enters through R alone (ours). Its second phase is routing.parallax_dp.",
        "Tong et al., Parallax, arXiv:2509.26182 (section 3.2); layer_allocation.py of "
        "github.com/GradientHQ/parallax"};
  }
  explicit Parallax(const Params& params) : params_(params) {}

  std::vector<BlockSpan> place(const SwarmView& view, Draw&) const override {
    std::vector<std::size_t> nodes = nodes_with_room(view);
    std::stable_sort(nodes.begin(), nodes.end(), [&view](std::size_t a, std::size_t b) {
      return capacity(view.nodes[a], view.blocks) > capacity(view.nodes[b], view.blocks);
    });
    std::vector<BlockSpan> spans(view.nodes.size());
    for (const std::vector<std::size_t>& pipeline : best_pipelines(view, nodes)) fill(view, pipeline, spans);
    settle_rest(view, spans);
    return spans;
  }

  BlockSpan join(const SwarmView& view, std::size_t self, Draw&) const override {
    return join_where_thinnest(view, self);
  }

 private:
  std::vector<Layer> program(const SwarmView& view, const std::vector<std::size_t>& nodes) const {
    std::vector<Layer> layers(1);
    layers[0][Progress{}] = Way{};
    for (std::size_t i : nodes) {
      const int room = capacity(view.nodes[i], view.blocks);
      Layer next;
      for (const auto& [state, way] : layers.back()) {
        offer(next, state, {way.stages, Way::skip, state});
        offer(next, with(state, Way::start, room, view.blocks), {way.stages + 1, Way::start, state});
        for (std::size_t j = 0; j < state.missing.size(); ++j) {
          if (j > 0 && state.missing[j] == state.missing[j - 1]) continue;
          const int choice = static_cast<int>(j);
          offer(next, with(state, choice, room, view.blocks), {way.stages + 1, choice, state});
        }
      }
      trim(next, static_cast<std::size_t>(params_.width), view.blocks);
      layers.push_back(std::move(next));
    }
    return layers;
  }

  double score(const SwarmView& view, const std::vector<std::size_t>& nodes, int pipelines, int stages) const {
    const Estimates& e = estimates(view);
    double compute = 0, latency = 0;
    for (std::size_t i : nodes) compute += e.token_s(view.nodes[i], {0, 1}) * view.blocks;
    compute /= static_cast<double>(nodes.size());
    // A ring through the nodes stands for all pairs: as representative, and linear.
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const NodeId a = view.nodes[nodes[i]].node;
      const NodeId b = view.nodes[nodes[(i + 1) % nodes.size()]].node;
      if (a != b) latency += e.latency_s(a, b);
    }
    latency /= static_cast<double>(nodes.size());
    return std::pow(pipelines, params_.alpha) / (compute + stages * latency / pipelines);
  }

  // Nodes of each pipeline, in the order in which they were added; none if the swarm cannot hold the model.
  std::vector<std::vector<std::size_t>> best_pipelines(const SwarmView& view,
                                                       const std::vector<std::size_t>& nodes) const {
    const std::vector<Layer> layers = program(view, nodes);
    const Progress* best = nullptr;
    double best_score = 0;
    for (const auto& [state, way] : layers.back()) {
      if (state.complete == 0 || !state.missing.empty()) continue;
      const double s = score(view, nodes, state.complete, way.stages);
      if (best && s <= best_score) continue;
      best = &state;
      best_score = s;
    }
    if (!best) return {};
    return trace_back(view, nodes, layers, *best);
  }

  // Back through the layers: who joined which pipeline, told by what it still needed before and after.
  std::vector<std::vector<std::size_t>> trace_back(const SwarmView& view, const std::vector<std::size_t>& nodes,
                                                   const std::vector<Layer>& layers, const Progress& end) const {
    std::vector<std::vector<std::size_t>> done;
    std::vector<std::pair<int, std::vector<std::size_t>>>
        open;  // (missing after its nodes so far, nodes from the last)
    for (int i = 0; i < end.complete; ++i) open.emplace_back(0, std::vector<std::size_t>{});
    Progress state = end;
    for (std::size_t k = nodes.size(); k > 0; --k) {
      const Way& way = layers[k].at(state);
      if (way.choice != Way::skip) {
        const int room = capacity(view.nodes[nodes[k - 1]], view.blocks);
        const int before =
            way.choice == Way::start ? view.blocks : way.from.missing[static_cast<std::size_t>(way.choice)];
        const int after = std::max(0, before - room);
        const auto at = std::find_if(open.begin(), open.end(), [after](const auto& p) { return p.first == after; });
        ENSURE(at != open.end());
        at->first = before;
        at->second.push_back(nodes[k - 1]);
        if (way.choice == Way::start) {
          std::reverse(at->second.begin(), at->second.end());
          done.push_back(std::move(at->second));
          open.erase(at);
        }
      }
      state = way.from;
    }
    return done;
  }

  static void fill(const SwarmView& view, const std::vector<std::size_t>& pipeline, std::vector<BlockSpan>& spans) {
    std::vector<double> powers;
    std::vector<int> rooms;
    for (std::size_t i : pipeline) {
      powers.push_back(view.nodes[i].memory_bandwidth);
      rooms.push_back(capacity(view.nodes[i], view.blocks));
    }
    const std::vector<int> lengths = apportion(view.blocks, powers, rooms);
    int begin = 0;
    for (std::size_t k = 0; k < pipeline.size(); ++k) {
      if (lengths[k] > 0) spans[pipeline[k]] = {begin, begin + lengths[k]};
      begin += lengths[k];
    }
  }

  Params params_;
};

ORRERY_REGISTER(ShardingPolicy, Parallax);

}  // namespace
}  // namespace orrery::sim::sharding
