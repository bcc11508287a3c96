#include "sim/engine/signal.hpp"

namespace orrery::sim::engine {

void Signal::notify_all() {
  waiting_.host().check_owner();
  while (!waiting_.empty()) waiting_.serve();
}

}  // namespace orrery::sim::engine
