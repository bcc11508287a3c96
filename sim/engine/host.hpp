// A host: an entity whose behaviour is written as coroutine processes.
//
//   struct Node : Host {
//     explicit Node(Simulation& simulation) : Host(simulation) { spawn(serve(*this)); }
//     ~Node() override { kill_all(); }                                 // before the members that its processes use
//     void on_event(const Event& e) override { if (!wake(e)) inbox.push(e.as<Task>()); }
//     Mailbox<Task> inbox{*this};
//   };
//
// Order. At most one process of a host runs at a time, and never inside another or inside on_event(). Waking (a timer,
// a push, a notify, a release, a spawn) only appends a process to the host's ready list; the list runs, first in first
// out, when on_event() has returned, and until it is empty, before the next event of the simulation. Outside
// Simulation::run() waking sets one zero-delay timer that runs the list first thing in the next run.
#pragma once

#include <coroutine>
#include <cstdint>

#include "sim/engine/process.hpp"
#include "sim/engine/simulation.hpp"

namespace orrery::sim::engine {

class Sleep;

class Host {
 public:
  explicit Host(Simulation& simulation);  // registers itself; the simulation outlives it
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host();  // kills what is left

  // An event for this host. As it stands: engine events only. Overrides call wake() first.
  virtual void on_event(const Event& event);
  // Handles the engine's own events; false: the event is the model's.
  bool wake(const Event& event);

  Simulation& simulation() const { return simulation_; }
  EntityId id() const { return id_; }
  Time now() const { return simulation_.now(); }

  // Takes a process over. It starts when the ready list comes to it.
  ProcessId spawn(Process process);
  // Destroys processes: their frames, with every Task they await, go at once; their timers are cancelled and they leave
  // every queue. A process may kill itself, or all including itself: it then goes on to its next suspension (or its
  // end) and is destroyed there; what it spawns meanwhile lives.
  bool kill(ProcessId process);  // false: it is no longer there. O(live processes)
  void kill_all();
  std::size_t live() const { return live_; }

  // co_await host.sleep(d): goes on d later, d >= 0.
  Sleep sleep(Duration duration);

  // For awaiters (Sleep, below, is the smallest).
  // Called in await_suspend(): the running process waits, and will be resumed at `leaf`.
  ProcessPromise& suspend(std::coroutine_handle<> leaf);
  void set_timer(ProcessPromise& process, Duration delay);  // makes it ready after delay unless it is ready before
  void make_ready(ProcessPromise& process);                 // cancels its timer
  void check_owner() const;  // inside run(), only the host's own events may touch what it owns (ContractError)

 private:
  friend struct ProcessPromise;
  struct Turn;
  void run_ready();
  void destroy(ProcessPromise& process);
  void cancel_timer(ProcessPromise& process);

  Simulation& simulation_;
  EntityId id_;
  std::uint32_t live_ = 0;
  List<ProcessPromise, OwnedTag> owned_;
  List<ProcessPromise, ReadyTag> ready_;
  Turn* turn_ = nullptr;  // of the process that is running
  std::uint32_t spawned_ = 0;
  bool start_pending_ = false;
};

class Sleep {
 public:
  Sleep(Host& host, Duration duration) : host_(host), duration_(duration) {}
  bool await_ready() const { return false; }
  void await_suspend(std::coroutine_handle<> leaf) { host_.set_timer(host_.suspend(leaf), duration_); }
  void await_resume() const {}

 private:
  Host& host_;
  Duration duration_;
};

inline Sleep Host::sleep(Duration duration) { return Sleep(*this, duration); }

}  // namespace orrery::sim::engine
