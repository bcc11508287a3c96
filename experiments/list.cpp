#include "experiments/list.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include <fmt/format.h>

#include "experiments/manual.hpp"
#include "kernels/contract.hpp"
#include "sim/arithmetic.hpp"
#include "sim/config/value.hpp"
#include "sim/network/access.hpp"
#include "sim/network/region.hpp"
#include "sim/swarm/device.hpp"
#include "sim/swarm/systems.hpp"
#include "sim/workload/lengths.hpp"
#include "sim/workload/model_shape.hpp"

namespace orrery::experiments {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;  // name, what it is

Lines sections() {
  Lines lines;
  for (const Topic& t : topics()) {
    if (t.policy.empty()) lines.emplace_back(t.name, t.summary);
  }
  return lines;
}

Lines devices() {
  Lines lines;
  for (const auto& d : sim::swarm::devices()) {
    lines.emplace_back(d.name,
                       fmt::format("{}: {:.4g} GB, {:.4g} GB/s, {:.4g} fp16 Tflop/s", d.what, d.memory.value() / 1e9,
                                   d.memory_bandwidth.value() / 1e9, d.fp16.value() / 1e12));
  }
  return lines;
}

Lines models() {
  Lines lines;
  for (const auto& m : sim::workload::model_shapes()) {
    const std::string more = m.experts > 0        ? fmt::format(", {} of {} experts", m.experts_active, m.experts)
                             : m.image_tokens > 0 ? fmt::format(", images of {} patches", m.image_tokens)
                             : m.encoder          ? ", an encoder"
                                                  : "";
    lines.emplace_back(m.name, fmt::format("{:.3g} B parameters, {} blocks of width {}{}",
                                           static_cast<double>(m.parameters()) / 1e9, m.layers, m.hidden, more));
  }
  return lines;
}

Lines regions() {
  Lines lines;
  const auto& table = sim::network::regions();
  for (int i = 0; i < table.size(); ++i) {
    const auto& r = table[sim::RegionId(static_cast<std::uint32_t>(i))];
    lines.emplace_back(r.name, fmt::format("{}, {}: {:.1f} % of nodes", r.city, r.country, 100 * r.share));
  }
  return lines;
}

Lines lifetimes() {
  Lines lines;
  for (const auto& s : sim::swarm::systems()) lines.emplace_back(s.name, s.what);
  return lines;
}

Lines numerics() {
  Lines lines;
  for (const auto& p : sim::numerics_profiles()) lines.emplace_back(p.name, p.what);
  return lines;
}

Lines accesses() {
  Lines lines;
  for (const auto& a : sim::network::accesses()) {
    lines.emplace_back(a.name,
                       fmt::format("{:.4g} Mbit/s up, {:.4g} Mbit/s down", a.up.value() * 8e-6, a.down.value() * 8e-6));
  }
  return lines;
}

Lines lengths() {
  Lines lines;
  for (const auto& t : sim::workload::length_tables()) lines.emplace_back(t.name, t.what);
  return lines;
}

struct Listing {
  std::string name;
  std::string what;
  Lines lines;
};

std::vector<Listing> all_listings() {
  std::vector<Listing> all;
  for (const std::string& kind : policy_kinds()) {
    Listing policies{kind, fmt::format("{}.policy", kind), {}};
    for (const Topic& t : topics()) {
      if (!t.policy.empty() && t.section == kind) policies.lines.emplace_back(t.policy, t.summary);
    }
    all.push_back(std::move(policies));
  }
  all.push_back({"sections", "what else a scenario sets", sections()});
  all.push_back({"devices", "swarm.devices, serving.client_device, retrieval.device", devices()});
  all.push_back({"models", "model.name, retrieval.encoder", models()});
  all.push_back({"regions", "swarm.regions, workload.client_regions", regions()});
  all.push_back({"access", "swarm.access", accesses()});
  all.push_back({"lifetimes", "swarm.lifetime, beside none, trace and the families", lifetimes()});
  all.push_back({"numerics", "swarm.numerics", numerics()});
  all.push_back({"lengths", "workload.lengths, beside fixed, lognormal and trace", lengths()});
  return all;
}

std::string write(const Lines& lines, std::string_view indent) {
  std::size_t width = 0;
  for (const auto& [name, what] : lines) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, what] : lines) text += fmt::format("{}{:{}}  {}\n", indent, name, width, what);
  return text;
}

}  // namespace

std::vector<std::string> listings() {
  std::vector<std::string> names;
  for (const Listing& listing : all_listings()) names.push_back(listing.name);
  return names;
}

std::string list_text(const std::string& what) {
  std::string text;
  for (const Listing& listing : all_listings()) {
    if (listing.name == what) return write(listing.lines, "");
    text +=
        fmt::format("{}{}  ({})\n{}", text.empty() ? "" : "\n", listing.name, listing.what, write(listing.lines, "  "));
  }
  VALIDATE(what.empty(), "orrery list", "unknown listing '" + what + "'", "there is no such kind of name",
           sim::config::suggest(what, listings()));
  return text;
}

}  // namespace orrery::experiments
