// Where pending events live while their 16-byte keys are sorted: fixed blocks of events, addressed by a 32-bit slot.
// A slot never moves; freed slots are reused last-in first-out, so the next event lands in a line that is still in
// cache.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/engine/event.hpp"

namespace orrery::sim::engine {

class EventSlab {
 public:
  // A slot whose event the caller fills. At most 2^32 - 1 events at once (RunError beyond).
  std::uint32_t acquire() {
    if (free_.empty()) grow();
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void release(std::uint32_t slot) {
    (*this)[slot].from = EntityId();  // a TimerId that still names the slot no longer matches
    free_.push_back(slot);
  }
  Event& operator[](std::uint32_t slot) { return blocks_[slot >> block_bits][slot & block_mask]; }
  const Event& operator[](std::uint32_t slot) const { return blocks_[slot >> block_bits][slot & block_mask]; }
  std::size_t capacity() const { return blocks_.size() << block_bits; }

 private:
  static constexpr int block_bits = 12;
  static constexpr std::uint32_t block_mask = (1u << block_bits) - 1;
  void grow();

  std::vector<std::unique_ptr<Event[]>> blocks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace orrery::sim::engine
