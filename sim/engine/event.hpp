// An event: a 48-byte value that says when, to whom, from whom and what.
//
// Events are totally ordered by (at, to, from, sequence). `sequence` counts what one sender has sent, so the order
// depends on nothing but the entities' own histories: no rank, thread, pointer or order of insertion can change it.
#pragma once

#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/contract.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::engine {

struct EntityTag;
using EntityId = Id<EntityTag>;

// What an event may carry: a plain value of at most 24 bytes whose type names its kind. Kinds below 16 are the
// engine's.
inline constexpr std::size_t payload_bytes = 24;
inline constexpr std::uint16_t first_user_kind = 16;

template <class M>
concept Message = std::is_trivially_copyable_v<M> && std::default_initializable<M> &&
                  sizeof(M) <= payload_bytes&& std::same_as<std::remove_cv_t<decltype(M::kind)>, std::uint16_t>;

struct Event {
  Time at;
  EntityId to;
  EntityId from;
  std::uint32_t sequence = 0;  // counts the events of `from`
  std::uint16_t kind = 0;
  std::uint16_t cancelled = 0;  // the engine's: a tombstone that only waits for its key to come up
  alignas(8) std::array<std::byte, payload_bytes> payload;

  // The payload as M; the event must carry an M.
  template <Message M>
  M as() const {
    EXPECT(kind == M::kind);
    M message;
    std::memcpy(static_cast<void*>(&message), payload.data(), sizeof(M));
    return message;
  }
};
static_assert(sizeof(Event) == 48 && std::is_trivially_copyable_v<Event>);

// Names one timer for ever: a sender never counts the same sequence twice, so a recycled slot cannot be mistaken.
struct TimerId {
  EntityId self;
  std::uint32_t slot = 0;
  std::uint32_t sequence = 0;
  explicit operator bool() const { return static_cast<bool>(self); }
};

}  // namespace orrery::sim::engine
