#include "experiments/run_id.hpp"

#include <fmt/format.h>

#include "experiments/hash.hpp"
#include "experiments/version.hpp"

namespace orrery::experiments {

std::string run_id(std::string_view canonical) {
  return hash_hex(fmt::format("orrery results {}\n{}", results_version, canonical), 8);
}

}  // namespace orrery::experiments
