// Task<T>: a coroutine that another one awaits, and that returns a T to it or throws into it. It starts when awaited,
// by symmetric transfer, and may await whatever its process may. The frame belongs to the Task object, which lives in
// the awaiting frame: destroying the process destroys the whole chain, innermost last.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "kernels/contract.hpp"
#include "sim/engine/frame_pool.hpp"

namespace orrery::sim::engine {

template <class T = void>
class Task;

class TaskPromiseBase : public Pooled {
 public:
  struct Final {
    bool await_ready() noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> task) noexcept {
      const std::coroutine_handle<> awaiting = task.promise().awaiting_;
      return awaiting ? awaiting : std::noop_coroutine();
    }
    void await_resume() noexcept {}
  };
  std::suspend_always initial_suspend() noexcept { return {}; }
  Final final_suspend() noexcept { return {}; }
  void unhandled_exception() { failure_ = std::current_exception(); }

 protected:
  template <class>
  friend class Task;
  void rethrow() const {
    if (failure_) std::rethrow_exception(failure_);
  }
  std::coroutine_handle<> awaiting_;  // none until the task has suspended for the first time
  std::exception_ptr failure_;
};

template <class T>
class TaskPromise : public TaskPromiseBase {
 public:
  Task<T> get_return_object();
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T result() {
    rethrow();
    ENSURE(value_.has_value());
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> : public TaskPromiseBase {
 public:
  Task<void> get_return_object();
  void return_void() {}
  void result() { rethrow(); }
};

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = TaskPromise<T>;
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Task& operator=(Task&&) = delete;
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // Awaited once.
  bool await_ready() const { return false; }
  bool await_suspend(std::coroutine_handle<> awaiting) {
    EXPECT(handle_ && !handle_.done() && !handle_.promise().awaiting_);
    handle_.resume();
    if (handle_.done()) return false;
    handle_.promise().awaiting_ = awaiting;
    return true;
  }
  T await_resume() { return handle_.promise().result(); }

 private:
  friend class TaskPromise<T>;
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> TaskPromise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<TaskPromise<T>>::from_promise(*this));
}
inline Task<void> TaskPromise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<TaskPromise<void>>::from_promise(*this));
}

}  // namespace orrery::sim::engine
