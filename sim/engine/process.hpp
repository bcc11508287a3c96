// A process: a coroutine that lives in virtual time on one host. `Process serve(Node& self) { co_await self.sleep(d);
// ... }`
//
// Calling the coroutine only builds it; Host::spawn() takes it over. What a process throws comes out of
// Simulation::run().
#pragma once

#include <coroutine>
#include <cstdint>
#include <utility>

#include "sim/engine/event.hpp"
#include "sim/engine/frame_pool.hpp"
#include "sim/engine/list.hpp"

namespace orrery::sim::engine {

class Host;
class Process;

struct OwnedTag;  // every live process of a host, in the order of spawning
struct ReadyTag;  // those about to run

// Names a process of one host; never used twice. The default names none.
struct ProcessId {
  std::uint32_t serial = 0;
  explicit operator bool() const { return serial != 0; }
  friend bool operator==(ProcessId, ProcessId) = default;
};

// The state of a process beside its frame: where it waits. It waits at one place at a time, so one timer is enough.
struct ProcessPromise : Pooled, Link<OwnedTag>, Link<ReadyTag> {
  Host* host = nullptr;
  std::coroutine_handle<> leaf;  // what to resume: the process itself, or the innermost Task that it awaits
  std::uint32_t timer_slot = 0;
  std::uint32_t timer_sequence = no_timer;
  std::uint32_t serial = 0;
  static constexpr std::uint32_t no_timer = UINT32_MAX;

  struct Final {
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<ProcessPromise> process) noexcept;
    void await_resume() noexcept {}
  };
  Process get_return_object();
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void return_void() {}
  void unhandled_exception() const;
};

class [[nodiscard]] Process {
 public:
  using promise_type = ProcessPromise;
  Process(Process&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Process& operator=(Process&&) = delete;
  ~Process() {
    if (handle_) handle_.destroy();
  }

 private:
  friend struct ProcessPromise;
  friend class Host;
  explicit Process(std::coroutine_handle<ProcessPromise> handle) : handle_(handle) {}
  std::coroutine_handle<ProcessPromise> handle_;
};

inline Process ProcessPromise::get_return_object() {
  return Process(std::coroutine_handle<ProcessPromise>::from_promise(*this));
}

}  // namespace orrery::sim::engine
