// Where the numbers of a run come from. The simulator asks for stages in the order of virtual time and gets handles;
// what a handle stands for (nothing, or rows of activations on some rank) is this interface's secret. No call tells how
// long anything takes: the clock is virtual (roofline.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sim/execution/conduct.hpp"
#include "sim/execution/judgement.hpp"
#include "sim/id.hpp"
#include "sim/units.hpp"

namespace orrery::sim::execution {

// Rows of activations as they travel: encoded in the scenario's wire format. 0: none.
using Handle = std::uint64_t;

// One session's part on one node. `leg` tells apart the parts that a node plays in the same request.
struct SessionKey {
  NodeId node;
  RequestId request;
  std::uint16_t leg = 0;
  friend constexpr auto operator<=>(const SessionKey&, const SessionKey&) = default;
};

struct StageTask {
  SessionKey session;
  BlockSpan blocks;  // of the session on this node: what it was asked to run, and what its KV cache holds
  Conduct conduct;   // what it really does
  Tokens first = 0;  // positions [first, first + count); `first` positions are in the KV cache already
  Tokens count = 0;
  Handle input = 0;
};

// KV entries of positions [first, first + count) of some blocks, copied out of a session's cache.
struct CachePiece {
  BlockSpan blocks;
  Tokens first = 0;
  Tokens count = 0;
  Handle rows = 0;
};

// A run of positions as an executor took them in: what its trace is made again from.
struct Taken {
  Tokens first = 0;
  Tokens count = 0;
  Conduct conduct;
  Handle rows = 0;
};

// A look at what an executor did with a request that was served.
struct Examination {
  SessionKey executor;
  BlockSpan blocks;          // of its session
  std::vector<Taken> taken;  // positions [0, rows), in order
  double claimed = 1;        // rows that it claims to have worked for, as a multiple of `rows`
  Tokens prompt = 0;         // positions below were given
  Tokens rows = 0;
  bool of_text = false;  // what is redone is the whole model over the request's tokens, instead of its stage
  NodeId verifier;
  Arithmetic arithmetic;  // of the verifier's device
};
using Ticket = std::uint32_t;

// How good a text was that a user got, in the eyes of the honest model.
struct Review {
  double nats = 0;    // sum of -log p(token), the model's own at temperature 1
  Tokens agreed = 0;  // tokens that an honest chain would have given after the same text
  Tokens tokens = 0;
};

class Numbers {
 public:
  virtual ~Numbers() = default;

  // A request begins: `prompt` tokens are given, at most `output` are generated.
  virtual void open(RequestId request, Tokens prompt, Tokens output) = 0;
  // Embeds positions [first, first + count), all of them prompt tokens or already sampled.
  virtual Handle embed(RequestId request, Tokens first, Tokens count) = 0;
  // Runs a stage and appends to its KV cache.
  virtual Handle run(const StageTask& task) = 0;
  // Copies KV entries out of a session's cache: all blocks of it.
  virtual CachePiece save(const SessionKey& session, BlockSpan cache, Tokens first, Tokens count) = 0;
  // Puts them into the cache of another session of the request, for those of its blocks that the piece has. The pieces
  // of a block come in order of their positions, from 0 on.
  virtual void restore(const SessionKey& session, BlockSpan cache, const CachePiece& piece) = 0;
  // Copies the KV entries of positions [0, count) of a session's cache for sessions of later requests on the same node:
  // they outlive the request. The handle is theirs until forget().
  virtual Handle keep(const SessionKey& session, BlockSpan cache, Tokens count) = 0;
  // A new session begins with kept entries, those of its blocks: kept.rows is what keep() gave, kept.first is 0.
  virtual void adopt(const SessionKey& session, BlockSpan cache, const CachePiece& kept) = 0;
  // Nobody will adopt these any more; `session` as it was kept.
  virtual void forget(const SessionKey& session, Handle kept) = 0;
  // Where the clock is the wall's, computes the stages of a batch: their time has passed when this returns, and run()
  // hands over what came out. False: the clock is virtual, and the device model says how long they take.
  virtual bool compute_now(std::span<const StageTask>) { return false; }
  // Is the clock the wall's?
  virtual bool follows_wall() const { return false; }
  // Several handles with consecutive positions as one input, in order (the replay of a lost node's inputs).
  virtual Handle join(RequestId request, std::span<const Handle> parts) = 0;
  // Samples the token at position `position` from the last row of the last stage's output.
  virtual void sample(RequestId request, Tokens position, Handle output) = 0;
  // Is the sampled token at `position` an end of text? The one question that waits for a number.
  virtual bool is_end(RequestId request, Tokens position) = 0;
  // Does examine() look at what was really computed? If not, what a look finds has to be drawn.
  virtual bool examines() const { return false; }
  // Has the executor make its evidence and the verifier redo the work and judge it. Asks for it, and waits for nothing.
  // Of a request that has been closed there is nothing to look at.
  virtual Ticket examine(const Examination&);
  // What came of it: a question that waits for numbers. Nothing, if the request is closed.
  virtual std::optional<Judgement> judgement(RequestId, Ticket);
  // The text of a request that was served is to be held against the honest model.
  virtual void review(RequestId) {}
  // The KV cache of one session is given up (moved, evicted, closed).
  virtual void drop(const SessionKey& session) = 0;
  // The request has ended: its activations and caches go; its tokens stay.
  virtual void close(RequestId request) = 0;
  // Waits for everything and returns the generated text per request, by request id; empty where nothing is computed.
  // Throws RunError if a rank failed.
  virtual std::vector<std::string> finish() = 0;
  // After finish(): by request id, those that were asked for; other requests have no tokens.
  virtual std::vector<Review> reviews() const { return {}; }
};

// Computes nothing.
std::unique_ptr<Numbers> make_no_numbers();

}  // namespace orrery::sim::execution
