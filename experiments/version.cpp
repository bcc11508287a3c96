#include "experiments/version.hpp"

namespace orrery::experiments {

std::string_view version() { return ORRERY_VERSION; }

std::string_view commit() {
  return
#include "experiments/commit.inc"
      ;
}

}  // namespace orrery::experiments
