// The loop of the engine allocates nothing once it has seen its peak: what it takes for events, keys and free slots it
// keeps. Counted at the general allocator, which this file replaces for the whole program; nothing is counted, and
// nothing else changes, while no test of this file asks for it.
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "sim/engine/pages.hpp"
#include "sim/engine/simulation.hpp"
#include "sim/random.hpp"

// The sanitizers replace the allocator themselves, and it must stay theirs.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define ORRERY_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define ORRERY_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef ORRERY_COUNTS_ALLOCATIONS
#define ORRERY_COUNTS_ALLOCATIONS 1
#endif

namespace {

// Initialised before any constructor runs, since those allocate; atomic, since other tests have threads.
constinit std::atomic<bool> counting = false;
constinit std::atomic<std::size_t> allocations = 0;

[[maybe_unused]] void count_allocation() {
  if (counting.load(std::memory_order_relaxed)) allocations.fetch_add(1, std::memory_order_relaxed);
}

[[maybe_unused]] void* aligned(std::size_t alignment, std::size_t bytes) {
  count_allocation();
  void* memory = nullptr;
  return posix_memalign(&memory, alignment, bytes) == 0 ? memory : nullptr;
}

}  // namespace

#if ORRERY_COUNTS_ALLOCATIONS
// The standard library's array and nothrow forms call these. Not inlined: GCC would see free() take what new returned.
[[gnu::noinline]] void* operator new(std::size_t bytes) {
  count_allocation();
  if (void* memory = std::malloc(bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void* operator new(std::size_t bytes, std::align_val_t alignment) {
  if (void* memory = aligned(static_cast<std::size_t>(alignment), bytes == 0 ? 1 : bytes)) return memory;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

// Where the engine's large arrays come from (sim/engine/pages.cpp); what this returns is the C library's to free.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept { return aligned(alignment, bytes); }
#endif

namespace orrery::sim::engine {
namespace {

template <class Work>
std::size_t allocations_of(Work work) {
  allocations = 0;
  counting = true;
  work();
  counting = false;
  return allocations;
}

struct Ball {
  static constexpr std::uint16_t kind = 16;
};
struct TimeOut {
  static constexpr std::uint16_t kind = 17;
};

// PHOLD: every ball goes on to anybody after 0.1 s and an exponential delay. With time-outs, an entity also sets one at
// each ball and cancels that of the ball before, so that dead keys pile up and are swept out again and again.
class Phold {
 public:
  Phold(EventSet set, bool timeouts) : timeouts_(timeouts), simulation_(lookahead(), set) {
    nodes_.reserve(entities);
    for (std::uint32_t id = 0; id < entities; ++id) {
      nodes_.push_back({this, Draw(21, Stream::test, id), TimerId()});
      simulation_.add(nodes_.back());
    }
    for (std::uint32_t id = 0; id < entities; ++id) {
      for (int ball = 0; ball < 2; ++ball) pass(nodes_[id], EntityId(id));
    }
  }

  void run(std::uint64_t events) {
    for (std::uint64_t handled = 0; handled < events;) handled += simulation_.run(simulation_.now() + lookahead());
  }
  const Statistics& statistics() const { return simulation_.statistics(); }
  int fired() const { return fired_; }

 private:
  static constexpr std::uint32_t entities = 4000;
  static Duration lookahead() { return Duration::from_ns(100'000'000); }

  struct Node {
    Phold* model;
    Draw draw;
    TimerId timeout;
    void on_event(const Event& event) { model->handle(*this, event); }
  };

  static Duration exponential(Draw& draw, double mean_ns) {
    return Duration::from_ns(static_cast<std::int64_t>(draw.exponential(mean_ns)));
  }
  void pass(Node& node, EntityId self) {
    const EntityId to(static_cast<std::uint32_t>(node.draw.below(entities)));
    simulation_.send(self, to, lookahead() + exponential(node.draw, 9e8), Ball());
  }
  void handle(Node& node, const Event& event) {
    if (event.kind == TimeOut::kind) {
      ++fired_;
      node.timeout = TimerId();
      return;
    }
    if (timeouts_) {
      if (node.timeout) simulation_.cancel(node.timeout);
      node.timeout = simulation_.timer(event.to, exponential(node.draw, 2e10), TimeOut());
    }
    pass(node, event.to);
  }

  bool timeouts_;
  Simulation simulation_;
  std::vector<Node> nodes_;
  int fired_ = 0;
};

class Allocation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (ORRERY_COUNTS_ALLOCATIONS == 0) GTEST_SKIP() << "a sanitizer owns the allocator: nothing can be counted";
  }
};

// What is counted at all, or the zeros below would say nothing.
TEST_F(Allocation, EveryWayToMemoryIsCounted) {
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(8)); }), 1u);
  EXPECT_EQ(allocations_of([] { ::operator delete[](::operator new[](8)); }), 1u);
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(8, std::nothrow)); }), 1u);
  constexpr std::align_val_t line{64};
  EXPECT_EQ(allocations_of([] { ::operator delete(::operator new(64, line), line); }), 1u);
  EXPECT_EQ(allocations_of([] { ::operator delete[](::operator new[](64, line), line); }), 1u);
  EXPECT_EQ(allocations_of([] { make_page_block<char>(100); }), 1u);
  EXPECT_EQ(allocations_of([] { make_page_block<char>(huge_page); }), 1u);
  EXPECT_EQ(allocations_of([] {}), 0u);
}

class LoopAllocation : public Allocation, public ::testing::WithParamInterface<std::pair<EventSet, bool>> {};

INSTANTIATE_TEST_SUITE_P(Sets, LoopAllocation,
                         ::testing::Values(std::pair(EventSet::radix_heap, false),
                                           std::pair(EventSet::radix_heap, true),
                                           std::pair(EventSet::binary_heap, false),
                                           std::pair(EventSet::binary_heap, true)),
                         [](const auto& test) {
                           return std::string(test.param.first == EventSet::radix_heap ? "radix" : "binary") +
                                  (test.param.second ? "_timeouts" : "");
                         });

TEST_P(LoopAllocation, NoneAfterTheWarmUp) {
  const auto [set, timeouts] = GetParam();
  Phold model(set, timeouts);
  // Vectors double: the longest front, heap and list of free slots have to come up once.
  EXPECT_GT(allocations_of([&] { model.run(1'000'000); }), 0u);
  const Statistics before = model.statistics();
  EXPECT_EQ(allocations_of([&] { model.run(200'000); }), 0u);
  EXPECT_GE(model.statistics().handled - before.handled, 200'000u);
  // Time-outs were cancelled, far more than are ever pending at once, and some were not.
  EXPECT_EQ(model.statistics().cancelled - before.cancelled > 2 * before.max_pending, timeouts);
  EXPECT_EQ(model.fired() > 0, timeouts);
}

}  // namespace
}  // namespace orrery::sim::engine
