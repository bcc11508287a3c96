// The base of awaiters that queue for something. The node lives in the waiting frame, so a killed process leaves its
// queue by the awaiter's destructor; a queue that dies first lets go of its nodes.
#pragma once

#include <coroutine>
#include <cstddef>
#include <optional>

#include "sim/engine/host.hpp"

namespace orrery::sim::engine {

struct WaitingTag;
class WaitQueue;

class Waiter : public Link<WaitingTag> {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() { leave(); }

 protected:
  bool queued() const { return queue_ != nullptr; }  // waiting, or served and not resumed yet
  bool served() const { return queue_ != nullptr && served_; }
  // Out of the queue; says whether it had been served (no: its patience ran out).
  bool leave();

 private:
  friend class WaitQueue;
  WaitQueue* queue_ = nullptr;  // null: resumed, never queued, or the queue is gone
  ProcessPromise* process_ = nullptr;
  bool served_ = false;
};

// Processes of one host that wait, first come first served.
class WaitQueue {
 public:
  explicit WaitQueue(Host& host) : host_(host) {}
  WaitQueue(const WaitQueue&) = delete;
  WaitQueue& operator=(const WaitQueue&) = delete;
  ~WaitQueue();  // those still waiting sleep on, until their time-out or their host's end

  Host& host() const { return host_; }
  bool empty() const { return waiting_.empty(); }
  std::size_t size() const { return size_; }
  Waiter& front() const { return waiting_.front(); }
  // The running process queues, to be resumed at `leaf`, at the latest after `patience`.
  void wait(Waiter& waiter, std::coroutine_handle<> leaf, std::optional<Duration> patience = std::nullopt);
  void serve();  // the first one stops waiting and is made ready

 private:
  friend class Waiter;
  Host& host_;
  List<Waiter, WaitingTag> waiting_;
  List<Waiter, WaitingTag> served_;  // not resumed yet
  std::size_t size_ = 0;             // of waiting_
};

}  // namespace orrery::sim::engine
