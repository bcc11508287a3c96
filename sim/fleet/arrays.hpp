// Short arrays that come and go by the hundred thousand, such as the legs of a chain: cut from blocks on huge pages,
// each length with its own list of those given back, last in first out. A general allocator would spread them over
// small pages.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>
#include <vector>

#include "kernels/contract.hpp"
#include "sim/engine/pages.hpp"

namespace orrery::sim::fleet {

// What Arrays hands out: it does not own its memory, and copies of it are the same array.
template <class T>
class Array {
 public:
  Array() = default;
  Array(T* data, std::uint8_t size) : data_(data), size_(size) {}
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  T& operator[](std::size_t i) const { return data_[i]; }
  T& front() const { return data_[0]; }
  T* data() const { return data_; }
  T* begin() const { return data_; }
  T* end() const { return data_ + size_; }

 private:
  T* data_ = nullptr;
  std::uint8_t size_ = 0;
};

template <class T>
class Arrays {
  static_assert(std::is_trivially_destructible_v<T> && std::is_trivially_copyable_v<T>);

 public:
  static constexpr std::size_t longest = 255;

  // `size` fresh T{}.
  Array<T> take(std::size_t size) {
    EXPECT(size <= longest);
    if (size == 0) return {};
    std::vector<T*>& free = free_[size];
    T* data = nullptr;
    if (free.empty()) {
      data = cut(size);
    } else {
      data = free.back();
      free.pop_back();
    }
    for (std::size_t i = 0; i < size; ++i) new (data + i) T{};
    return {data, static_cast<std::uint8_t>(size)};
  }
  // Takes it back, and leaves it empty.
  void give_back(Array<T>& array) {
    if (!array.empty()) free_[array.size()].push_back(array.data());
    array = {};
  }

 private:
  T* cut(std::size_t size) {
    if (left_ < size) {
      if (left_ > 0) free_[left_].push_back(next_);  // below `longest`: it is less than an array
      left_ = std::min(most, std::max(longest, 2 * last_));
      last_ = left_;
      blocks_.push_back(engine::make_page_block<T>(left_));
      next_ = blocks_.back().get();
    }
    T* data = next_;
    next_ += size;
    left_ -= size;
    return data;
  }

  static constexpr std::size_t most = 4 * engine::huge_page / sizeof(T);  // of a block
  std::array<std::vector<T*>, longest + 1> free_;
  std::vector<engine::PageBlock<T>> blocks_;
  T* next_ = nullptr;     // the untouched rest of the last block,
  std::size_t left_ = 0;  // of this many,
  std::size_t last_ = 0;  // which had this many
};

}  // namespace orrery::sim::fleet
