// What entities say to each other. A session of a request on a node is named by (request, leg): the client numbers the
// legs of a request as it opens them, so a node may play two parts of one request and a re-opened part is never
// mistaken for the old one.
#pragma once

#include <cstdint>
#include <memory>
#include <type_traits>
#include <vector>

#include "sim/engine/event.hpp"
#include "sim/execution/numbers.hpp"
#include "sim/view.hpp"

namespace orrery::sim::serving {

struct LegName {
  std::uint32_t request = 0;
  std::uint16_t leg = 0;
  friend constexpr auto operator<=>(const LegName&, const LegName&) = default;
};

// Rows of activations at positions [first, first + count): client or previous node -> node.
struct Activation {
  static constexpr std::uint16_t kind = 16;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t count;
  std::uint32_t first;
  execution::Handle rows;
};

// The same rows as a node put out: node -> client, which keeps them to rebuild a lost successor.
struct StageOutput {
  static constexpr std::uint16_t kind = 17;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t count;
  std::uint32_t first;
  execution::Handle rows;
};

// Body of OpenSession.
struct OpenBody {
  LegName name;
  BlockSpan blocks;
  Tokens tokens = 0;        // KV length the session may reach
  Tokens at_once = 0;       // of these, as many as it will reach before the next decode step
  Tokens replay_until = 0;  // outputs at positions below this are not sent on: the successor has them already
  engine::EntityId client;
  engine::EntityId next;  // none: the chain ends here
  std::uint16_t next_leg = 0;
};
struct OpenSession {
  static constexpr std::uint16_t kind = 18;
  std::uint32_t parcel;
};

enum class Answer : std::uint16_t { opened, no_memory, wrong_blocks, not_ready };
struct Opened {
  static constexpr std::uint16_t kind = 19;
  std::uint32_t request;
  std::uint16_t leg;
  Answer answer;
};
struct CloseSession {
  static constexpr std::uint16_t kind = 20;
  std::uint32_t request;
  std::uint16_t leg;
};
// From now on send outputs to another successor.
struct Redirect {
  static constexpr std::uint16_t kind = 21;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t next_leg;
  std::uint32_t next;
};
struct Probe {
  static constexpr std::uint16_t kind = 22;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t client;
};
struct Pong {
  static constexpr std::uint16_t kind = 23;
  std::uint32_t request;
  std::uint16_t leg;
  bool alive;            // is the session still there?
  std::uint32_t queued;  // positions of it that have been queued
};
// A node gives a session up: it is leaving, moved to other blocks, or ran out of memory.
enum class Reason : std::uint16_t { leaving, moved, evicted };
struct GiveUp {
  static constexpr std::uint16_t kind = 24;
  std::uint32_t request;
  std::uint16_t leg;
  Reason reason;
};

struct Announce {
  static constexpr std::uint16_t kind = 25;
  std::uint32_t parcel;  // NodeView
};
struct Withdraw {
  static constexpr std::uint16_t kind = 26;
  std::uint32_t node;
};
struct AskView {
  static constexpr std::uint16_t kind = 27;
  std::uint32_t asker;
};
using Snapshot = std::shared_ptr<const std::vector<NodeView>>;  // immutable once sent
struct ViewReply {
  static constexpr std::uint16_t kind = 28;
  std::uint32_t parcel;  // Snapshot
};
// A request has ended, one way or another: client -> referee.
struct Ended {
  static constexpr std::uint16_t kind = 29;
  std::uint32_t request;
};

// Messages that carry a request's data; all others are control.
template <class M>
inline constexpr bool carries_data = std::is_same_v<M, Activation> || std::is_same_v<M, StageOutput>;

// Calls `use` with the message that an event carries.
template <class Use>
void visit(const engine::Event& event, Use&& use) {
  switch (event.kind) {
    case Activation::kind:
      return use(event.as<Activation>());
    case StageOutput::kind:
      return use(event.as<StageOutput>());
    case OpenSession::kind:
      return use(event.as<OpenSession>());
    case Opened::kind:
      return use(event.as<Opened>());
    case CloseSession::kind:
      return use(event.as<CloseSession>());
    case Redirect::kind:
      return use(event.as<Redirect>());
    case Probe::kind:
      return use(event.as<Probe>());
    case Pong::kind:
      return use(event.as<Pong>());
    case GiveUp::kind:
      return use(event.as<GiveUp>());
    case Announce::kind:
      return use(event.as<Announce>());
    case Withdraw::kind:
      return use(event.as<Withdraw>());
    case AskView::kind:
      return use(event.as<AskView>());
    case ViewReply::kind:
      return use(event.as<ViewReply>());
    case Ended::kind:
      return use(event.as<Ended>());
  }
  fail_contract("precondition", "a message of serving", __FILE__, __LINE__);
}

}  // namespace orrery::sim::serving
