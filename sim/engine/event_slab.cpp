#include "sim/engine/event_slab.hpp"

namespace orrery::sim::engine {

void EventSlab::grow() {
  const std::size_t first = capacity();
  if (first + block_mask >= UINT32_MAX) throw RunError("more than 2^32 - 1 events are pending");
  blocks_.push_back(std::unique_ptr<Event[]>(new Event[block_mask + 1]));
  // Downwards, so that slots are handed out upwards.
  for (std::size_t slot = capacity(); slot-- > first;) free_.push_back(static_cast<std::uint32_t>(slot));
}

}  // namespace orrery::sim::engine
