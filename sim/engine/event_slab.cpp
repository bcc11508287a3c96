#include "sim/engine/event_slab.hpp"

namespace orrery::sim::engine {

std::uint32_t EventSlab::fresh() {
  const std::uint64_t shifted = std::uint64_t{used_} + (1u << first_bits);
  if (shifted > UINT32_MAX) throw RunError("too many events are pending (2^32 at most). Is an entity flooding itself?");
  if (std::has_single_bit(shifted)) blocks_.push_back(make_page_block<Event>(shifted));
  return used_++;
}

}  // namespace orrery::sim::engine
