#include "sim/numerics.hpp"

#include "kernels/contract.hpp"
#include "sim/random.hpp"

namespace orrery::sim {

const std::vector<Population>& populations() {
  constexpr auto fp16 = Activations::fp16;
  constexpr auto bf16 = Activations::bf16;
  static const std::vector<Population> list{
      {"canonical", "every device sums in the agreed order", Weights::full, {{}}},
      {"fp32",
       "fp32 devices that sum in blocks of 256, 64 or 16",
       Weights::full,
       {{}, {.k_block = 64}, {.k_block = 16}}},
      {"fp16",
       "devices that round to fp16 after every operation, in the same three orders",
       Weights::full,
       {{.activations = fp16}, {.activations = fp16, .k_block = 64}, {.activations = fp16, .k_block = 16}}},
      {"bf16",
       "devices that round to bf16 after every operation, in the same three orders",
       Weights::full,
       {{.activations = bf16}, {.activations = bf16, .k_block = 64}, {.activations = bf16, .k_block = 16}}},
      {"mixed",
       "fp32, fp16 and bf16 devices side by side",
       Weights::full,
       {{}, {.activations = fp16}, {.activations = bf16}, {.k_block = 16}}},
      {"w8a8",
       "int8 weights and activations, summed exactly, on every device",
       Weights::w8a8,
       {{.weights = Weights::w8a8}}},
  };
  return list;
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
