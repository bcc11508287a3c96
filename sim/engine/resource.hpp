// Resource: `capacity` interchangeable units of something local to a host (slots, cores, KV-cache blocks). Strictly
// first come first served: a small request behind a large one waits with it.
#pragma once

#include <cstdint>
#include <utility>

#include "sim/engine/wait_queue.hpp"

namespace orrery::sim::engine {

class Resource {
 public:
  Resource(Host& host, std::int64_t capacity);  // capacity >= 0

  std::int64_t capacity() const { return capacity_; }
  std::int64_t available() const { return available_; }
  std::size_t queue_length() const { return waiting_.size(); }  // processes

  class Acquire : public Waiter {
   public:
    Acquire(Resource& resource, std::int64_t units) : resource_(resource), units_(units) {}
    ~Acquire();  // killed while queueing, or granted but never resumed: others may go on
    bool await_ready();
    void await_suspend(std::coroutine_handle<> leaf) { resource_.waiting_.wait(*this, leaf); }
    void await_resume();

   private:
    friend class Resource;
    Resource& resource_;
    std::int64_t units_;
  };
  // co_await resource.acquire(n), 0 <= n <= capacity. The process owns the units until it releases them.
  Acquire acquire(std::int64_t units = 1);
  void release(std::int64_t units = 1);  // not more than are out

  // Gives acquired units back when it goes out of scope, so that killing its process frees them:
  //   co_await slots.acquire(2);
  //   Resource::Hold hold(slots, 2);
  class Hold {
   public:
    Hold(Resource& resource, std::int64_t units = 1) : resource_(&resource), units_(units) {}
    Hold(Hold&& other) noexcept : resource_(std::exchange(other.resource_, nullptr)), units_(other.units_) {}
    Hold& operator=(Hold&&) = delete;
    ~Hold() {
      if (resource_ != nullptr) resource_->release(units_);
    }

   private:
    Resource* resource_;
    std::int64_t units_;
  };

 private:
  void grant();

  WaitQueue waiting_;
  std::int64_t capacity_;
  std::int64_t available_;
};

}  // namespace orrery::sim::engine
