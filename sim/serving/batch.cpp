#include "sim/serving/batch.hpp"

#include <algorithm>

namespace orrery::sim::serving {

std::vector<Item> BatchQueue::next() {
  std::vector<Item> batch;
  Tokens tokens = 0;
  for (std::deque<Item>* queue : {&decode_, &prefill_}) {
    while (!queue->empty() && static_cast<Tokens>(batch.size()) < max_sessions_) {
      const Item& item = queue->front();
      if (!batch.empty() && tokens + item.count > max_tokens_) break;
      tokens += item.count;
      batch.push_back(item);
      queue->pop_front();
    }
  }
  return batch;
}

void BatchQueue::forget(LegName session) {
  for (std::deque<Item>* queue : {&decode_, &prefill_}) {
    std::erase_if(*queue, [session](const Item& item) { return item.session == session; });
  }
}

void BatchQueue::clear() {
  decode_.clear();
  prefill_.clear();
}

}  // namespace orrery::sim::serving
