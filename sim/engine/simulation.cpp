#include "sim/engine/simulation.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "sim/engine/prefetch.hpp"

namespace orrery::sim::engine {
namespace {

// Odd constants of splitmix64 (Steele, Lea, Flood, OOPSLA 2014) and MurmurHash3's finaliser.
std::uint64_t mixed(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

std::uint64_t digest(const Event& e) {
  const std::uint64_t ends = static_cast<std::uint64_t>(e.to.index()) << 32 | e.from.index();
  const std::uint64_t what = static_cast<std::uint64_t>(e.sequence) << 16 | e.kind;
  return (static_cast<std::uint64_t>(e.at.ns()) * 0x9e3779b97f4a7c15u) ^ (ends * 0xff51afd7ed558ccdu) ^
         (what * 0xc4ceb9fe1a85ec53u);
}

// Far enough ahead to hide a miss to memory, near enough to be still in the first-level cache when its turn comes.
constexpr std::uint32_t fetch_event = 16;
constexpr std::uint32_t fetch_entity = 16;
constexpr std::uint32_t fetch_state = 4;
constexpr std::uint32_t fetch_frame = 2;
constexpr std::uint32_t fetch_model[Simulation::prefetch_steps] = {12, 8, 5, 2};
static_assert(fetch_event < RadixHeap::sight && fetch_entity < RadixHeap::sight);

}  // namespace

Simulation::Simulation(Duration lookahead, EventSet set) : lookahead_(lookahead), which_(set) {
  EXPECT(lookahead >= Duration::from_ns(1));
}

EntityId Simulation::add(void* self, Handler handler, void* context) {
  EXPECT(!running_);
  const auto known = std::find_if(kinds_.begin(), kinds_.end(),
                                  [&](const Kind& kind) { return kind.handler == handler && kind.context == context; });
  const auto index = static_cast<std::uint32_t>(known - kinds_.begin());
  if (known == kinds_.end()) kinds_.push_back({handler, context});
  entities_.push_back({self, 0, 0, index});
  return EntityId(static_cast<std::uint32_t>(entities_.size() - 1));
}

void Simulation::prefetch_by(Prefetch ahead, Handler handler, void* context) {
  for (Kind& kind : kinds_) {
    if (kind.handler != handler || kind.context != context) continue;
    kind.prefetch = ahead;
    foresees_ = true;
  }
}

void Simulation::fail_lookahead(EntityId from, EntityId to, Duration delay) {
  const auto name = [](EntityId id) { return id ? fmt::format("entity {}", id.index()) : std::string("no entity"); };
  throw ContractError(
      fmt::format("message from {} to {} after {} ns is below the lookahead", name(from), name(to), delay.ns()));
}

std::uint32_t Simulation::place(EntityId from, EntityId to, Duration delay, std::uint16_t kind) {
  EXPECT(from.index() < entities_.size() && to.index() < entities_.size());
  EXPECT(!running_ || from == current_);
  EXPECT(delay.ns() <= Time::never().ns() - now_.ns());
  Entity& sender = entities_[from.index()];
  EXPECT(sender.sent != UINT32_MAX);
  const std::uint32_t slot = events_.acquire();
  Event& event = events_[slot];
  event.at = now_ + delay;
  event.to = to;
  event.from = from;
  event.sequence = sender.sent++;
  event.kind = kind;
  event.cancelled = 0;
  const Key key{slot, to.index(), static_cast<std::uint64_t>(event.at.ns())};
  if (which_ == EventSet::radix_heap) {
    radix_.push(key);
  } else {
    binary_.push(key);
  }
  if (pending() > statistics_.max_pending) statistics_.max_pending = pending();
  return slot;
}

bool Simulation::cancel(TimerId timer) {
  EXPECT(!running_ || timer.self == current_);
  if (timer.slot >= events_.used()) return false;
  Event& event = events_[timer.slot];
  if (event.from != timer.self || event.sequence != timer.sequence || event.cancelled != 0) return false;
  event.cancelled = 1;
  ++tombstones_;
  ++statistics_.cancelled;
  if (tombstones_ > pending() + 64) compact();
  return true;
}

void Simulation::compact() {
  const auto dead = [this](std::uint32_t slot) {
    if (events_[slot].cancelled == 0) return false;
    events_.release(slot);
    return true;
  };
  if (which_ == EventSet::radix_heap) {
    radix_.remove_if(dead);
  } else {
    binary_.remove_if(dead);
  }
  tombstones_ = 0;
}

std::uint64_t Simulation::run(Time until) {
  EXPECT(!running_);
  EXPECT(until >= now_);
  struct Running {
    Simulation& simulation;
    explicit Running(Simulation& s) : simulation(s) { simulation.running_ = true; }
    ~Running() {
      simulation.running_ = false;
      simulation.current_ = EntityId();
    }
  } running(*this);
  stopped_ = false;
  const std::uint64_t before = statistics_.handled;
  if (which_ == EventSet::radix_heap) {
    run_on(radix_, until);
  } else {
    run_on(binary_, until);
  }
  if (!stopped_) now_ = until;
  return statistics_.handled - before;
}

bool Simulation::pop_before(Time limit, Key& key) {
  const auto at = static_cast<std::uint64_t>(limit.ns());
  return which_ == EventSet::radix_heap ? radix_.pop_before(at, key) : binary_.pop_before(at, key);
}

bool Simulation::step(Time now) {
  EXPECT(!running_ && now >= now_);
  floor_ = now;
  const Time after = now + Duration::from_ns(1);
  bool handled = false;
  running_ = true;
  for (Key key; !handled && pop_before(after, key);) {
    const Event event = events_[key.slot];
    events_.release(key.slot);
    if (event.cancelled != 0) {
      --tombstones_;
      continue;
    }
    handle(event);
    handled = true;
  }
  running_ = false;
  current_ = EntityId();
  if (!handled) now_ = after;
  return handled;
}

void Simulation::arrive(const Event& event) {
  const Duration delay = std::max(event.at, now_) - now_;
  events_[place(event.from, event.to, delay, event.kind)].payload = event.payload;
}

// Prefetches what the next events will touch, each step when the step before it has arrived.
template <class Set>
[[gnu::always_inline]] inline void Simulation::prefetch(const Set& set) {
  if (const Key* next = set.upcoming(fetch_event)) {
    fetch_ends(&events_[next->slot], sizeof(Event));
  }
  if (const Key* next = set.upcoming(fetch_entity)) fetch_line(&entities_[next->to]);
  if (const Key* next = set.upcoming(fetch_state)) fetch_line(entities_[next->to].self);
  if (foresees_) {
    for (int step = 0; step < prefetch_steps; ++step) {
      const Key* next = set.upcoming(fetch_model[step]);
      if (!next) continue;
      const Entity& entity = entities_[next->to];
      const Kind& kind = kinds_[entity.kind];
      if (kind.prefetch) kind.prefetch(kind.context, entity.self, events_[next->slot], step);
    }
  }
  if (const Key* next = set.upcoming(fetch_frame)) {
    // The engine's own events begin their payload with the address of what they wake.
    const Event& event = events_[next->slot];
    if (event.kind < first_user_kind) {
      const char* frame = nullptr;
      std::memcpy(&frame, event.payload.data(), sizeof frame);
      fetch_line(frame);
      fetch_line(frame + 64);
    }
  }
}

template <class Set>
void Simulation::run_on(Set& set, Time until) {
  const auto limit = static_cast<std::uint64_t>(until.ns());
  Key key;
  while (!stopped_ && set.pop_before(limit, key)) {
    prefetch(set);
    const Event event = events_[key.slot];
    events_.release(key.slot);
    if (event.cancelled != 0) {
      --tombstones_;
      continue;
    }
    handle(event);
  }
}

void Simulation::handle(const Event& event) {
  now_ = std::max(event.at, floor_);
  current_ = event.to;
  ++statistics_.handled;
  Entity& entity = entities_[event.to.index()];
  entity.chain = (entity.chain ^ digest(event)) * 0x9e3779b97f4a7c15u;
  entity.chain ^= entity.chain >> 29;
  const Kind& kind = kinds_[entity.kind];
  kind.handler(kind.context, entity.self, event);
}

std::uint64_t Simulation::trace_hash() const {
  std::uint64_t sum = mixed(statistics_.handled);
  for (std::size_t id = 0; id < entities_.size(); ++id) {
    sum += mixed(entities_[id].chain + mixed(id + 1));
  }
  return sum;
}

}  // namespace orrery::sim::engine
