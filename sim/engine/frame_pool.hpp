// Memory for coroutine frames: size classes of 16 bytes carved from 64-KB blocks, without a header per frame.
//
// One pool per thread. A simulation is built, run and destroyed on one thread, and so are its frames; a frame freed on
// another thread ends the program (a destructor cannot throw). The pool holds memory and nothing that a result could
// depend on.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace orrery::sim::engine {

class FramePool {
 public:
  static FramePool& of_thread();

  FramePool() = default;
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;
  ~FramePool();

  // `bytes` of memory aligned to 16; sizes above `largest` go to the general allocator.
  void* allocate(std::size_t bytes);
  void release(void* frame, std::size_t bytes) noexcept;

  std::size_t live() const { return live_; }              // frames
  std::size_t live_bytes() const { return live_bytes_; }  // of frames, rounded up to their class
  std::size_t block_bytes() const;                        // taken from the general allocator

  static constexpr std::size_t grain = 16;
  static constexpr std::size_t largest = 1024;

 private:
  static constexpr std::size_t block_size = 64 * 1024;
  struct Free {
    Free* next;
  };
  struct Block {
    FramePool* owner;
  };
  void grow();

  std::array<Free*, largest / grain + 1> free_{};
  std::vector<Block*> blocks_;
  std::byte* fresh_ = nullptr;  // the untouched rest of the last block
  std::size_t fresh_bytes_ = 0;
  std::size_t live_ = 0;
  std::size_t live_bytes_ = 0;
};

// Derive a promise type from this to give its frames to the pool.
struct Pooled {
  static void* operator new(std::size_t bytes) { return FramePool::of_thread().allocate(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept { FramePool::of_thread().release(frame, bytes); }
};

}  // namespace orrery::sim::engine
