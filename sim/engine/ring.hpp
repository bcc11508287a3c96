// A first-in first-out queue that owns no memory while it has never held anything (std::deque takes 600 bytes for
// nothing, and a simulation has a queue per node).
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "kernels/contract.hpp"

namespace orrery::sim::engine {

template <class T>
class Ring {
 public:
  bool empty() const { return head_ == items_.size(); }
  std::size_t size() const { return items_.size() - head_; }

  void push_back(T item) { items_.push_back(std::move(item)); }
  void push_front(T item) {
    if (head_ == 0) {
      items_.insert(items_.begin(), std::move(item));
    } else {
      items_[--head_] = std::move(item);
    }
  }
  T pop_front() {
    EXPECT(!empty());
    T item = std::move(items_[head_++]);
    // The dead head is dropped once it is half of all, so that each item is moved O(1) times.
    if (head_ == items_.size()) {
      items_.clear();
      head_ = 0;
    } else if (head_ >= 16 && 2 * head_ >= items_.size()) {
      items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
      head_ = 0;
    }
    return item;
  }

 private:
  std::vector<T> items_;  // [head_, end) are in the queue
  std::size_t head_ = 0;
};

}  // namespace orrery::sim::engine
