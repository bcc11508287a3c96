#include "sim/engine/host.hpp"

#include <exception>

namespace orrery::sim::engine {
namespace {

// The timer of a waiting process went off. A killed process has cancelled its timer, so the pointer is good.
struct Wake {  // begins with the address that Simulation prefetches
  static constexpr std::uint16_t kind = 1;
  ProcessPromise* process = nullptr;
};

// The ready list was filled outside run().
struct Start {
  static constexpr std::uint16_t kind = 2;
  ProcessPromise* nobody = nullptr;
};

}  // namespace

// While one process runs: what happened to it.
struct Host::Turn {
  ProcessPromise* process;
  bool finished = false;
  bool killed = false;
  std::exception_ptr failure;
};

void ProcessPromise::Final::await_suspend(std::coroutine_handle<ProcessPromise> process) noexcept {
  process.promise().host->turn_->finished = true;
}

void ProcessPromise::unhandled_exception() const { host->turn_->failure = std::current_exception(); }

Host::Host(Simulation& simulation) : simulation_(simulation) {
  id_ = simulation.add(this, [](void*, void* self, const Event& event) {
    auto& host = *static_cast<Host*>(self);
    host.on_event(event);
    host.run_ready();
  });
}

Host::~Host() {
  EXPECT(turn_ == nullptr);
  kill_all();
}

void Host::on_event(const Event& event) {
  const bool engine_event = wake(event);
  EXPECT(engine_event);
}

bool Host::wake(const Event& event) {
  if (event.kind == Wake::kind) {
    ProcessPromise& process = *event.as<Wake>().process;
    process.timer_sequence = ProcessPromise::no_timer;
    make_ready(process);
    return true;
  }
  if (event.kind == Start::kind) {
    start_pending_ = false;
    return true;
  }
  return false;
}

ProcessId Host::spawn(Process process) {
  check_owner();
  ProcessPromise& promise = process.handle_.promise();
  promise.host = this;
  promise.leaf = process.handle_;
  promise.serial = ++spawned_;
  process.handle_ = {};
  owned_.push_back(promise);
  ++live_;
  make_ready(promise);
  return {promise.serial};
}

bool Host::kill(ProcessId id) {
  check_owner();
  ProcessPromise* process = owned_.find([&](const ProcessPromise& p) { return p.serial == id.serial; });
  if (process == nullptr) return false;
  if (turn_ != nullptr && turn_->process == process) {
    turn_->killed = true;
  } else {
    destroy(*process);
  }
  return true;
}

void Host::kill_all() {
  check_owner();
  const auto not_running = [&](const ProcessPromise& p) { return turn_ == nullptr || turn_->process != &p; };
  while (ProcessPromise* process = owned_.find(not_running)) destroy(*process);
  if (turn_ != nullptr) turn_->killed = true;
}

void Host::destroy(ProcessPromise& process) {
  cancel_timer(process);
  if (static_cast<Link<ReadyTag>&>(process).linked()) ready_.erase(process);
  owned_.erase(process);
  --live_;
  std::coroutine_handle<ProcessPromise>::from_promise(process).destroy();
}

void Host::run_ready() {
  while (!ready_.empty()) {
    ProcessPromise& process = ready_.pop_front();
    Turn turn{&process, false, false, nullptr};
    turn_ = &turn;
    process.leaf.resume();
    turn_ = nullptr;
    if (turn.finished || turn.killed) destroy(process);
    if (turn.failure) std::rethrow_exception(turn.failure);
  }
}

ProcessPromise& Host::suspend(std::coroutine_handle<> leaf) {
  EXPECT(turn_ != nullptr);  // only a process of this host waits for what belongs to it
  turn_->process->leaf = leaf;
  return *turn_->process;
}

void Host::set_timer(ProcessPromise& process, Duration delay) {
  const TimerId timer = simulation_.timer(id_, delay, Wake{&process});
  process.timer_slot = timer.slot;
  process.timer_sequence = timer.sequence;
}

void Host::cancel_timer(ProcessPromise& process) {
  if (process.timer_sequence == ProcessPromise::no_timer) return;
  simulation_.cancel({id_, process.timer_slot, process.timer_sequence});
  process.timer_sequence = ProcessPromise::no_timer;
}

void Host::make_ready(ProcessPromise& process) {
  check_owner();
  cancel_timer(process);
  ready_.push_back(process);
  if (simulation_.current() || start_pending_) return;
  simulation_.timer(id_, Duration(), Start{});
  start_pending_ = true;
}

void Host::check_owner() const { EXPECT(!simulation_.current() || simulation_.current() == id_); }

}  // namespace orrery::sim::engine
