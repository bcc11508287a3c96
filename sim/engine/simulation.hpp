// The discrete-event core: entities that share nothing, and the events between them.
//
// An entity is any object with `void on_event(const Event&)`. It owns its state; nobody else reads or writes it.
// Entities reach each other by messages that take at least the lookahead, and themselves by timers that may take zero.
// That is all that a windowed or a parallel executor needs to know, so models written against this header will not
// change for one.
//
// Order. The next event handled is always the least pending one by (at, to, from, sequence). A timer of zero delay set
// while handling an event therefore comes after that event, after whatever is still pending at this instant for this
// entity from senders with smaller ids (and from itself earlier), and before what is pending from senders with larger
// ids. Since messages take at least the lookahead (> 0), events of one instant are handled entity by entity, in order
// of ids.
#pragma once

#include <cstdint>
#include <type_traits>
#include <vector>

#include "sim/engine/binary_heap.hpp"
#include "sim/engine/event.hpp"
#include "sim/engine/event_slab.hpp"
#include "sim/engine/pages.hpp"
#include "sim/engine/radix_heap.hpp"

namespace orrery::sim::engine {

class Host;

// Which structure orders the pending events. Both give the same run; the binary heap is the oracle of tests and
// benchmarks.
enum class EventSet { radix_heap, binary_heap };

struct Statistics {
  std::uint64_t handled = 0;    // events
  std::uint64_t cancelled = 0;  // timers
  std::size_t max_pending = 0;  // live events at once
};

class Simulation {
 public:
  // `context` is what all entities with this handler share, such as the model that a row of a table belongs to.
  using Handler = void (*)(void* context, void* self, const Event& event);

  // Asks for the lines of memory that the handler will need for an event that comes up soon: called up to four times,
  // with step 0, 1, 2, 3, when what it asked for in the step before has arrived. It must not change anything.
  using Prefetch = void (*)(void* context, void* self, const Event& event, int step);
  static constexpr int prefetch_steps = 4;

  explicit Simulation(Duration lookahead, EventSet set = EventSet::radix_heap);  // lookahead >= 1 ns
  Simulation(const Simulation&) = delete;
  Simulation& operator=(const Simulation&) = delete;

  // Registers an entity, which must stay where it is and outlive every run. Ids are dense from 0, in order of adding. A
  // Host registers itself.
  template <class E>
  EntityId add(E& entity) {
    static_assert(!std::is_base_of_v<Host, E>, "a Host registers itself in its constructor");
    return add(&entity, [](void*, void* self, const Event& event) { static_cast<E*>(self)->on_event(event); });
  }
  EntityId add(void* self, Handler handler, void* context = nullptr);
  // For all entities with this handler and context, which are known by now.
  void prefetch_by(Prefetch ahead, Handler handler, void* context);
  void reserve(std::size_t entities) { entities_.reserve(entities); }
  std::size_t entities() const { return entities_.size(); }

  Time now() const { return now_; }
  EntityId current() const { return current_; }  // whose event is being handled; none outside run()
  Duration lookahead() const { return lookahead_; }

  // Sends a message that arrives after `delay` >= lookahead (ContractError with source, destination and delay
  // otherwise). Inside run() `from` must be current(); outside any entity may be given, which is how a model starts.
  template <Message M>
  void send(EntityId from, EntityId to, Duration delay, const M& message) {
    static_assert(M::kind >= first_user_kind, "kinds below 16 are the engine's");
    if (delay < lookahead_) [[unlikely]]
      fail_lookahead(from, to, delay);
    write(place(from, to, delay, M::kind), message);
  }

  // An event to oneself after `delay` >= 0. Inside run() `self` must be current().
  template <Message M>
  TimerId timer(EntityId self, Duration delay, const M& message) {
    EXPECT(delay >= Duration());
    const std::uint32_t slot = place(self, self, delay, M::kind);
    write(slot, message);
    return {self, slot, events_[slot].sequence};
  }

  // False if the timer has fired or was cancelled. Inside run() only its own entity may cancel it.
  bool cancel(TimerId timer);

  // Handles every event with at < until (until >= now()), and returns how many. Afterwards now() == until, or the time
  // of the last event if stop() was called. What a handler throws comes out; that event counts as handled, and the rest
  // stay.
  std::uint64_t run(Time until);
  // For a driver that follows another clock, `now` of it: handles at most one event with at <= now, as one that happens
  // at `now`; false if there is none. Afterwards now() is past `now`.
  bool step(Time now);
  // An event from an entity that lives in another process' simulation: as that one sent it, but not before now().
  void arrive(const Event& event);
  void stop() { stopped_ = true; }  // run() returns after the event at hand

  std::size_t pending() const { return keys() - tombstones_; }
  const Statistics& statistics() const { return statistics_; }
  // A fingerprint of the run: each entity chains (at, to, from, sequence, kind) over the events that it handled, and
  // the chains are summed. Independent of how the executor interleaves entities, sensitive to order within one.
  std::uint64_t trace_hash() const;

 private:
  struct Entity {
    void* self;
    std::uint64_t chain;
    std::uint32_t sent;
    std::uint32_t kind;
  };
  struct Kind {
    Handler handler;
    void* context;
    Prefetch prefetch = nullptr;
  };

  [[noreturn]] static void fail_lookahead(EntityId from, EntityId to, Duration delay);
  std::uint32_t place(EntityId from, EntityId to, Duration delay, std::uint16_t kind);
  template <class M>
  void write(std::uint32_t slot, const M& message) {
    std::memcpy(events_[slot].payload.data(), &message, sizeof(M));
  }
  template <class Set>
  void prefetch(const Set& set);
  template <class Set>
  void run_on(Set& set, Time until);
  bool pop_before(Time limit, Key& key);
  void handle(const Event& event);
  void compact();
  std::size_t keys() const { return which_ == EventSet::radix_heap ? radix_.size() : binary_.size(); }

  EventSlab events_;
  RadixHeap radix_{events_};
  BinaryHeap binary_{events_};
  std::vector<Entity, PageAllocator<Entity>> entities_;
  std::vector<Kind> kinds_;  // of entities: few, where entities may be millions
  Time now_;
  Time floor_;  // no event is handled as of an earlier time
  EntityId current_;
  Duration lookahead_;
  EventSet which_;
  bool running_ = false;
  bool stopped_ = false;
  std::size_t tombstones_ = 0;  // keys whose event is cancelled
  Statistics statistics_;
  bool foresees_ = false;  // a kind has a prefetch
};

}  // namespace orrery::sim::engine
