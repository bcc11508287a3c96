#include "sim/swarm/population.hpp"

#include "sim/network/access.hpp"
#include "sim/network/params.hpp"
#include "sim/network/region.hpp"
#include "sim/random.hpp"
#include "sim/swarm/device.hpp"

namespace orrery::sim::swarm {
namespace {

// Each property of a node has its own index, so that giving one of them never shifts another.
enum Index : std::uint64_t { device_draw = 0, region_draw = 1, access_draw = 2, slow_draw = 3, numerics_draw = 4 };
// Clients have entities of their own on the stream, from the other end.
constexpr std::uint32_t first_client = 0x80000000u;

// A mix with its names resolved, ready to draw from.
template <class T>
struct Choices {
  std::vector<std::pair<double, T>> upto;  // running sum of weights

  void add(double weight, T item) { upto.emplace_back((upto.empty() ? 0 : upto.back().first) + weight, item); }
  const T& pick(Draw draw) const {
    const double x = draw.uniform() * upto.back().first;
    for (const auto& [limit, item] : upto) {
      if (x < limit) return item;
    }
    return upto.back().second;
  }
};

Choices<RegionId> region_choices(const config::Mix& regions, std::string_view key) {
  const network::RegionTable& table = network::regions();
  Choices<RegionId> choices;
  for (const auto& [name, weight] : regions) choices.add(weight, table.named(name, key));
  for (std::uint32_t i = 0; regions.empty() && i < static_cast<std::uint32_t>(table.size()); ++i) {
    choices.add(table[RegionId(i)].share, RegionId(i));
  }
  return choices;
}

class Recipe {
 public:
  Recipe(const SwarmParams& params, std::uint64_t seed)
      : params_(params), seed_(seed), regions_(region_choices(params.regions, "swarm.regions")) {
    for (const auto& [name, weight] : params.devices.empty() ? consumer_devices() : params.devices) {
      devices_.add(weight, device_named(name, "swarm.devices"));
    }
    for (const auto& [name, weight] : params.numerics)
      numerics_.add(weight, numerics_profile(name, "swarm.numerics").arithmetic);
    for (const auto& [name, weight] : params.access) access_.add(weight, network::access(name, "swarm.access"));
  }

  NodeSpec node(std::uint32_t index, const NodeRow& row) const {
    NodeSpec spec;
    spec.device = row.device.empty() ? devices_.pick(draw(index, device_draw)) : device_named(row.device, "swarm.node");
    spec.region = row.region.empty() ? regions_.pick(draw(index, region_draw))
                                     : network::regions().named(row.region, "swarm.node");
    const network::Access link = params_.access.empty() ? network::access(network::regions()[spec.region].country)
                                                        : access_.pick(draw(index, access_draw));
    spec.up = row.up_mbit > 0 ? network::from_mbit(row.up_mbit) : link.up;
    spec.down = row.down_mbit > 0 ? network::from_mbit(row.down_mbit) : link.down;
    spec.access = link.latency;
    spec.slowdown = draw(index, slow_draw).uniform() < params_.slow_share ? params_.slow_factor : 1;
    spec.max_blocks_override = static_cast<int>(row.blocks);
    if (!row.numerics.empty()) {
      spec.arithmetic = numerics_profile(row.numerics, "swarm.node").arithmetic;
    } else if (!params_.numerics.empty()) {
      spec.arithmetic = numerics_.pick(draw(index, numerics_draw));
    }
    return spec;
  }

 private:
  Draw draw(std::uint32_t index, Index what) const { return Draw(seed_, Stream::swarm, index, what); }

  const SwarmParams& params_;
  std::uint64_t seed_;
  Choices<DeviceId> devices_;
  Choices<RegionId> regions_;
  Choices<network::Access> access_;
  Choices<Arithmetic> numerics_;
};

}  // namespace

void populate(const SwarmParams& params, std::uint64_t seed, const std::function<void(const NodeSpec& node)>& take) {
  validate(params);
  const Recipe recipe(params, seed);
  std::uint32_t index = 0;
  if (params.node.empty()) {
    const NodeRow any;
    for (std::int64_t i = 0; i < params.nodes; ++i) take(recipe.node(index++, any));
  }
  for (std::size_t r = 0; r < params.node.size(); ++r) {
    for (std::int64_t i = 0; i < params.node[r].count; ++i) {
      NodeSpec node = recipe.node(index++, params.node[r]);
      node.row = static_cast<int>(r);
      take(node);
    }
  }
}

std::vector<NodeSpec> populate(const SwarmParams& params, std::uint64_t seed) {
  std::vector<NodeSpec> nodes;
  populate(params, seed, [&nodes](const NodeSpec& node) { nodes.push_back(node); });
  return nodes;
}

std::vector<RegionId> place_clients(const config::Mix& regions, std::int64_t count, std::uint64_t seed,
                                    std::string_view key) {
  const auto choices = region_choices(regions, key);
  std::vector<RegionId> places;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::uint32_t entity = first_client + static_cast<std::uint32_t>(i);
    places.push_back(choices.pick(Draw(seed, Stream::swarm, entity, region_draw)));
  }
  return places;
}

}  // namespace orrery::sim::swarm
