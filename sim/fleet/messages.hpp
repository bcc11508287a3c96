// What rows of the tables say to each other: the messages of sim/serving in at most 24 bytes, without the parts that
// only computed numbers need. A leg of a request on a node is named by (request, leg), as there; `slot` is where the
// client keeps the request, handed out with the opening and sent back with every answer.
#pragma once

#include <cstdint>

#include "sim/engine/event.hpp"
#include "sim/units.hpp"

namespace orrery::sim::fleet {

// A span of blocks in two bytes.
struct Blocks {
  std::uint8_t begin = 0;
  std::uint8_t end = 0;
  Blocks() = default;
  explicit Blocks(BlockSpan span)
      : begin(static_cast<std::uint8_t>(span.begin)), end(static_cast<std::uint8_t>(span.end)) {}
  BlockSpan span() const { return {begin, end}; }
  bool empty() const { return end <= begin; }
};
inline constexpr int most_blocks = 255;

// ---- To nodes.

// Rows of activations at positions [first, first + count).
struct Rows {
  static constexpr std::uint16_t kind = 16;
  std::uint32_t request;
  std::uint16_t leg, count;
  std::uint32_t first;
};
struct Open {
  static constexpr std::uint16_t kind = 17;
  std::uint32_t parcel;  // Opening
};
struct Close {
  static constexpr std::uint16_t kind = 18;
  std::uint32_t request;
  std::uint16_t leg;
};
// From now on send outputs to another successor.
struct Redirect {
  static constexpr std::uint16_t kind = 19;
  std::uint32_t request;
  std::uint16_t leg, next_leg;
  std::uint32_t next;
};
struct Probe {
  static constexpr std::uint16_t kind = 20;
  std::uint32_t request, slot, client;
  std::uint16_t leg;
};
struct Sums {
  static constexpr std::uint16_t kind = 21;
  std::uint32_t parcel;  // throughput of what is announced, block by block
};

struct Opening {
  std::uint32_t request, slot, client;
  std::uint32_t next;  // an entity; none: the chain ends here
  std::uint32_t tokens;
  std::uint32_t replay_until;  // outputs at positions below are not sent on
  std::uint16_t leg, next_leg;
  Blocks blocks;
};

// ---- To clients.

// What a node put out: the client keeps it to rebuild a lost successor.
struct Output {
  static constexpr std::uint16_t kind = 22;
  std::uint32_t request, slot;
  std::uint16_t leg, count;
  std::uint32_t first;
};
enum class Answer : std::uint16_t { waiting, opened, no_memory, wrong_blocks, not_ready };
struct Opened {
  static constexpr std::uint16_t kind = 23;
  std::uint32_t request, slot;
  std::uint16_t leg;
  Answer answer;
};
struct Pong {
  static constexpr std::uint16_t kind = 24;
  std::uint32_t request, slot, queued;
  std::uint16_t leg;
  bool alive;
};
struct GiveUp {
  static constexpr std::uint16_t kind = 25;
  std::uint32_t request, slot;
  std::uint16_t leg;
};
struct Sample {
  static constexpr std::uint16_t kind = 26;
  std::uint32_t request, slot, parcel;  // of Seen
};
// What the directory knows of one node. A sample carries a few dozen, and many samples travel at a time, so it is a
// quarter of the NodeView that Ground::view makes of it.
struct Seen {
  Time announced;
  std::uint32_t node = 0, cache_left = 0;
  float block_latency_s = 0, online_since_s = 0;
  std::uint16_t busy = 0, queue = 0, sessions = 0;
  Blocks blocks;
};
// A request arrives.
struct Arrive {
  static constexpr std::uint16_t kind = 27;
  std::uint32_t request, prompt, output;
};

// ---- To the directory.

struct Announce {
  static constexpr std::uint16_t kind = 28;
  std::uint32_t node;
  Blocks blocks;
  std::uint16_t busy;        // share of the time since the last one, in 1/65535
  std::uint32_t cache_left;  // [token x block]
  float block_latency_s;
  float online_since_s;
  std::uint16_t queue, sessions;
};
static_assert(sizeof(Announce) == engine::payload_bytes);
struct Withdraw {
  static constexpr std::uint16_t kind = 29;
  std::uint32_t node;
};
struct AskSample {
  static constexpr std::uint16_t kind = 30;
  std::uint32_t request, slot, client;
  Blocks blocks;
};
struct AskSums {
  static constexpr std::uint16_t kind = 31;
  std::uint32_t node;
};

// ---- To the referee.

struct Ended {
  static constexpr std::uint16_t kind = 32;
  std::uint32_t request;
};

// ---- Timers. A node's carry the turn of the session on line that they belong to.

struct Chore {  // what is due next: join, announce, say that it leaves, leave
  static constexpr std::uint16_t kind = 33;
  std::uint32_t turn;
};
struct Choose {  // the wait before choosing blocks is over
  static constexpr std::uint16_t kind = 34;
  std::uint32_t turn;
};
struct Loaded {
  static constexpr std::uint16_t kind = 35;
  std::uint32_t turn;
  Blocks blocks;
};
struct Computed {
  static constexpr std::uint16_t kind = 36;
  std::uint32_t turn;
};
struct Alarm {  // a request's patience may be over
  static constexpr std::uint16_t kind = 37;
  std::uint32_t request, slot;
};
struct Headed {  // the client has applied the head and sampled
  static constexpr std::uint16_t kind = 38;
  std::uint32_t request, slot;
};
struct Next {  // of the crowd: the next request
  static constexpr std::uint16_t kind = 39;
  std::uint32_t request;
};

}  // namespace orrery::sim::fleet
