#include "sim/engine/frame_pool.hpp"

#include <cstdint>
#include <cstring>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sim/random.hpp"

namespace orrery::sim::engine {
namespace {

TEST(FramePool, FramesAreAlignedAndDisjoint) {
  FramePool pool;
  struct Frame {
    unsigned char* data;
    std::size_t bytes;
    unsigned char mark;
  };
  std::vector<Frame> frames;
  Draw draw(1, Stream::test, 0);
  for (int i = 0; i < 20000; ++i) {
    if (!frames.empty() && draw.uniform() < 0.45) {
      const std::size_t which = draw.below(frames.size());
      const Frame frame = frames[which];
      for (std::size_t b = 0; b < frame.bytes; ++b) ASSERT_EQ(frame.data[b], frame.mark);
      pool.release(frame.data, frame.bytes);
      frames[which] = frames.back();
      frames.pop_back();
    } else {
      const std::size_t bytes = 1 + draw.below(FramePool::largest + 200);
      auto* data = static_cast<unsigned char*>(pool.allocate(bytes));
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(data) % FramePool::grain, 0u);
      const auto mark = static_cast<unsigned char>(i);
      std::memset(data, mark, bytes);
      frames.push_back({data, bytes, mark});
    }
  }
  EXPECT_EQ(pool.live(), frames.size());
  for (const Frame& frame : frames) pool.release(frame.data, frame.bytes);
  EXPECT_EQ(pool.live(), 0u);
  EXPECT_EQ(pool.live_bytes(), 0u);
}

TEST(FramePool, ReusesMemory) {
  FramePool pool;
  for (int round = 0; round < 100; ++round) {
    std::vector<void*> frames;
    for (int i = 0; i < 500; ++i) frames.push_back(pool.allocate(144));
    EXPECT_EQ(pool.live_bytes(), 500u * 144u);
    for (void* frame : frames) pool.release(frame, 144);
  }
  EXPECT_LE(pool.block_bytes(), 2u * 64 * 1024);
}

TEST(FramePool, OnePerThread) {
  FramePool* here = &FramePool::of_thread();
  FramePool* there = here;
  std::thread([&] { there = &FramePool::of_thread(); }).join();
  EXPECT_NE(here, there);
  EXPECT_EQ(here, &FramePool::of_thread());
}

}  // namespace
}  // namespace orrery::sim::engine
