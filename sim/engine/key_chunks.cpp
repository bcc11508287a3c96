#include "sim/engine/key_chunks.hpp"

namespace orrery::sim::engine {

void KeyChunks::open(KeyBucket& bucket) {
  if (free_ == nullptr) {
    // Blocks grow with what is already there, so that a small simulation stays small and a large one allocates rarely.
    const std::size_t count = blocks_.size() < 8 ? 32 : huge_page / sizeof(KeyChunk);
    blocks_.push_back(make_page_block<KeyChunk>(count));
    for (std::size_t i = count; i-- > 0;) {
      blocks_.back()[i].next = free_;
      free_ = &blocks_.back()[i];
    }
  }
  KeyChunk* chunk = free_;
  free_ = chunk->next;
  chunk->next = bucket.first;
  bucket.first = chunk;
  bucket.room = KeyChunk::capacity;
}

}  // namespace orrery::sim::engine
