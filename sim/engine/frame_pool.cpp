#include "sim/engine/frame_pool.hpp"

#include <cstdint>
#include <new>

#include "kernels/contract.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define ORRERY_FRAMES_FROM_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ORRERY_FRAMES_FROM_HEAP 1
#endif
#endif
#ifndef ORRERY_FRAMES_FROM_HEAP
#define ORRERY_FRAMES_FROM_HEAP 0
#endif

namespace orrery::sim::engine {
namespace {

// The address sanitizer sees leaks and late uses only of what the heap hands out one by one.
constexpr bool frames_from_heap = ORRERY_FRAMES_FROM_HEAP != 0;
// Blocks are aligned to their size, and begin with their owner: a frame finds its pool by masking its address.
constexpr std::align_val_t block_alignment{64 * 1024};

}  // namespace

FramePool& FramePool::of_thread() {
  thread_local FramePool pool;
  return pool;
}

FramePool::~FramePool() {
  // Frames that outlive their thread keep their memory; freeing it under them would be worse than losing it.
  if (live_ != 0) return;
  for (Block* block : blocks_) ::operator delete(block, block_alignment);
}

std::size_t FramePool::block_bytes() const { return blocks_.size() * block_size; }

void* FramePool::allocate(std::size_t bytes) {
  const std::size_t size_class = (bytes + grain - 1) / grain;
  void* frame = nullptr;
  if (frames_from_heap || bytes > largest) {
    frame = ::operator new(bytes);
  } else {
    if (free_[size_class] == nullptr && fresh_bytes_ < size_class * grain) grow();
    if (free_[size_class] != nullptr) {
      frame = free_[size_class];
      free_[size_class] = free_[size_class]->next;
    } else {
      frame = fresh_;
      fresh_ += size_class * grain;
      fresh_bytes_ -= size_class * grain;
    }
  }
  ++live_;
  live_bytes_ += size_class * grain;
  return frame;
}

void FramePool::release(void* frame, std::size_t bytes) noexcept {
  const std::size_t size_class = (bytes + grain - 1) / grain;
  --live_;
  live_bytes_ -= size_class * grain;
  if (frames_from_heap || bytes > largest) {
    ::operator delete(frame);
    return;
  }
  const auto into_block = reinterpret_cast<std::uintptr_t>(frame) % block_size;
  EXPECT(reinterpret_cast<const Block*>(static_cast<const std::byte*>(frame) - into_block)->owner == this);
  free_[size_class] = new (frame) Free{free_[size_class]};
}

void FramePool::grow() {
  auto* block = static_cast<Block*>(::operator new(block_size, block_alignment));
  block->owner = this;
  blocks_.push_back(block);
  fresh_ = reinterpret_cast<std::byte*>(block) + grain;
  fresh_bytes_ = block_size - grain;
}

}  // namespace orrery::sim::engine
