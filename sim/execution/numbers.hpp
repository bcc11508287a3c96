// Where the numbers of a run come from. The simulator asks for stages in the order of virtual time and gets handles;
// what a handle stands for (nothing, or rows of activations on some rank) is this interface's secret. No call tells how
// long anything takes: the clock is virtual (roofline.hpp).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sim/execution/conduct.hpp"
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
  // The KV cache of one session is given up (moved, evicted, closed).
  virtual void drop(const SessionKey& session) = 0;
  // The request has ended: its activations and caches go; its tokens stay.
  virtual void close(RequestId request) = 0;
  // Waits for everything and returns the generated text per request, by request id; empty where nothing is computed.
  // Throws RunError if a rank failed.
  virtual std::vector<std::string> finish() = 0;
};

// Computes nothing.
std::unique_ptr<Numbers> make_no_numbers();

}  // namespace orrery::sim::execution
