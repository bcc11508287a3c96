// The queue of a node and its continuous batching: whenever the node is free, whatever waits is formed into a batch,
// decode steps first, then prefill chunks, each in order of arrival, up to a limit of tokens and sessions. Sessions
// join and leave between any two batches (Orca, OSDI 2022); chunked prefill keeps decodes going (Sarathi-Serve, OSDI
// 2024).
#pragma once

#include <deque>
#include <vector>

#include "sim/serving/messages.hpp"

namespace orrery::sim::serving {

struct Item {
  LegName session;
  Tokens first = 0;
  Tokens count = 0;
  execution::Handle rows = 0;
  Time queued;
  std::uint32_t pass = 0;
};

class BatchQueue {
 public:
  BatchQueue(Tokens max_tokens, Tokens max_sessions) : max_tokens_(max_tokens), max_sessions_(max_sessions) {}

  void push(const Item& item) { (item.count == 1 ? decode_ : prefill_).push_back(item); }
  // The next batch: empty only if nothing waits. One item larger than the token limit goes alone.
  std::vector<Item> next();
  // Takes back what waits of one session.
  void forget(LegName session);
  void clear();
  bool empty() const { return decode_.empty() && prefill_.empty(); }
  std::size_t size() const { return decode_.size() + prefill_.size(); }

 private:
  Tokens max_tokens_;
  Tokens max_sessions_;
  std::deque<Item> decode_;
  std::deque<Item> prefill_;
};

}  // namespace orrery::sim::serving
