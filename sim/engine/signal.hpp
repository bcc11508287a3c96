// Signal: something happened; everybody who waits now goes on, in the order in which they came. It remembers nothing:
// who waits after the notification waits for the next one.
#pragma once

#include "sim/engine/wait_queue.hpp"

namespace orrery::sim::engine {

class Signal {
 public:
  explicit Signal(Host& host) : waiting_(host) {}

  void notify_all();
  std::size_t waiting() const { return waiting_.size(); }

  class Wait : public Waiter {
   public:
    Wait(Signal& signal, std::optional<Duration> patience) : queue_(signal.waiting_), patience_(patience) {}
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> leaf) { queue_.wait(*this, leaf, patience_); }
    bool await_resume() { return leave(); }  // false: timed out

   private:
    WaitQueue& queue_;
    std::optional<Duration> patience_;
  };
  Wait wait() { return Wait(*this, std::nullopt); }
  Wait wait_for(Duration patience) { return Wait(*this, patience); }  // bool: notified in time

 private:
  WaitQueue waiting_;
};

}  // namespace orrery::sim::engine
