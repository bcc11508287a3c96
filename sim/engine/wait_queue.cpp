#include "sim/engine/wait_queue.hpp"

namespace orrery::sim::engine {

bool Waiter::leave() {
  if (queue_ == nullptr) return served_;
  if (served_) {
    queue_->served_.erase(*this);
  } else {
    queue_->waiting_.erase(*this);
    --queue_->size_;
  }
  queue_ = nullptr;
  return served_;
}

WaitQueue::~WaitQueue() {
  while (!waiting_.empty()) waiting_.pop_front().queue_ = nullptr;
  while (!served_.empty()) served_.pop_front().queue_ = nullptr;
}

void WaitQueue::wait(Waiter& waiter, std::coroutine_handle<> leaf, std::optional<Duration> patience) {
  waiter.process_ = &host_.suspend(leaf);
  waiter.queue_ = this;
  waiter.served_ = false;
  waiting_.push_back(waiter);
  ++size_;
  if (patience) host_.set_timer(*waiter.process_, *patience);
}

void WaitQueue::serve() {
  Waiter& first = waiting_.pop_front();
  --size_;
  first.served_ = true;
  served_.push_back(first);
  host_.make_ready(*first.process_);
}

}  // namespace orrery::sim::engine
