#include "sim/numerics.hpp"

#include <algorithm>

#include "kernels/contract.hpp"
#include "sim/random.hpp"

namespace orrery::sim {

namespace {

// Devices are numerics profiles, so that what the laboratory measures is what swarm.numerics can say.
std::vector<Population> make_populations() {
  std::vector<Population> list{
      {"canonical", "every device sums in the agreed order", Weights::full, {"canonical"}},
      {"fp32", "fp32 devices that sum in blocks of 256, 64 or 16", Weights::full, {"canonical", "tile64", "tile16"}},
      {"fp16",
       "devices that round to fp16 after every operation, in the same three orders",
       Weights::full,
       {"fp16", "fp16_tile64", "fp16_tile16"}},
      {"bf16",
       "devices that round to bf16 after every operation, in three orders, one of them with online softmax",
       Weights::full,
       {"bf16", "bf16_tile64", "bf16_tile16"}},
      {"mixed", "fp32, fp16 and bf16 devices side by side", Weights::full, {"canonical", "fp16", "bf16", "tile16"}},
      {"w8a8", "int8 weights and activations, summed exactly, on every device", Weights::w8a8, {"w8a8"}},
  };
  for (Population& p : list) {
    for (const std::string& name : p.profiles) p.members.push_back(numerics_profile(name, p.name).arithmetic);
  }
  return list;
}

}  // namespace

const std::vector<Population>& populations() {
  static const std::vector<Population> list = make_populations();
  return list;
}

const Population* population_of(const std::vector<Arithmetic>& devices) {
  for (const Population& p : populations()) {
    const auto among = [&p](const Arithmetic& a) {
      return std::find(p.members.begin(), p.members.end(), a) != p.members.end();
    };
    if (std::all_of(devices.begin(), devices.end(), among)) return &p;
  }
  return nullptr;
}

std::string population_profiles() {
  std::string all;
  for (const Population& p : populations()) {
    std::string list;
    for (const std::string& name : p.profiles) list += (list.empty() ? "" : ", ") + name;
    all += (all.empty() ? "" : "; ") + p.name + " (" + list + ")";
  }
  return all;
}

const Population& population(std::string_view name, std::string_view place) {
  std::string names;
  for (const Population& p : populations()) {
    if (p.name == name) return p;
    names += (names.empty() ? "" : ", ") + p.name;
  }
  fail_input(place, "no population of devices '" + std::string(name) + "'", "there are " + names,
             "Choose one of them.");
}

std::vector<std::string> population_names() {
  std::vector<std::string> names;
  for (const Population& p : populations()) names.push_back(p.name);
  return names;
}

const Arithmetic& device_arithmetic(const Population& population, std::uint64_t seed, NodeId node) {
  Draw draw(seed, Stream::swarm, node.index(), std::uint64_t{1} << 41);
  return population.members[draw.below(population.members.size())];
}

}  // namespace orrery::sim
