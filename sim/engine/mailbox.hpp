// Mailbox<T>: messages that processes of one host wait for. Messages and waiting processes are both first come first
// served; a message goes to the first waiting process at the push, so nobody can overtake it. If that process is killed
// before it runs, the message goes to the next one waiting, or back to the head of the box.
#pragma once

#include <optional>
#include <utility>

#include "sim/engine/ring.hpp"
#include "sim/engine/wait_queue.hpp"

namespace orrery::sim::engine {

template <class T>
class Mailbox {
 public:
  explicit Mailbox(Host& host) : waiting_(host) {}

  // From the host's own events or processes (ContractError otherwise).
  void push(T message) {
    waiting_.host().check_owner();
    if (waiting_.empty()) {
      messages_.push_back(std::move(message));
    } else {
      deliver(std::move(message));
    }
  }
  std::size_t size() const { return messages_.size(); }    // messages that nobody has taken
  std::size_t waiting() const { return waiting_.size(); }  // processes

  class Receive : public Waiter {
   public:
    Receive(Mailbox& box, std::optional<Duration> patience) : box_(&box), patience_(patience) {}
    ~Receive() {
      if (message_ && served()) box_->give_back(std::move(*message_));
    }
    bool await_ready() {
      box_->waiting_.host().check_owner();
      if (!box_->messages_.empty()) message_.emplace(box_->messages_.pop_front());
      return message_.has_value();
    }
    void await_suspend(std::coroutine_handle<> leaf) { box_->waiting_.wait(*this, leaf, patience_); }

   protected:
    std::optional<T> taken() {
      leave();
      return std::exchange(message_, std::nullopt);
    }

   private:
    friend class Mailbox;
    Mailbox* box_;
    std::optional<Duration> patience_;
    std::optional<T> message_;
  };
  struct ReceiveAlways : Receive {
    explicit ReceiveAlways(Mailbox& box) : Receive(box, std::nullopt) {}
    T await_resume() { return std::move(*this->taken()); }
  };
  struct ReceiveFor : Receive {
    ReceiveFor(Mailbox& box, Duration patience) : Receive(box, patience) {}
    std::optional<T> await_resume() { return this->taken(); }
  };

  ReceiveAlways receive() { return ReceiveAlways(*this); }                           // T
  ReceiveFor receive_for(Duration patience) { return ReceiveFor(*this, patience); }  // optional<T>; nullopt: timed out

 private:
  void deliver(T message) {
    auto& first = static_cast<Receive&>(waiting_.front());
    first.message_.emplace(std::move(message));
    waiting_.serve();
  }
  void give_back(T message) {
    if (waiting_.empty()) {
      messages_.push_front(std::move(message));
    } else {
      deliver(std::move(message));
    }
  }

  WaitQueue waiting_;
  Ring<T> messages_;
};

}  // namespace orrery::sim::engine
