#include "sim/behaviour/cheats.hpp"

namespace orrery::sim::behaviour {

const std::vector<std::string>& cheat_names() {
  static const std::vector<std::string> names{"random_output", "smaller_model", "int4", "layer_skip", "int8", "fp8_kv"};
  return names;
}

std::unique_ptr<BehaviourPolicy> make_cheat(const std::string& name) {
  return config::Registry<BehaviourPolicy>::instance().make(name);
}

double saving(const execution::Conduct& conduct, BlockSpan blocks) {
  constexpr double full_bytes = 2;
  double spent = 0;
  for (int b = blocks.begin; b < blocks.end; ++b) {
    if (!conduct.runs(blocks, b)) continue;
    spent += weight_bytes(conduct.arithmetic(b).weights, full_bytes) / full_bytes;
  }
  return 1 - spent / blocks.size();
}

}  // namespace orrery::sim::behaviour
