// Request and reply between entities. A process opens a call, sends the request with the call's ticket, and awaits the
// reply that carries the same ticket:
//
//   auto call = calls.open();
//   self.simulation().send(self.id(), peer, latency, Ask{call.ticket(), ...});
//   const std::optional<Answer> answer = co_await call.reply_for(patience);   // nullopt: timed out
//
// and the host's on_event() hands replies over: `calls.deliver(answer.ticket, answer)`. A call ends with its object; a
// reply that comes later is dropped, and deliver() says so. Several replies to one call (a stream of tokens) queue up.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>

#include "sim/engine/mailbox.hpp"

namespace orrery::sim::engine {

template <class Reply>
class Calls {
 public:
  class Call {
   public:
    explicit Call(Calls& calls) : calls_(&calls), ticket_(calls.next_++), replies_(calls.host_) {
      calls.open_.emplace(ticket_, this);
    }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;
    ~Call() {
      if (calls_ != nullptr) calls_->open_.erase(ticket_);
    }
    std::uint32_t ticket() const { return ticket_; }
    auto reply() { return replies_.receive(); }                                   // Reply
    auto reply_for(Duration patience) { return replies_.receive_for(patience); }  // optional<Reply>

   private:
    friend class Calls;
    Calls* calls_;
    std::uint32_t ticket_;
    Mailbox<Reply> replies_;
  };

  explicit Calls(Host& host) : host_(host) {}
  Calls(const Calls&) = delete;
  Calls& operator=(const Calls&) = delete;
  ~Calls() {
    for (auto& [ticket, call] : open_) call->calls_ = nullptr;  // their frames die with the host, after this member
  }

  // A ticket that no open call has; tickets repeat after 2^32 calls.
  Call open() {
    while (open_.contains(next_)) ++next_;
    return Call(*this);
  }
  // False: nobody waits for this ticket any more.
  bool deliver(std::uint32_t ticket, Reply reply) {
    const auto found = open_.find(ticket);
    if (found == open_.end()) return false;
    found->second->replies_.push(std::move(reply));
    return true;
  }
  std::size_t size() const { return open_.size(); }  // open calls

 private:
  Host& host_;
  std::uint32_t next_ = 0;
  std::unordered_map<std::uint32_t, Call*> open_;  // looked up, never iterated in a way that could show
};

}  // namespace orrery::sim::engine
