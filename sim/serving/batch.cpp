#include "sim/serving/batch.hpp"

#include <algorithm>

namespace orrery::sim::serving {

void BatchQueue::serve(BlockSpan span, const BatchLimits& limits) {
  clear();
  limits_ = limits;
  first_ = span.begin;
  at_ = 0;
  layers_.assign(limits.layer ? static_cast<std::size_t>(span.size()) : 0, {});
}

void BatchQueue::push(const Item& item) {
  ++waiting_;
  if (!limits_.layer) return (item.count == 1 ? decode_ : prefill_).push_back(item);
  EXPECT(item.blocks.begin >= first_ && item.blocks.begin - first_ < static_cast<int>(layers_.size()));
  layers_[static_cast<std::size_t>(item.blocks.begin - first_)].push_back(item);
}

std::vector<Item> BatchQueue::next() {
  std::vector<Item> batch = limits_.layer ? next_layer() : next_stage();
  waiting_ -= batch.size();
  return batch;
}

std::vector<Item> BatchQueue::next_stage() {
  std::vector<Item> batch;
  Tokens tokens = 0;
  for (std::deque<Item>* queue : {&decode_, &prefill_}) {
    while (!queue->empty() && static_cast<Tokens>(batch.size()) < limits_.sessions) {
      const Item& item = queue->front();
      if (!batch.empty() && tokens + item.count > limits_.tokens) break;
      tokens += item.count;
      batch.push_back(item);
      queue->pop_front();
    }
  }
  return batch;
}

// First come, first served, as far as limits allow: what does not fit any more stays where it is in the queue, and
// later items that still fit go before it.
std::vector<Item> BatchQueue::next_layer() {
  std::vector<Item> batch;
  if (waiting_ == 0) return batch;
  do {
    at_ = (at_ + 1) % layers_.size();
  } while (layers_[at_].empty());
  Tokens prompts = 0, prompt_tokens = 0, decodes = 0, context = 0;
  std::deque<Item>& waiting = layers_[at_];
  std::ptrdiff_t left = 0;
  for (const Item& item : waiting) {
    Tokens& count = item.count == 1 ? decodes : prompts;
    Tokens& load = item.count == 1 ? context : prompt_tokens;
    const Tokens more = item.count == 1 ? item.first : item.count;
    const Tokens most = item.count == 1 ? limits_.decodes : limits_.prompts;
    const Tokens full = item.count == 1 ? limits_.decode_context : limits_.prompt_tokens;
    if (count > 0 && (count == most || load + more > full)) {
      waiting[static_cast<std::size_t>(left++)] = item;
      continue;
    }
    ++count;
    load += more;
    batch.push_back(item);
  }
  waiting.erase(waiting.begin() + left, waiting.end());
  return batch;
}

void BatchQueue::forget(LegName session) {
  const auto of_session = [session](const Item& item) {
    return item.session == session && item.purpose != Purpose::prove;  // the session of a claim is closed already
  };
  for (std::deque<Item>* queue : {&decode_, &prefill_}) waiting_ -= std::erase_if(*queue, of_session);
  for (std::deque<Item>& queue : layers_) waiting_ -= std::erase_if(queue, of_session);
}

void BatchQueue::clear() {
  waiting_ = 0;
  decode_.clear();
  prefill_.clear();
  for (std::deque<Item>& queue : layers_) queue.clear();
}

}  // namespace orrery::sim::serving
