// Records that come and go by the hundred thousand: blocks that double in size, on huge pages, addressed by a 32-bit
// index. A record never moves; an index is used again once it is given back, last in first out.
#pragma once

#include <bit>
#include <cstdint>
#include <new>
#include <vector>

#include "sim/engine/pages.hpp"

namespace orrery::sim::fleet {

inline constexpr std::uint32_t none = 0xffffffffu;  // no record

template <class T>
class Slots {
 public:
  Slots() = default;
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;
  ~Slots() {
    for (std::uint32_t i = 0; i < used_; ++i) (*this)[i].~T();
  }

  // The index of a fresh T{}.
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t index = free_.back();
      free_.pop_back();
      return index;
    }
    const std::uint32_t shifted = used_ + (1u << first_bits);
    if (std::has_single_bit(shifted)) blocks_.push_back(engine::make_page_block<T>(shifted));
    new (find(used_)) T{};
    return used_++;
  }
  void give_back(std::uint32_t index) {
    (*this)[index] = T{};
    free_.push_back(index);
  }
  T& operator[](std::uint32_t index) { return *find(index); }
  const T& operator[](std::uint32_t index) const { return *find(index); }
  std::size_t size() const { return used_ - free_.size(); }
  std::uint32_t used() const { return used_; }  // every index ever handed out is below

 private:
  // Block b holds the 2^(first_bits + b) records from 2^(first_bits + b) - 2^first_bits on.
  static constexpr int first_bits = 8;
  T* find(std::uint32_t index) const {
    const std::uint32_t shifted = index + (1u << first_bits);
    const int bits = std::bit_width(shifted) - 1;
    return blocks_[static_cast<std::size_t>(bits - first_bits)].get() + (shifted - std::bit_floor(shifted));
  }

  std::vector<engine::PageBlock<T>> blocks_;
  std::vector<std::uint32_t> free_;
  std::uint32_t used_ = 0;
};

}  // namespace orrery::sim::fleet
