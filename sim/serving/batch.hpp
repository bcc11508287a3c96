// The queue of a node and its continuous batching: whenever the node is free, what waits is formed into a batch.
// Sessions join and leave between any two batches (Orca, OSDI 2022).
//
//   stage   a batch passes all blocks of its sessions at once: decode steps first, then prefill chunks, each in order
//           of arrival, up to a limit of tokens and sessions; chunks keep decodes going (Sarathi-Serve, OSDI 2024)
//   layer   a batch passes one block. Every block has a queue; the node goes on in turn to the next block where an item
//           waits, and takes prompts and decode steps in order of arrival, each kind up to limits of its own (Helix,
//           ASPLOS 2025)
#pragma once

#include <deque>
#include <vector>

#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

// What a device works for: a request's stage, an audit of somebody's claim, or the evidence of a claim of its own.
enum class Purpose : std::uint8_t { serve, audit, prove };

struct Item {
  LegName session;  // audit: {number of the audit, audit_leg}
  Tokens first = 0;
  Tokens count = 0;
  execution::Handle rows = 0;
  Time queued;
  std::uint32_t pass = 0;
  BlockSpan blocks{};  // still to be passed
  Purpose purpose = Purpose::serve;
  double device_s = 0;  // beside passing rows through blocks; an item without rows takes nothing else
  double spent_s = 0;   // of the device's time so far, its part of the batches that it was in
};
// No client gives a leg this number.
inline constexpr std::uint16_t audit_leg = 0xffff;

struct BatchLimits {
  Tokens tokens = 0;    // stage: in one batch
  Tokens sessions = 0;  // stage: in one batch
  bool layer = false;
  Tokens prompts = 0;         // layer: longer items in one batch
  Tokens prompt_tokens = 0;   // layer: theirs; one item that is larger goes without others
  Tokens decodes = 0;         // layer: items of one token in one batch
  Tokens decode_context = 0;  // layer: positions before them, likewise
};

class BatchQueue {
 public:
  explicit BatchQueue(const BatchLimits& limits) : limits_(limits) {}

  // For a node that serves `span`; nothing waits.
  void serve(BlockSpan span, const BatchLimits& limits);
  void push(const Item& item);
  // The next batch: empty only if nothing waits. In layer batching all items are at the same block.
  std::vector<Item> next();
  // Takes back what waits of one session.
  void forget(LegName session);
  void clear();
  bool empty() const { return waiting_ == 0; }
  std::size_t size() const { return waiting_; }

 private:
  std::vector<Item> next_stage();
  std::vector<Item> next_layer();

  BatchLimits limits_;
  std::size_t waiting_ = 0;
  std::deque<Item> decode_;
  std::deque<Item> prefill_;
  int first_ = 0;                         // layer: the first block served
  std::size_t at_ = 0;                    // layer: the block that the last batch passed, counted from there
  std::vector<std::deque<Item>> layers_;  // layer: what waits for each block
};

}  // namespace orrery::sim::serving
