// Where pending events live while their 16-byte keys are sorted: blocks of events that double in size, addressed by a
// 32-bit slot. A slot never moves; freed slots are reused last-in first-out, so the next event lands in a line still in
// cache.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "sim/engine/event.hpp"
#include "sim/engine/pages.hpp"

namespace orrery::sim::engine {

class EventSlab {
 public:
  // A slot whose event the caller fills. At most 2^32 - 2^12 at once (RunError beyond).
  std::uint32_t acquire() {
    if (free_.empty()) return fresh();
    const std::uint32_t slot = free_.back();
    free_.pop_back();
    return slot;
  }
  void release(std::uint32_t slot) {
    (*this)[slot].from = EntityId();  // a TimerId that still names the slot no longer matches
    free_.push_back(slot);
  }
  Event& operator[](std::uint32_t slot) { return *find(slot); }
  const Event& operator[](std::uint32_t slot) const { return *find(slot); }
  std::size_t used() const { return used_; }  // every slot ever handed out is below

 private:
  // Block b holds the 2^(first_bits + b) slots from 2^(first_bits + b) - 2^first_bits on.
  static constexpr int first_bits = 12;
  Event* find(std::uint32_t slot) const {
    const std::uint32_t shifted = slot + (1u << first_bits);
    const int bits = std::bit_width(shifted) - 1;
    return blocks_[static_cast<std::size_t>(bits - first_bits)].get() + (shifted - std::bit_floor(shifted));
  }
  std::uint32_t fresh();

  std::vector<PageBlock<Event>> blocks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace orrery::sim::engine
