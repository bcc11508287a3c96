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
#include "sim/failover/policy.hpp"
#include "sim/serving/audit_messages.hpp"
#include "sim/view.hpp"
#include "sim/workload/request.hpp"

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
  std::uint32_t pass;  // counts up where nodes keep no caches: rows of a later pass begin at position 0 again
  execution::Handle rows;
};

// The same rows as a node put out: node -> client, which keeps them to rebuild a lost successor.
struct StageOutput {
  static constexpr std::uint16_t kind = 17;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t count;
  std::uint32_t first;
  std::uint32_t pass;
  execution::Handle rows;
};

// Body of OpenSession.
struct OpenBody {
  LegName name;
  BlockSpan blocks;
  Tokens prompt = 0;        // positions below were given
  Tokens tokens = 0;        // KV length the session may reach
  Tokens at_once = 0;       // of these, as many as it will reach before the next decode step
  Tokens replay_until = 0;  // outputs at positions below this are not sent on: the successor has them already
  workload::Prefix prefix;  // what the request begins with, as others do
  Tokens restore = 0;       // KV entries of positions below this will come from holders of copies
  failover::Care care;
  engine::EntityId client;
  engine::EntityId next;    // none: the chain ends here
  engine::EntityId holder;  // of copies of its KV cache; none: nobody
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
  std::uint32_t cached;  // positions of the request's prefix whose KV entries the node holds
};
struct CloseSession {
  static constexpr std::uint16_t kind = 20;
  std::uint32_t request;
  std::uint16_t leg;
  // The request is complete: what the session holds of its prefix may serve others, and this part of it is put before
  // the verification policy.
  bool served = false;
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
// A node gives a session up: it is leaving, moved to other blocks, ran out of memory, or the connection that carried
// the session's rows broke.
enum class Reason : std::uint16_t { leaving, moved, evicted, broken };
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

// Instead of rows: the connection broke under them. The receiver knows, and drops the session.
struct Broken {
  static constexpr std::uint16_t kind = 30;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t count;  // rows that were sent for nothing
};

// A piece of a leg's KV cache on its way: to a holder of copies (CopyCache), or from there into the session that
// replaces the leg (RestoreCache).
struct CacheBody {
  LegName leg;
  std::vector<execution::CachePiece> pieces;
  Bytes bytes;
};
struct CopyCache {
  static constexpr std::uint16_t kind = 31;
  std::uint32_t parcel;
};
struct RestoreCache {
  static constexpr std::uint16_t kind = 32;
  std::uint32_t parcel;
};
// How much of a leg's cache do you hold? Client -> holder -> client.
struct AskCopy {
  static constexpr std::uint16_t kind = 33;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t asker;
};
struct HasCopy {
  static constexpr std::uint16_t kind = 34;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t known;  // positions from 0 on
};
// Client -> holder: send positions below `until` of a lost leg's copy to the leg that replaces it.
struct FetchCopy {
  static constexpr std::uint16_t kind = 35;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint16_t to_leg;
  std::uint32_t to;
  std::uint32_t until;
  std::uint16_t begin, end;  // blocks of the new leg
};
// The new leg has all that it was to be sent: node -> client.
struct Restored {
  static constexpr std::uint16_t kind = 36;
  std::uint32_t request;
  std::uint16_t leg;
};
// What a session's node asks to be paid for beyond the positions that it put out, so far: node -> client. It comes
// before the output that it bills. Who asks for just what the client counts itself has no need of it.
struct Bill {
  static constexpr std::uint16_t kind = 38;
  std::uint32_t request;
  std::uint16_t leg;
  double surplus;  // [position], over all blocks of the session alike
};
// From now on send copies to another holder: client -> node.
struct Rehold {
  static constexpr std::uint16_t kind = 37;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t holder;
};

// Begin with the KV entries of the prefix that you hold: client -> node. Inputs will begin at position `tokens`.
struct Adopt {
  static constexpr std::uint16_t kind = 50;
  std::uint32_t request;
  std::uint16_t leg;
  std::uint32_t tokens;
};

// Passages for a question, please: client -> retriever.
struct Query {
  static constexpr std::uint16_t kind = 51;
  std::uint32_t request;
  std::uint32_t client;
  std::uint32_t tokens;  // of the question, which comes along
};
// Here they are: retriever -> client.
struct Passages {
  static constexpr std::uint16_t kind = 52;
  std::uint32_t request;
  std::uint32_t tokens;
};

// Between a peer and the carrier of bulk transfers (carrier.hpp); not on any link. Carry so many bytes to `to`; to the
// sender itself: from outside the swarm.
struct Haul {
  static constexpr std::uint16_t kind = 40;
  std::uint32_t number;  // the sender's, for the answer
  std::uint32_t to;
  double bytes;
};
// The last byte is through.
struct Hauled {
  static constexpr std::uint16_t kind = 41;
  std::uint32_t number;
};
// Whether bulk transfers use your down link from now on.
struct Coming {
  static constexpr std::uint16_t kind = 42;
  std::uint32_t some;  // 0: none
};
// It will not come through: the other end has gone.
struct Severed {
  static constexpr std::uint16_t kind = 45;
  std::uint32_t number;
};
// The sender has gone off line, and its connections with it.
struct Gone {
  static constexpr std::uint16_t kind = 46;
};
// The carrier's timers: some flow ends, or rates change; a connection that is slower than its links is through.
struct Due {
  static constexpr std::uint16_t kind = 43;
};
struct Through {
  static constexpr std::uint16_t kind = 44;
  std::uint32_t from, to;
};

// Messages that carry a request's data; all others are control.
template <class M>
inline constexpr bool carries_data =
    std::is_same_v<M, Activation> || std::is_same_v<M, StageOutput> || std::is_same_v<M, Broken> ||
    std::is_same_v<M, CopyCache> || std::is_same_v<M, RestoreCache> || std::is_same_v<M, Evidence> ||
    std::is_same_v<M, ClaimEvidence> || std::is_same_v<M, Query> || std::is_same_v<M, Passages>;

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
    case Broken::kind:
      return use(event.as<Broken>());
    case CopyCache::kind:
      return use(event.as<CopyCache>());
    case RestoreCache::kind:
      return use(event.as<RestoreCache>());
    case AskCopy::kind:
      return use(event.as<AskCopy>());
    case HasCopy::kind:
      return use(event.as<HasCopy>());
    case FetchCopy::kind:
      return use(event.as<FetchCopy>());
    case Restored::kind:
      return use(event.as<Restored>());
    case Bill::kind:
      return use(event.as<Bill>());
    case Rehold::kind:
      return use(event.as<Rehold>());
    case Adopt::kind:
      return use(event.as<Adopt>());
    case Query::kind:
      return use(event.as<Query>());
    case Passages::kind:
      return use(event.as<Passages>());
    case Claimed::kind:
      return use(event.as<Claimed>());
    case Ruling::kind:
      return use(event.as<Ruling>());
    case Summons::kind:
      return use(event.as<Summons>());
    case AskEvidence::kind:
      return use(event.as<AskEvidence>());
    case Evidence::kind:
      return use(event.as<Evidence>());
    case Question::kind:
      return use(event.as<Question>());
    case Reply::kind:
      return use(event.as<Reply>());
    case Vote::kind:
      return use(event.as<Vote>());
    case ClaimEvidence::kind:
      return use(event.as<ClaimEvidence>());
    case NewName::kind:
      return use(event.as<NewName>());
    case Seal::kind:
      return use(event.as<Seal>());
    case Unseal::kind:
      return use(event.as<Unseal>());
    case Reveal::kind:
      return use(event.as<Reveal>());
    case AskVotes::kind:
      return use(event.as<AskVotes>());
    case VotesSoFar::kind:
      return use(event.as<VotesSoFar>());
  }
  fail_contract("precondition", "a message of serving", __FILE__, __LINE__);
}

}  // namespace orrery::sim::serving
