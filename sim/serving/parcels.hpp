// Message bodies too large for an event: the sender puts one in, its index travels, the receiver takes it out. A parcel
// is owned by whoever holds the index, so entities still share nothing.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/contract.hpp"

namespace orrery::sim::serving {

template <class T>
class Parcels {
 public:
  std::uint32_t put(T body) {
    if (free_.empty()) {
      slots_.push_back({std::move(body), true});
      return static_cast<std::uint32_t>(slots_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    slots_[index] = {std::move(body), true};
    return index;
  }
  T take(std::uint32_t index) {
    EXPECT(index < slots_.size() && slots_[index].full);
    slots_[index].full = false;
    free_.push_back(index);
    return std::move(slots_[index].body);
  }
  const T& peek(std::uint32_t index) const {
    EXPECT(index < slots_.size() && slots_[index].full);
    return slots_[index].body;
  }
  std::size_t travelling() const { return slots_.size() - free_.size(); }

 private:
  struct Slot {
    T body{};
    bool full = false;
  };
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace orrery::sim::serving
