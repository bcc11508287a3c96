// Unordered bags of keys, in chunks from one pool: a bucket that empties gives its memory to the next one that fills.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "sim/engine/key.hpp"
#include "sim/engine/pages.hpp"

namespace orrery::sim::engine {

struct KeyChunk {
  static constexpr std::uint32_t capacity = 31;  // 512 bytes with the header
  KeyChunk* next;
  std::array<Key, capacity> keys;
};

// `size` keys: the first chunk of the list holds the remainder, every other one is full.
struct KeyBucket {
  KeyChunk* first = nullptr;
  std::uint32_t room = 0;  // left in the first chunk
  std::uint32_t size = 0;
};

class KeyChunks {
 public:
  void push(KeyBucket& bucket, Key key) {
    if (bucket.room == 0) open(bucket);
    bucket.first->keys[--bucket.room] = key;
    ++bucket.size;
  }
  // Calls visit(key) for every key of the bucket, and empties it. The visitor may push to other buckets.
  template <class Visit>
  void drain(KeyBucket& bucket, Visit visit) {
    KeyBucket all = bucket;
    bucket = KeyBucket();
    while (all.first != nullptr) {
      KeyChunk* chunk = all.first;
      // The chunks of a bucket lie anywhere: without a hint each one would begin with a miss.
      if (chunk->next != nullptr) {
        const auto* next = reinterpret_cast<const char*>(chunk->next);
        for (std::size_t line = 0; line < sizeof(KeyChunk); line += 64) __builtin_prefetch(next + line);
      }
      for (std::uint32_t i = all.room; i < KeyChunk::capacity; ++i) visit(chunk->keys[i]);
      all = {chunk->next, 0, 0};
      chunk->next = free_;
      free_ = chunk;
    }
  }
  // Drops every key for which dead(slot), and returns how many.
  template <class Dead>
  std::uint32_t remove_if(KeyBucket& bucket, Dead dead) {
    const std::uint32_t before = bucket.size;
    KeyBucket kept;
    drain(bucket, [&](Key key) {
      if (!dead(key.slot)) push(kept, key);
    });
    bucket = kept;
    return before - bucket.size;
  }

 private:
  void open(KeyBucket& bucket);

  std::vector<PageBlock<KeyChunk>> blocks_;
  KeyChunk* free_ = nullptr;
};

}  // namespace orrery::sim::engine
